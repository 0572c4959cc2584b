//! What the compiler says about mistakes: how messages of the macro look to the author, and that
//! items beside it are checked.

#[cfg(feature = "check-init")]
#[test]
fn compile_errors() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
