//! What stands between the braces of `embedding! { … }`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitBool, LitStr, Result, Token};

/// The keys, in the order of the documentation.
const KEYS: &str = "module, api, cdef, init, rust, libpython, home, venv, sigpipe, \
                    use_environment, import_site, flush_after_calls, check_init";

/// The arguments, checked one by one but not against each other.
pub(crate) struct Arguments {
    pub(crate) module: ModuleName,
    pub(crate) given: Given,
}

/// All but the module, which may be left out.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) api: Option<Input>,
    pub(crate) cdef: Option<Input>,
    pub(crate) init: Option<Input>,
    /// Names of the declarations that stand for items of the author.
    pub(crate) rust: Option<Vec<Ident>>,
    pub(crate) libpython: Option<LitStr>,
    pub(crate) home: Option<LitStr>,
    pub(crate) venv: Option<LitStr>,
    pub(crate) sigpipe: Option<SigPipe>,
    pub(crate) use_environment: Option<bool>,
    pub(crate) import_site: Option<bool>,
    pub(crate) flush_after_calls: Option<bool>,
    pub(crate) check_init: Option<bool>,
}

/// A text that is given as a literal or as the path of a file.
pub(crate) struct Input {
    /// The key, to name a literal in messages.
    pub(crate) key: &'static str,
    /// The text or the path.
    pub(crate) literal: LitStr,
    pub(crate) is_file: bool,
}

/// `sigpipe: keep` or `sigpipe: block`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigPipe {
    Keep,
    Block,
}

/// The name that Python imports: identifiers joined by dots.
pub(crate) struct ModuleName {
    pub(crate) name: String,
    pub(crate) span: Span,
}

impl ModuleName {
    /// The name as part of a C name.
    pub(crate) fn in_c(&self) -> String {
        self.name.replace('.', "_")
    }

    /// The part behind the last dot, which `PyInit_…` is named after.
    pub(crate) fn last(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    fn new(literal: &LitStr) -> Result<Self> {
        let name = literal.value();
        let identifier = |part: &str| {
            !part.starts_with(|first: char| first.is_ascii_digit())
                && !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if name.split('.').all(identifier) {
            return Ok(Self { name, span: literal.span() });
        }
        let advice = if name.contains('/') {
            "must not contain '/': use a dotted name to make a module of a package"
        } else {
            "must be identifiers of ASCII letters, digits and `_`, joined by dots: it becomes part \
             of the names of C functions"
        };
        Err(Error::new(literal.span(), format!("the module name {name:?} {advice}")))
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut module, mut given) = (None, Given::default());
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            if key == "module" {
                once(&mut module, &key, ModuleName::new(&input.parse()?)?)?;
            } else {
                given.argument(&key, input)?;
            }
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        let Some(module) = module else {
            let problem = "`module` is missing: write `module: \"name\"`, the name that Python code \
                           imports `ffi` and `lib` from";
            return Err(Error::new(Span::call_site(), problem));
        };
        Ok(Self { module, given })
    }
}

impl Given {
    fn argument(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        match key.to_string().as_str() {
            "api" => once(&mut self.api, key, text("api", input)?),
            "cdef" => once(&mut self.cdef, key, text("cdef", input)?),
            "init" => once(&mut self.init, key, text("init", input)?),
            "rust" => once(&mut self.rust, key, names(input)?),
            "libpython" => once(&mut self.libpython, key, path(input)?),
            "home" => once(&mut self.home, key, path(input)?),
            "venv" => once(&mut self.venv, key, path(input)?),
            "sigpipe" => once(&mut self.sigpipe, key, sigpipe(input)?),
            "use_environment" => once(&mut self.use_environment, key, choice(input)?),
            "import_site" => once(&mut self.import_site, key, choice(input)?),
            "flush_after_calls" => once(&mut self.flush_after_calls, key, choice(input)?),
            "check_init" => once(&mut self.check_init, key, choice(input)?),
            other => {
                let problem = format!("unknown key `{other}`: the keys are {KEYS}");
                Err(Error::new(key.span(), problem))
            }
        }
    }
}

fn once<T>(place: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    if place.is_some() {
        return Err(Error::new(
            key.span(),
            format!("`{key}` is given twice: it may be given once"),
        ));
    }
    *place = Some(value);
    Ok(())
}

/// `"literal"` or `file "path"`.
fn text(key: &'static str, input: ParseStream<'_>) -> Result<Input> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let value = literal.value();
        if is_path(&value) {
            return Err(Error::new(literal.span(), format!("did you mean `file {value:?}`?")));
        }
        return Ok(Input { key, literal, is_file: false });
    }
    let wanted = format!("expected `{key}: file \"path\"` or `{key}: \"text\"`");
    let word: Ident = input.parse().map_err(|error| Error::new(error.span(), &wanted))?;
    if word != "file" {
        return Err(Error::new(word.span(), wanted));
    }
    let literal = input.parse().map_err(|error: Error| Error::new(error.span(), wanted))?;
    Ok(Input { key, literal, is_file: true })
}

/// Whether a text is no C or Python code but the name of a file with some. `import os.py` is code.
fn is_path(text: &str) -> bool {
    let ending = [".py", ".h", ".hpp", ".c"].iter().any(|ending| text.ends_with(ending));
    let code = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';' | '(' | ')' | '=' | '#');
    ending && !text.contains(code)
}

fn path(input: ParseStream<'_>) -> Result<LitStr> {
    let literal: LitStr = input.parse()?;
    let value = literal.value();
    if value.is_empty() || value.contains('\0') {
        return Err(Error::new(literal.span(), "expected a path: this is no name of a file"));
    }
    Ok(literal)
}

/// `[name, name]`.
fn names(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let list;
    syn::bracketed!(list in input);
    let names = list.parse_terminated(Ident::parse_any, Token![,])?;
    Ok(names.into_iter().collect())
}

fn choice(input: ParseStream<'_>) -> Result<bool> {
    Ok(input.parse::<LitBool>()?.value)
}

fn sigpipe(input: ParseStream<'_>) -> Result<SigPipe> {
    let word: Ident = input.parse()?;
    match word.to_string().as_str() {
        "keep" => Ok(SigPipe::Keep),
        "block" => Ok(SigPipe::Block),
        _ => Err(Error::new(word.span(), "expected `sigpipe: keep` or `sigpipe: block`")),
    }
}
