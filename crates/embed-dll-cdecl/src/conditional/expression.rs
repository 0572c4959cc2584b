//! The expression of an `#if`.

use super::{Conditionals, Meaning};
use crate::directive::Define;
use crate::error::ErrorKind;
use crate::integer::{Integer, precedence};
use crate::lexer::{Token, TokenKind};

/// Parentheses and macros may nest this deep: what bounds the recursion here.
const MAX_NESTING: u32 = 32;
/// Macros of macros grow without bounds.
const MAX_TOKENS: usize = 4096;

/// Whether a condition holds.
pub(super) enum Truth {
    Yes,
    No,
    /// Not known here, because of the macro `name` or for the reason `problem`.
    Open {
        at: usize,
        name: Option<String>,
        problem: &'static str,
    },
}

impl Truth {
    pub(super) fn open(name: Token<'_>) -> Self {
        Self::Open { at: name.offset, name: Some(name.text.to_owned()), problem: "" }
    }
}

/// A number as preprocessors have it, of 64 bits, or what keeps it from being known.
#[derive(Copy, Clone)]
enum Value<'a> {
    Known(Integer),
    Open { at: Token<'a>, problem: Option<&'static str>, nonzero: bool },
}

impl Value<'_> {
    fn of(truth: bool) -> Self {
        Value::Known(Integer::truth(truth).widened())
    }

    /// Whether it is other than zero, as far as that is known.
    fn truth(&self) -> Option<bool> {
        match *self {
            Value::Known(number) => Some(number.value != 0),
            Value::Open { nonzero, .. } => nonzero.then_some(true),
        }
    }
}

