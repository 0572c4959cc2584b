//! Text to types.

use super::{CInteger, CSignature, CType, MAX_DEPTH, MAX_LEAVES};

/// Most arguments: C promises no more (C11, 5.2.4.1).
const MAX_ARGUMENTS: usize = 127;

impl CSignature {
    /// Reads `R(A,A)`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let result = reader.one(0)?;
        if matches!(result, CType::Array(..)) {
            return Err("a function returns no array".to_owned());
        }
        if result.has_memory() {
            return Err("a result has ptr or str, not *".to_owned());
        }
        reader.expect('(')?;
        let mut arguments = Vec::new();
        if !reader.skip(')') {
            loop {
                let argument = reader.one(0)?;
                match argument {
                    CType::Void => return Err("an argument is not void".to_owned()),
                    CType::Array(..) => return Err("an argument is no array, but *[N]T".to_owned()),
                    argument => arguments.push(argument),
                }
                if reader.skip(')') {
                    break;
                }
                reader.expect(',')?;
            }
        }
        if !reader.rest.is_empty() {
            return Err(format!("{:?} after the signature", reader.rest));
        }
        if arguments.len() > MAX_ARGUMENTS {
            return Err(format!("at most {MAX_ARGUMENTS} arguments are possible"));
        }
        let signature = Self { result, arguments };
        signature.check()?;
        Ok(signature)
    }

    /// Whether it is small enough; one of code that builds plans may not be.
    fn check(&self) -> Result<(), String> {
        let sum = |sum: u64, kind: &CType| sum.saturating_add(kind.leaves());
        if self.arguments.iter().fold(self.result.leaves(), sum) > MAX_LEAVES {
            return Err(format!("the types have more than {MAX_LEAVES} numbers"));
        }
        Ok(())
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.skip(wanted) {
            return Ok(());
        }
        Err(match self.rest {
            "" => format!("a signature looks like i32(i32,*{{f64}}): {wanted:?} is missing"),
            rest => format!("{wanted:?} is expected before {rest:?}"),
        })
    }

    /// One type; `depth` counts those around it.
    fn one(&mut self, depth: u32) -> Result<CType, String> {
        if depth > MAX_DEPTH {
            return Err(format!("types are nested more than {MAX_DEPTH} deep"));
        }
        if self.skip('*') {
            return match self.one(depth + 1)? {
                CType::Void => Err("a pointer to void is ptr".to_owned()),
                inner => Ok(CType::To(Box::new(inner))),
            };
        }
        if self.skip('{') {
            let mut fields = Vec::new();
            loop {
                match self.one(depth + 1)? {
                    CType::Void => return Err("a field is not void".to_owned()),
                    field => fields.push(field),
                }
                if self.skip('}') {
                    return Ok(CType::Struct(fields));
                }
                self.expect(',')?;
            }
        }
        if self.skip('[') {
            let count = self.take(|c| c.is_ascii_digit());
            let count =
                count.parse().ok().filter(|count| (1..=MAX_LEAVES).contains(&u64::from(*count)));
            let count: u32 =
                count.ok_or_else(|| format!("an array has 1 to {MAX_LEAVES} items"))?;
            self.expect(']')?;
            return match self.one(depth + 1)? {
                CType::Void => Err("an item is not void".to_owned()),
                item => Ok(CType::Array(count, Box::new(item))),
            };
        }
        let name = self.take(|c| c.is_ascii_alphanumeric());
        named(name).ok_or_else(|| {
            format!(
                "unknown type {name:?}: one of void bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 f80 \
                 ptr str *T {{T,T}} [N]T"
            )
        })
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

fn named(name: &str) -> Option<CType> {
    Some(match name {
        "void" => CType::Void,
        "bool" => CType::Bool,
        "f32" => CType::Float,
        "f64" => CType::Double,
        "f80" => CType::LongDouble,
        "ptr" => CType::Pointer,
        "str" => CType::String,
        name => {
            let (kind, _) = CInteger::ALL.into_iter().find(|(_, known)| *known == name)?;
            CType::Integer(kind)
        }
    })
}
