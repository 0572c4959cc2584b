//! Arbitrary plans, and arbitrary damage to their text.

use embedcheck_plan::{
    Argument, BufferField, CInteger, CSignature, CType, CValue, Callee, Fact, FieldValue, Flags,
    Handle, Kind, Library, Name, NumberType, Op, Plan, PythonAction, Signature, Space, Step, Text,
    ThreadGroup,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A plan whose steps stand on the lines that their text will have; some lines are left empty.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let gaps = vec(prop_oneof![6 => Just(0_u32), 1 => 1..4_u32], 1..8);
    (vec(op(), 0..8), gaps).prop_map(|(ops, gaps)| {
        let mut numbering =
            Numbering { next: 2, gaps: gaps.into_iter().cycle().take(1_000).collect() };
        Plan { steps: numbering.steps(steps(ops)) }
    })
}

/// Renumbers the steps of a plan without empty lines, as a builder does.
pub(crate) fn dense(plan: &Plan) -> Plan {
    let mut numbering = Numbering { next: 2, gaps: Vec::new() };
    Plan { steps: numbering.steps(plan.steps.clone()) }
}

fn steps(ops: Vec<Op>) -> Vec<Step> {
    ops.into_iter().map(|op| Step { line: 0, op }).collect()
}

struct Numbering {
    next: u32,
    gaps: Vec<u32>,
}

impl Numbering {
    fn steps(&mut self, steps: Vec<Step>) -> Vec<Step> {
        let number = |Step { op, .. }| {
            self.next += self.gaps.pop().unwrap_or_default();
            let line = self.next;
            self.next += 1;
            let op = match op {
                Op::Fork { name, steps } => {
                    let steps = self.steps(steps);
                    self.next += 1;
                    Op::Fork { name, steps }
                }
                Op::Threads(mut groups) => {
                    for group in &mut groups {
                        self.next += 1;
                        group.steps = self.steps(std::mem::take(&mut group.steps));
                    }
                    self.next += 1;
                    Op::Threads(groups)
                }
                op => op,
            };
            Step { line, op }
        };
        steps.into_iter().map(number).collect()
    }
}

/// One step, possibly a block of blocks.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        let stack = proptest::option::of(0..=i64::MAX as usize);
        let group = (1..=1_000_u32, stack, vec(inner.clone(), 0..4))
            .prop_map(|(count, stack, ops)| ThreadGroup { count, stack, steps: steps(ops) });
        prop_oneof![
            vec(group, 1..4).prop_map(Op::Threads),
            (name(), vec(inner, 0..4)).prop_map(|(name, ops)| Op::Fork { name, steps: steps(ops) }),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Op> {
    let milliseconds = || 0..=i64::MAX.cast_unsigned();
    prop_oneof![
        (handle_name(), library(), flags(), space()).prop_map(|(handle, library, flags, space)| {
            Op::Open { handle, library, flags, space }
        }),
        (text(), flags()).prop_map(|(path, flags)| Op::Promote { path, flags }),
        handle_name().prop_map(|handle| Op::Close { handle }),
        callee().prop_map(Op::Resolve),
        (callee(), call_type(), proptest::option::of(any::<i32>())).prop_map(
            |(callee, (signature, arguments), errno)| {
                Op::Call { callee, signature, arguments, errno }
            }
        ),
        buffer(),
        (name(), 0..=i64::MAX as usize, number_type())
            .prop_map(|(name, offset, number)| Op::Peek { name, offset, number }),
        (handle(), word(), word(), any::<i32>()).prop_map(
            |(handle, variable, symbol, argument)| {
                Op::Hook { handle, variable, symbol, argument }
            }
        ),
        (name(), milliseconds()).prop_map(|(name, timeout_ms)| Op::Wait { name, timeout_ms }),
        text().prop_map(Op::Chdir),
        (variable(), text()).prop_map(|(name, value)| Op::Setenv { name, value }),
        variable().prop_map(Op::Unsetenv),
        milliseconds().prop_map(Op::Sleep),
        (handle(), python()).prop_map(|(handle, action)| Op::Python { handle, action }),
        subsequence(Fact::ALL.map(|(fact, _)| fact).to_vec(), 1..=Fact::ALL.len())
            .prop_shuffle()
            .prop_map(Op::Facts),
        (0..=255, any::<bool>()).prop_map(|(code, now)| Op::Exit { code, now }),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    "[A-Za-z_][A-Za-z0-9_]{0,30}"
        .prop_map(|text| Name::new(&text).expect("the pattern is the rule"))
}

/// `default` stands for `RTLD_DEFAULT` and is refused where a handle is defined.
fn handle_name() -> impl Strategy<Value = Name> {
    name().prop_filter("reserved", |name| name.as_str() != "default")
}

fn handle() -> impl Strategy<Value = Handle> {
    prop_oneof![Just(Handle::Default), handle_name().prop_map(Handle::Named)]
}

/// Anything but blanks, quotes, comments and control characters; mostly what C knows as a name.
pub(crate) fn word() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-zA-Z_][a-zA-Z0-9_]{0,20}", 1 => "[^ \\t\"#\\x00-\\x1f\\x7f]{1,8}"]
}

