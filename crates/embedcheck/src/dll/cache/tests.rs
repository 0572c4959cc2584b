use std::cell::Cell;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn key(text: &str) -> Key {
    KeyBuilder::new("test").input(text).finish()
}

fn write_hello(dir: &Path) -> Result<(), TestError> {
    Ok(fs::write(dir.join("file"), "hello")?)
}

#[derive(Debug, thiserror::Error)]
enum TestError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("broken")]
    Broken,
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != PRUNED_STAMP)
        .collect();
    names.sort();
    names
}

fn set_age(path: &Path, age: Duration) {
    File::open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
}

#[test]
fn inputs_do_not_run_into_each_other() {
    let one = KeyBuilder::new("k").input("ab").input("c").finish();
    let other = KeyBuilder::new("k").input("a").input("bc").finish();
    assert_ne!(one, other);
    assert_eq!(one, KeyBuilder::new("k").input("ab").input("c").finish());
}

#[test]
fn an_entry_is_made_once_and_found_by_the_next_run() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache_dir = dir.path().join("a/b");
    let made = AtomicUsize::new(0);
    for _ in 0..2 {
        let cache = Cache::open(Some(&cache_dir), scratch.path());
        for _ in 0..2 {
            let entry = cache
                .entry(&key("x"), |dir| {
                    made.fetch_add(1, Ordering::Relaxed);
                    write_hello(dir)
                })
                .unwrap();
            assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "hello");
        }
        assert_eq!(cache.notes(), Vec::<String>::new());
    }
    assert_eq!(made.into_inner(), 1);
    assert_eq!(names(&cache_dir), [key("x").as_str()]);
}

#[test]
fn threads_of_one_process_make_an_entry_once() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache::open(Some(dir.path()), scratch.path());
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                cache.entry(&key("x"), |dir| {
                    made.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(50));
                    write_hello(dir)
                })
            });
        }
    });
    assert_eq!(made.into_inner(), 1);
}

/// Two `Cache` values stand for two processes: they share nothing but the folder.
#[test]
fn two_processes_make_the_same_entry_and_both_get_a_whole_one() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let both_build = Barrier::new(2);
    let run = || {
        let cache = Cache::open(Some(dir.path()), scratch.path());
        let builds = Cell::new(0);
        let entry = cache.entry(&key("x"), |dir| {
            // A second attempt would wait for ever for the other one's.
            if builds.replace(builds.get() + 1) == 0 {
                both_build.wait();
            }
            write_hello(dir)
        });
        assert_eq!(builds.get(), 1);
        fs::read_to_string(entry.unwrap().join("file")).unwrap()
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads = [scope.spawn(run), scope.spawn(run)];
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(results, ["hello", "hello"]);
    assert_eq!(names(dir.path()), [key("x").as_str()], "the loser leaves nothing");
}

#[test]
fn a_build_that_fails_leaves_nothing_and_may_succeed_later() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache { space_floor: 0, ..Cache::open(Some(dir.path()), scratch.path()) };
    let error = cache
        .entry(&key("x"), |dir| {
            write_hello(dir)?;
            Err(TestError::Broken)
        })
        .unwrap_err();
    assert!(matches!(error, TestError::Broken));
    assert_eq!(names(dir.path()), Vec::<String>::new());
    assert_eq!(names(scratch.path()), Vec::<String>::new(), "there was space: no second attempt");
    cache.entry(&key("x"), write_hello).unwrap();
}

#[test]
fn a_build_that_panics_leaves_nothing() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache::open(Some(dir.path()), scratch.path());
    let build = |dir: &Path| -> Result<(), TestError> {
        write_hello(dir)?;
        panic!("interrupted");
    };
    let result =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cache.entry(&key("x"), build)));
    assert!(result.is_err());
    assert_eq!(names(dir.path()), Vec::<String>::new());
    cache.entry(&key("x"), write_hello).unwrap();
}