/// Whether the expression is other than zero.
pub(super) fn truth<'a>(
    macros: &Conditionals<'a>,
    tokens: &[Token<'a>],
    start: usize,
    defines: &[Define<'a>],
) -> Truth {
    let mut expanded = Vec::new();
    let no_expression = "it is no expression of integers";
    let broken = |at, problem| Truth::Open { at, name: None, problem };
    if expand(macros, defines, tokens, None, &mut Vec::new(), &mut expanded).is_none() {
        return broken(start, "its macros stand for too much");
    }
    let mut reader = Reader { macros, tokens: &expanded, at: 0, depth: 0, broken: false };
    let value = reader.conditional();
    if reader.broken || reader.at < expanded.len() {
        return broken(start, no_expression);
    }
    match (value.truth(), value) {
        (Some(true), _) => Truth::Yes,
        (Some(false), _) => Truth::No,
        (None, Value::Open { at, problem: Some(problem), .. }) => broken(at.offset, problem),
        (None, Value::Open { at, .. }) => Truth::open(at),
        (None, Value::Known(_)) => broken(start, no_expression),
    }
}

/// Puts what macros stand for in their place, except behind `defined`. Offsets stay those of the
/// line itself, where messages point at.
fn expand<'a>(
    macros: &Conditionals<'a>,
    defines: &[Define<'a>],
    tokens: &[Token<'a>],
    origin: Option<usize>,
    inside: &mut Vec<&'a str>,
    expanded: &mut Vec<Token<'a>>,
) -> Option<()> {
    let mut operand = false;
    for (at, &token) in tokens.iter().enumerate() {
        if expanded.len() >= MAX_TOKENS {
            return None;
        }
        let token = Token { offset: origin.unwrap_or(token.offset), ..token };
        // `defined X` and `defined(X)` ask for the name.
        let asked = operand && token.kind == TokenKind::Word;
        operand = token.text == "defined" || operand && token.text == "(";
        if token.kind != TokenKind::Word || asked {
            expanded.push(token);
            continue;
        }
        match macros.meaning(token.text) {
            Meaning::Defined(_) if inside.contains(&token.text) => {
                // A name inside of what it stands for is no macro.
                expanded.push(Token { kind: TokenKind::Number, text: "0", ..token });
            }
            Meaning::Defined(index) if !defines[index].function => {
                if inside.len() >= MAX_NESTING as usize {
                    return None;
                }
                inside.push(token.text);
                let body = &defines[index].tokens;
                expand(macros, defines, body, Some(token.offset), inside, expanded)?;
                inside.pop();
            }
            Meaning::Defined(index)
                if tokens.get(at + 1).is_none_or(|next| next.text != "(")
                    && defines[index].function =>
            {
                expanded.push(Token { kind: TokenKind::Number, text: "0", ..token });
            }
            _ => expanded.push(token),
        }
    }
    Some(())
}

struct Reader<'e, 'a> {
    macros: &'e Conditionals<'a>,
    tokens: &'e [Token<'a>],
    at: usize,
    depth: u32,
    broken: bool,
}

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Token<'a> {
        let end = Token { kind: TokenKind::End, text: "", offset: 0 };
        self.tokens.get(self.at).copied().unwrap_or(end)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.peek().text == text;
        self.at += usize::from(found);
        found
    }

    fn fail(&mut self) -> Value<'a> {
        self.broken = true;
        Value::Open { at: self.peek(), problem: None, nonzero: false }
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Value<'a>) -> Value<'a> {
        if self.depth >= MAX_NESTING {
            return self.fail();
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    fn conditional(&mut self) -> Value<'a> {
        self.nested(|this| {
            let condition = this.binary(1);
            if !this.eat("?") {
                return condition;
            }
            let yes = this.conditional();
            if !this.eat(":") {
                return this.fail();
            }
            let no = this.conditional();
            let (chosen, other) = match condition.truth() {
                Some(true) => (yes, no),
                Some(false) => (no, yes),
                None => return condition,
            };
            match (chosen, other) {
                // Both branches have one type.
                (Value::Known(chosen), Value::Known(other)) => {
                    Value::Known(chosen.either(true, other))
                }
                // It is negative only if the other branch is not unsigned.
                (Value::Known(chosen), open) if chosen.value < 0 => open,
                (chosen, _) => chosen,
            }
        })
    }

    fn binary(&mut self, at_least: u32) -> Value<'a> {
        let mut left = self.unary();
        loop {
            let operator = self.peek();
            let strength = precedence(operator.text).filter(|&found| found >= at_least);
            let Some(strength) = strength.filter(|_| !self.broken) else { return left };
            self.at += 1;
            let right = self.nested(|this| this.binary(strength + 1));
            left = combine(operator, left, right);
        }
    }

    fn unary(&mut self) -> Value<'a> {
        let token = self.peek();
        self.at += 1;
        match token.text {
            "-" | "+" | "~" => {}
            "!" => {
                let value = self.nested(Self::unary);
                return value.truth().map_or(value, |truth| Value::of(!truth));
            }
            "(" => {
                let value = self.conditional();
                return if self.eat(")") { value } else { self.fail() };
            }
            "defined" => return self.defined(),
            _ => return self.atom(token),
        }
        match self.nested(Self::unary) {
            Value::Known(number) => computed(token, number.unary(token.text)),
            Value::Open { at, problem, .. } => Value::Open { at, problem, nonzero: false },
        }
    }

    fn atom(&mut self, token: Token<'a>) -> Value<'a> {
        let known = match token.kind {
            TokenKind::Number => Integer::literal_in_condition(token.text).ok(),
            TokenKind::Character => Integer::character(token.text).map(Integer::widened),
            TokenKind::Word => return self.word(token),
            _ => None,
        };
        known.map_or_else(|| self.fail(), Value::Known)
    }

    /// A word that stands for no other tokens.
    fn word(&mut self, token: Token<'a>) -> Value<'a> {
        let open = |nonzero| Value::Open { at: token, problem: None, nonzero };
        // `__has_include(<x.h>)` and calls of macros.
        if self.peek().text == "(" {
            let mut depth = 0_usize;
            loop {
                match self.peek().text {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    "" => return self.fail(),
                    _ => {}
                }
                self.at += 1;
                if depth == 0 {
                    let problem = Some("calls of macros are not evaluated");
                    return Value::Open { at: token, problem, nonzero: false };
                }
            }
        }
        match self.macros.meaning(token.text) {
            Meaning::Undefined => Value::of(false),
            Meaning::Value(value) => Value::Known(Integer::smallest(value.into()).widened()),
            Meaning::Opaque => open(true),
            Meaning::Open | Meaning::Defined(_) => open(false),
        }
    }

    /// What follows `defined`.
    fn defined(&mut self) -> Value<'a> {
        let parenthesis = self.eat("(");
        let name = self.peek();
        self.at += 1;
        if name.kind != TokenKind::Word || parenthesis && !self.eat(")") {
            return self.fail();
        }
        match self.macros.meaning(name.text) {
            Meaning::Open => Value::Open { at: name, problem: None, nonzero: false },
            Meaning::Undefined => Value::of(false),
            _ => Value::of(true),
        }
    }
}

fn combine<'a>(operator: Token<'a>, left: Value<'a>, right: Value<'a>) -> Value<'a> {
    if let "&&" | "||" = operator.text {
        // One operand decides without the other, on either side: what is open is a number too.
        let deciding = operator.text == "||";
        if [left, right].iter().any(|value| value.truth() == Some(deciding)) {
            return Value::of(deciding);
        }
        let open = [left, right].into_iter().find(|value| value.truth().is_none());
        return open.unwrap_or(Value::of(!deciding));
    }
    match (left, right) {
        (Value::Known(left), Value::Known(right)) => {
            computed(operator, Integer::binary(operator.text, left, right))
        }
        (Value::Open { at, problem, .. }, _) | (_, Value::Open { at, problem, .. }) => {
            Value::Open { at, problem, nonzero: false }
        }
    }
}

/// The number that an operator gives, of 64 bits as all numbers here.
fn computed(operator: Token<'_>, number: Result<Integer, ErrorKind>) -> Value<'_> {
    match number {
        Ok(number) => Value::Known(number.widened()),
        Err(_) => {
            let problem = "a division by zero, a shift too far, or more than 64 bits";
            Value::Open { at: operator, problem: Some(problem), nonzero: false }
        }
    }
}
