//! Paths that are no working interpreter: each has its own message, which names the path.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use embedcheck::env::Caller;
use embedcheck::target::{Options, TargetError, identify_python};

use crate::{caller_with_path, make_venv, options, python3, run_at_start, write_script};

fn error_of(path: &Path) -> TargetError {
    let caller = caller_with_path(&[Path::new("/usr/bin"), Path::new("/bin")]);
    let error = identify_python(&caller, &options(), path).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = error_of(&folder.path().join("gone"));
    assert!(matches!(error, TargetError::NotThere { .. }), "{error}");
    assert!(matches!(error_of(folder.path()), TargetError::Directory { .. }));
    std::os::unix::fs::symlink("nowhere", folder.path().join("python3")).unwrap();
    let error = error_of(&folder.path().join("python3"));
    assert!(matches!(error, TargetError::NotThere { .. }), "{error}");
}

#[test]
fn what_is_not_executable_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    fs::write(&path, "#!/bin/sh\n").unwrap();
    assert!(matches!(error_of(&path), TargetError::NotExecutable { .. }));
    // Text without a first line that names its interpreter.
    write_script(&path, "hello\n");
    let error = error_of(&path);
    assert!(matches!(error, TargetError::NotStarted { .. }), "{error}");
    write_script(&path, "#!/nonexistent/sh\n");
    let error = error_of(&path);
    assert!(matches!(error, TargetError::LibraryMissing { .. }), "{error}");
}

#[test]
fn a_script_that_hangs_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    write_script(&path, "#!/bin/sh\nsleep 100\n");
    let start = Instant::now();
    let options = Options { time_limit: Duration::from_millis(300), ..options() };
    let caller = caller_with_path(&[Path::new("/usr/bin"), Path::new("/bin")]);
    let error = identify_python(&caller, &options, &path).unwrap_err();
    assert!(matches!(error, TargetError::Hung { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(50));
}

#[test]
fn an_interpreter_that_hangs_at_its_start_is_killed() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = make_venv(target, folder.path());
    run_at_start(target, folder.path(), "import time; time.sleep(100)");
    let options = Options { time_limit: Duration::from_millis(500), ..options() };
    let error = identify_python(&Caller::default(), &options, &path).unwrap_err();
    assert!(matches!(error, TargetError::Hung { .. }), "{error}");
}

#[test]
fn an_interpreter_that_fails_at_its_start_says_why() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = make_venv(target, folder.path());
    run_at_start(
        target,
        folder.path(),
        "import os; sys.stderr.write('no licence\\n'); os._exit(3)",
    );
    let error = error_of(&path);
    assert!(matches!(error, TargetError::NoAnswer { .. }), "{error}");
    assert!(error.to_string().contains("ended with code 3 and printed `no licence`"), "{error}");
}

#[test]
fn garbage_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    write_script(&path, "#!/bin/sh\nhead -c 3000000 /dev/zero\necho garbage\n");
    assert!(matches!(error_of(&path), TargetError::NoAnswer { .. }));
    // With the right markers around it, from a program under another name: not taken for a shim.
    let marked = "'<embedcheck:interpreter>[1, 2]</embedcheck:interpreter>'";
    write_script(&path, &format!("#!/bin/sh\necho {marked}\n"));
    assert!(matches!(error_of(&path), TargetError::Shim { .. }));
    let Some(target) = python3() else { return };
    let venv = make_venv(target, &folder.path().join("venv"));
    let fake = format!("import os; os.write(1, {marked}.encode()); os._exit(0)");
    run_at_start(target, &folder.path().join("venv"), &fake);
    let error = error_of(&venv);
    assert!(matches!(error, TargetError::BadAnswer { .. }), "{error}");
}

#[test]
fn shims_in_a_circle_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    let answer = format!("<embedcheck:interpreter>{}</embedcheck:interpreter>", path.display());
    write_script(&path, &format!("#!/bin/sh\necho '{answer}'\n"));
    assert!(matches!(error_of(&path), TargetError::Shim { .. }));
}

#[test]
fn another_program_is_no_python() {
    let error = error_of(Path::new("/bin/sleep"));
    assert!(matches!(error, TargetError::NoAnswer { .. }), "{error}");
}

#[test]
fn an_interpreter_of_another_machine_is_not_even_started() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    fs::copy(target.executable.as_ref().unwrap(), &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut foreign = whole.clone();
    // e_machine: EM_AARCH64, or EM_X86_64 where that is this machine.
    foreign[18..20].copy_from_slice(if cfg!(target_arch = "aarch64") {
        &[62, 0]
    } else {
        &[183, 0]
    });
    fs::write(&path, &foreign).unwrap();
    let error = error_of(&path);
    assert!(matches!(error, TargetError::BadProgram { .. }), "{error}");
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let error = error_of(&path);
    assert!(matches!(error, TargetError::BadProgram { .. }), "{error}");
}

#[test]
fn a_library_is_no_interpreter() {
    let Some(target) = python3() else { return };
    let error = error_of(&target.libpython.as_ref().unwrap().real_path);
    assert!(matches!(error, TargetError::IsLibrary { .. }), "{error}");
}