fn variable() -> impl Strategy<Value = String> {
    word().prop_map(|word| word.replace('=', "_"))
}

fn text() -> impl Strategy<Value = Text> {
    let bytes = prop_oneof![
        "\\PC{0,12}".prop_map(String::into_bytes),
        any::<String>().prop_map(String::into_bytes),
        vec(1..=255_u8, 0..12),
    ];
    bytes.prop_map(|mut bytes| {
        bytes.retain(|byte| *byte != 0);
        Text::new(bytes).expect("no NUL is left")
    })
}

fn library() -> impl Strategy<Value = Library> {
    prop_oneof![1 => Just(Library::Program), 4 => text().prop_map(Library::Path)]
}

fn space() -> impl Strategy<Value = Space> {
    prop_oneof![4 => Just(Space::Base), 1 => Just(Space::New), 1 => name().prop_map(Space::Of)]
}

fn flags() -> impl Strategy<Value = Flags> {
    subsequence(Flags::ALL.map(|(flag, _)| flag).to_vec(), 1..=Flags::ALL.len())
        .prop_map(|flags| flags.into_iter().fold(Flags::default(), |all, flag| all | flag))
}

fn callee() -> impl Strategy<Value = Callee> {
    (handle(), word()).prop_map(|(handle, symbol)| Callee { handle, symbol })
}

fn call_type() -> impl Strategy<Value = (Signature, Vec<Argument>)> {
    let result = select(Kind::ALL.map(|(kind, _)| kind).to_vec());
    (result, vec(argument(), 0..=6)).prop_map(|(result, arguments)| {
        let (kinds, arguments) = arguments.into_iter().unzip();
        (Signature { result, arguments: kinds }, arguments)
    })
}

fn argument() -> impl Strategy<Value = (Kind, Argument)> {
    prop_oneof![
        any::<i32>().prop_map(|value| (Kind::Int, value.into())),
        any::<i64>().prop_map(|value| (Kind::Long, value.into())),
        double().prop_map(|value| (Kind::Double, value.into())),
        any::<i64>().prop_map(|value| (Kind::Pointer, value.into())),
        name().prop_map(|name| (Kind::Pointer, Argument::Buffer(name))),
        Just((Kind::Pointer, Argument::Null)),
        text().prop_map(|text| (Kind::String, text.into())),
        Just((Kind::String, Argument::Null)),
    ]
}

/// Every class of doubles, NaN and infinities too.
pub(crate) fn double() -> impl Strategy<Value = f64> {
    any::<f64>().boxed().prop_union(any::<u64>().prop_map(f64::from_bits).boxed())
}

fn number_type() -> impl Strategy<Value = NumberType> {
    select(NumberType::ALL.map(|(number, ..)| number).to_vec())
}

fn buffer() -> impl Strategy<Value = Op> {
    let field = (number_type(), any::<prop::sample::Index>(), any::<i64>(), double());
    (name(), 8..=1_usize << 20, vec(field, 0..4)).prop_map(|(name, size, fields)| {
        let field = |(number, offset, integer, float): (NumberType, prop::sample::Index, _, _)| {
            let offset = offset.index(size - number.name_and_size().1 + 1);
            let value = if number.is_float() {
                FieldValue::Float(float)
            } else {
                FieldValue::Integer(integer)
            };
            BufferField { offset, number, value }
        };
        Op::Buffer { name, size, fields: fields.into_iter().map(field).collect() }
    })
}

/// `ffi`, which only the Rust host has.
pub(crate) fn foreign() -> impl Strategy<Value = Op> {
    let result = prop_oneof![Just(CType::Void), c_type(false), c_struct(false)];
    let arguments = vec(prop_oneof![c_type(true), c_struct(true)].prop_flat_map(valued), 0..5);
    (callee(), result, arguments).prop_map(|(callee, result, arguments)| {
        let (kinds, arguments) = arguments.into_iter().unzip();
        Op::Ffi { callee, signature: CSignature { result, arguments: kinds }, arguments }
    })
}

