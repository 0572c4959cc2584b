//! How a child ended.

use std::fs;

use embedcheck::run::{Ended, Environment};

use crate::{observe, script};

#[test]
fn exit_codes_are_reported() {
    for code in [0, 1, 17, 255] {
        let seen = observe(&script(&format!("exit {code}")));
        assert_eq!(seen.ended, Ended::Exit { code, from_inside: false });
        assert_eq!((seen.leftovers, seen.notes.len()), (0, 0), "{seen:#?}");
    }
}

#[test]
fn signals_are_reported_by_name() {
    for (number, name) in [(11, "SIGSEGV"), (6, "SIGABRT"), (9, "SIGKILL"), (15, "SIGTERM")] {
        let seen = observe(&script(&format!("ulimit -c 0; kill -{number} $$")));
        assert_eq!(seen.ended, Ended::Signal { number, name: name.to_owned(), core_dumped: false });
    }
}

#[test]
fn a_death_of_the_shells_child_is_not_a_death_of_the_shell() {
    let seen = observe(&script("ulimit -c 0; sh -c 'kill -SEGV $$'; exit 17"));
    assert_eq!(seen.ended, Ended::Exit { code: 17, from_inside: false });
}

#[test]
fn the_environment_is_what_was_stated_and_the_mark() {
    let mut spec = script("env | sort");
    spec.environment = Environment::empty();
    spec.environment.set("PATH", "/usr/bin:/bin").set("ODD", " a=b\n");
    let seen = observe(&spec);
    // The shell itself adds PWD.
    let names: Vec<_> = seen.stdout.text.lines().filter(|line| !line.starts_with("PWD=")).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[0], "");
    assert!(names[1].starts_with("EMBEDCHECK_RUN="));
    assert_eq!(names[2..], ["ODD= a=b", "PATH=/usr/bin:/bin"]);
    assert!(
        !seen.environment.contains_key("EMBEDCHECK_RUN"),
        "the record is what the caller stated"
    );
    assert_eq!(seen.environment["ODD"], " a=b\n");
}

#[test]
fn a_child_has_no_descriptor_that_this_process_opened() {
    // Others are open at the same time, by the tests beside this one. What this process has itself
    // inherited from a shell or a make is passed on.
    let inherited = fs::read_dir("/proc/self/fdinfo").unwrap().flatten().filter(|file| {
        let info = fs::read_to_string(file.path()).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        // O_CLOEXEC of Linux on all but three old architectures.
        let number: u32 = file.file_name().to_str().unwrap().parse().unwrap();
        number > 2 && flags.is_some_and(|flags| flags & 0o2_000_000 == 0)
    });
    let expected = 3 + inherited.count() + 1;
    let mut spec = script("ls /proc/self/fd | wc -l");
    let seen = observe(&spec);
    assert_eq!(seen.stdout.text.trim(), expected.to_string(), "0, 1, 2 and that of ls itself");
    spec.events_limit = None;
    spec.args[1] = "readlink /proc/self/fd/0".into();
    assert_eq!(observe(&spec).stdout.text, "/dev/null\n");
}

#[test]
fn a_child_leads_its_own_group() {
    // Fields 1 and 5 of stat: process and group.
    let seen = observe(&script(
        "read -r pid name state parent group rest < /proc/$$/stat; echo $pid; echo $group",
    ));
    let pids = crate::printed_pids(&seen, 2);
    assert_eq!(pids[0], pids[1]);
}
