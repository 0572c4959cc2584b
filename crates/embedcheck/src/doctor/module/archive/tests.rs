use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;
use crate::run::Stop;

struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
    into: PathBuf,
}

fn made(fill: impl FnOnce(&mut ZipWriter<File>)) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    fill(&mut zip);
    zip.finish().unwrap();
    let into = folder.path().join("into");
    std::fs::create_dir(&into).unwrap();
    Made { _folder: folder, path, into }
}

fn unpack(made: &Made) -> Result<Option<()>, ArchiveError> {
    Archive::open(&made.path)?.unpack(&made.into, &Stop::new().unwrap())
}

fn refusal(made: &Made) -> String {
    match unpack(made) {
        Err(ArchiveError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

fn file(zip: &mut ZipWriter<File>, name: &str, content: &[u8]) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
}

#[test]
fn files_folders_and_links_come_out() {
    let made = made(|zip| {
        zip.add_directory("python/", SimpleFileOptions::default()).unwrap();
        file(zip, "python/a/b.py", b"x = 1\n");
        zip.add_symlink("python/c.py", "a/b.py", SimpleFileOptions::default()).unwrap();
    });
    unpack(&made).unwrap().unwrap();
    assert_eq!(std::fs::read(made.into.join("python/c.py")).unwrap(), b"x = 1\n");
    let mut archive = Archive::open(&made.path).unwrap();
    assert_eq!(archive.read("python/a/b.py", 3).unwrap().unwrap(), b"x =");
    assert_eq!(archive.read("python/none", 3).unwrap(), None);
}

#[test]
fn links_that_lead_out_are_refused() {
    for target in ["/etc/passwd", "../../../etc/passwd", "../.."] {
        let made =
            made(|zip| zip.add_symlink("python/l", target, SimpleFileOptions::default()).unwrap());
        let reason = refusal(&made);
        assert!(reason.contains("leads out") && reason.contains(target), "{reason}");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let made = made(|zip| {
        zip.add_symlink("a", "b", SimpleFileOptions::default()).unwrap();
        file(zip, "a/x", b"x");
    });
    assert!(refusal(&made).contains("both a file and a folder"));
    assert!(!made.into.join("b").exists());
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let made = made(|zip| {
        zip.start_file("zeros", SimpleFileOptions::default()).unwrap();
        let block = vec![0; 1 << 20];
        for _ in 0..80 {
            zip.write_all(&block).unwrap();
        }
    });
    assert!(std::fs::metadata(&made.path).unwrap().len() < 1 << 20);
    assert!(refusal(&made).contains("unpacks to more than 64 MiB"));
}

#[test]
fn a_truncated_archive_is_damaged() {
    let made = made(|zip| file(zip, "x", &[7; 10_000]));
    let bytes = std::fs::read(&made.path).unwrap();
    std::fs::write(&made.path, &bytes[..bytes.len() - 30]).unwrap();
    assert!(matches!(unpack(&made), Err(ArchiveError::Damaged { .. })));
    std::fs::write(&made.path, b"").unwrap();
    assert!(matches!(unpack(&made), Err(ArchiveError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic(start in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..400, byte: u8) {
        let made = made(|zip| file(zip, "python/x", b"some text, some text, some text"));
        let mut bytes = std::fs::read(&made.path).unwrap();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        std::fs::write(&made.path, &bytes).unwrap();
        let _ = unpack(&made);
        std::fs::write(&made.path, &start).unwrap();
        let _ = unpack(&made);
    }
}