#[test]
fn without_space_the_entry_is_made_in_the_scratch_folder() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache { space_floor: u64::MAX, ..Cache::open(Some(dir.path()), scratch.path()) };
    let build = |target: &Path| {
        if target.starts_with(dir.path()) { Err(TestError::Broken) } else { write_hello(target) }
    };
    let entry = cache.entry(&key("x"), build).unwrap();
    assert!(entry.starts_with(scratch.path()));
    assert_eq!(cache.lookup(&key("x")), Some(entry));
    assert!(cache.notes()[0].contains("no space left"), "{:?}", cache.notes());
    assert_eq!(names(dir.path()), Vec::<String>::new());
    drop(cache);
    assert_eq!(names(scratch.path()), Vec::<String>::new(), "removed at the end of the run");
}

/// A file where the folder should be cannot be written to, not even by root.
#[test]
fn a_cache_that_cannot_be_made_is_noted_and_replaced() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for unusable in [file.join("cache"), file] {
        let cache = Cache::open(Some(&unusable), scratch.path());
        let entry = cache.entry(&key("x"), write_hello).unwrap();
        assert!(entry.starts_with(scratch.path()));
        assert_eq!(cache.notes().len(), 1, "{:?}", cache.notes());
    }
}

#[test]
fn a_cache_that_vanishes_is_noted_and_replaced() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache::open(Some(dir.path()), scratch.path());
    dir.close().unwrap();
    let entry = cache.entry(&key("x"), write_hello).unwrap();
    assert!(entry.starts_with(scratch.path()));
    assert!(cache.notes()[0].contains("cannot be written"), "{:?}", cache.notes());
}

#[test]
fn a_folder_that_anybody_can_write_to_is_not_trusted() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let cache = Cache::open(Some(dir.path()), scratch.path());
    assert!(cache.entry(&key("x"), write_hello).unwrap().starts_with(scratch.path()));
    assert!(cache.notes()[0].contains("anybody can write"), "{:?}", cache.notes());
}

#[test]
fn neither_cache_nor_scratch_is_an_error_that_names_the_folder() {
    let scratch = TempDir::new().unwrap();
    let gone = scratch.path().join("gone");
    let error = Cache::open(None, &gone).entry(&key("x"), write_hello).unwrap_err();
    let TestError::Cache(error) = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn prune_removes_what_nobody_uses_and_what_killed_processes_left() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cache = Cache::open(Some(dir.path()), scratch.path());
    let minutes = |n: u64| Duration::from_secs(n * 60);
    for name in ["old", "used", "young"] {
        let entry = cache.entry(&key(name), write_hello).unwrap();
        set_age(&entry, if name == "young" { minutes(1) } else { minutes(100) });
    }
    cache.lookup(&key("used")).unwrap();
    let left = dir.path().join(".new-left");
    let being_made = dir.path().join(".new-being-made");
    for folder in [&left, &being_made] {
        fs::create_dir(folder).unwrap();
        set_age(folder, minutes(100));
    }
    let lock = File::open(&being_made).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();

    assert_eq!(cache.prune(minutes(50)), 2);
    let mut rest = vec![
        ".new-being-made".to_owned(),
        key("used").as_str().to_owned(),
        key("young").as_str().to_owned(),
    ];
    rest.sort();
    assert_eq!(names(dir.path()), rest);
}

#[test]
fn opening_prunes_once_a_day() {
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let month = Duration::from_secs(31 * 24 * 3600);
    let make_old = || {
        let cache = Cache::open(Some(dir.path()), scratch.path());
        set_age(&cache.entry(&key("x"), write_hello).unwrap(), month);
    };
    make_old();
    Cache::open(Some(dir.path()), scratch.path());
    assert_eq!(names(dir.path()).len(), 1, "the first opening has just looked");
    set_age(&dir.path().join(PRUNED_STAMP), Duration::from_secs(25 * 3600));
    Cache::open(Some(dir.path()), scratch.path());
    assert_eq!(names(dir.path()).len(), 0);
}