/// Anything but a structure, an array and `void`.
fn c_type(memory: bool) -> BoxedStrategy<CType> {
    let plain = prop_oneof![
        select(CInteger::ALL.map(|(kind, _)| CType::Integer(kind)).to_vec()),
        Just(CType::Bool),
        Just(CType::Float),
        Just(CType::Double),
        Just(CType::LongDouble),
        Just(CType::Pointer),
        Just(CType::String),
    ];
    if !memory {
        return plain.boxed();
    }
    let pointed = plain.clone().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| CType::To(Box::new(inner))),
            vec(inner.clone(), 1..4).prop_map(CType::Struct),
            (1..4_u32, inner).prop_map(|(count, item)| CType::Array(count, Box::new(item))),
        ]
    });
    prop_oneof![plain, pointed.prop_map(|inner| CType::To(Box::new(inner)))].boxed()
}

fn c_struct(memory: bool) -> impl Strategy<Value = CType> {
    let array =
        (1..4_u32, c_type(memory)).prop_map(|(count, item)| CType::Array(count, Box::new(item)));
    vec(prop_oneof![c_type(memory), array], 1..4).prop_map(CType::Struct)
}

fn valued(kind: CType) -> impl Strategy<Value = (CType, CValue)> {
    c_value(&kind).prop_map(move |value| (kind.clone(), value))
}

fn c_value(kind: &CType) -> BoxedStrategy<CValue> {
    match kind {
        CType::Void => Just(CValue::Null).boxed(),
        CType::Bool => (0..=1_i128).prop_map(CValue::Integer).boxed(),
        CType::Integer(kind) => {
            let (least, most) = kind.range();
            prop_oneof![Just(least), Just(most), least..=most].prop_map(CValue::Integer).boxed()
        }
        CType::Float | CType::Double | CType::LongDouble => {
            double().prop_map(CValue::Float).boxed()
        }
        CType::Pointer => nowhere().boxed(),
        CType::String => prop_oneof![text().prop_map(CValue::Text), Just(CValue::Null)].boxed(),
        CType::To(inner) => {
            let made = c_value(inner).prop_map(|value| CValue::Made(Box::new(value)));
            prop_oneof![nowhere(), made].boxed()
        }
        CType::Struct(fields) => {
            fields.iter().map(c_value).collect::<Vec<_>>().prop_map(CValue::List).boxed()
        }
        CType::Array(count, item) => {
            vec(c_value(item), *count as usize).prop_map(CValue::List).boxed()
        }
    }
}

fn nowhere() -> impl Strategy<Value = CValue> {
    prop_oneof![Just(CValue::Null), any::<u64>().prop_map(CValue::Address)]
}

fn python() -> impl Strategy<Value = PythonAction> {
    prop_oneof![
        any::<i32>().prop_map(PythonAction::Initialize),
        Just(PythonAction::Initialize(0)),
        Just(PythonAction::Finalize),
        Just(PythonAction::SaveThread),
        Just(PythonAction::RestoreThread),
        Just(PythonAction::Ensure),
        Just(PythonAction::Release),
        text().prop_map(PythonAction::Run),
    ]
}

/// What can happen to a text between its author and its reader.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Delete(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Replace(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    RepeatLine(prop::sample::Index),
}

/// Pieces that mean something to a parser are more likely to confuse one than random bytes are.
pub(crate) fn damage() -> impl Strategy<Value = Vec<Damage>> {
    const PIECES: [&[u8]; 20] = [
        b"\"",
        b"\\",
        b"#",
        b"\n",
        b" ",
        b"\t",
        b"\r",
        b"\0",
        b"\xff",
        b"end",
        b"thread 2\n",
        b"threads\n",
        b"fork x\n",
        b"0x",
        b"-",
        b"+1",
        b"\\x00",
        b" now",
        b"99999999999999999999",
        b"default",
    ];
    let place = any::<prop::sample::Index>;
    let piece =
        prop_oneof![select(PIECES.to_vec()).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 1..4),];
    let one = prop_oneof![
        place().prop_map(Damage::Delete),
        (place(), piece).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        place().prop_map(Damage::Cut),
        (place(), place()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        place().prop_map(Damage::RepeatLine),
    ];
    vec(one, 1..4)
}

/// Applies damage to a text.
pub(crate) fn damaged(mut text: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for damage in damage {
        if text.is_empty() {
            break;
        }
        let mut lines: Vec<Vec<u8>> =
            text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        match damage {
            Damage::Delete(at) => {
                text.remove(at.index(text.len()));
            }
            Damage::Insert(at, piece) => {
                let at = at.index(text.len());
                text.splice(at..at, piece.iter().copied());
            }
            Damage::Replace(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Damage::Cut(at) => text.truncate(at.index(text.len())),
            Damage::SwapLines(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                text = lines.join(&b'\n');
            }
            Damage::RepeatLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
                text = lines.join(&b'\n');
            }
        }
    }
    text
}
