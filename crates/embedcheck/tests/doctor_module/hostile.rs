//! Archives that would do harm.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Question, folder};

fn made(fill: impl FnOnce(&mut ZipWriter<File>)) -> (TempDir, PathBuf) {
    let folder = folder();
    let path = folder.path().join("layer.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    fill(&mut zip);
    zip.finish().unwrap();
    (folder, path)
}

fn file(zip: &mut ZipWriter<File>, name: &str) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(b"x").unwrap();
}

fn refusal(archive: &Path) -> String {
    let refusal = Question::described((3, 12), "_cffi_backend").layers([archive]).refusal();
    assert!(refusal.contains("layer.zip"), "{refusal}");
    refusal
}

#[test]
fn names_that_lead_out() {
    for name in ["../evil", "python/../../evil", "/tmp/evil", "a\\..\\evil"] {
        // The writer may mend a name; the bytes are then put right.
        let placeholder: String = name.chars().map(|c| if c == '/' { '/' } else { 'n' }).collect();
        let placeholder = placeholder.replace('/', "m");
        let (_folder, path) = made(|zip| file(zip, &placeholder));
        let mut bytes = fs::read(&path).unwrap();
        let (from, to) = (placeholder.as_bytes(), name.as_bytes());
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        fs::write(&path, bytes).unwrap();
        let refusal = refusal(&path);
        assert!(refusal.contains("refused") && refusal.contains("evil"), "{refusal}");
        assert!(!Path::new("/tmp/evil").exists());
    }
}

#[test]
fn links_that_lead_out() {
    let (_folder, path) = made(|zip| {
        zip.add_symlink("python/link", "/etc", SimpleFileOptions::default()).unwrap();
    });
    assert!(refusal(&path).contains("leads out: `/etc`"));
    let (_folder, path) = made(|zip| {
        zip.add_symlink("python/link", "../..", SimpleFileOptions::default()).unwrap();
    });
    assert!(refusal(&path).contains("leads out"));
}

#[test]
fn bombs() {
    let (_folder, path) = made(|zip| {
        zip.start_file("python/zeros", SimpleFileOptions::default()).unwrap();
        let block = vec![0; 1 << 20];
        for _ in 0..70 {
            zip.write_all(&block).unwrap();
        }
    });
    assert!(refusal(&path).contains("unpacks to more than"));
}

#[test]
fn encrypted() {
    let (_folder, path) = made(|zip| file(zip, "python/x"));
    let mut bytes = fs::read(&path).unwrap();
    // General purpose bit 0, in the local and in the central header (APPNOTE.TXT 4.4.4).
    for (magic, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let start = bytes.windows(4).position(|window| window == magic).unwrap();
        bytes[start + at] |= 1;
    }
    fs::write(&path, bytes).unwrap();
    assert!(refusal(&path).contains("encrypted"));
}

#[test]
fn damaged() {
    let (_folder, path) = made(|zip| file(zip, "python/x"));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    assert!(refusal(&path).contains("no zip archive that can be read"));
    fs::write(&path, "no zip at all").unwrap();
    assert!(refusal(&path).contains("neither a folder nor a zip archive"));
}

fn pipe(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
}

/// The open of a pipe waits for a writer, and no request to stop is heard while it does.
#[test]
fn pipes_are_not_waited_for() {
    let folder = folder();
    let named = folder.path().join("pipe");
    pipe(&named);
    let refusal = Question::described((3, 12), "_cffi_backend").path(&named).refusal();
    assert!(refusal.contains("neither a folder nor a zip archive"), "{refusal}");
    let refusal = Question::described((3, 12), "_cffi_backend").layers([&named]).refusal();
    assert!(refusal.contains("neither a folder nor a zip archive"), "{refusal}");
    let answer = Question::described((3, 12), "_cffi_backend").env("PYTHONPATH", &named).ask();
    answer.only("module-missing", &["nowhere on the search path"]);

    let packages = folder.path().join("packages");
    fs::create_dir_all(packages.join("cffi")).unwrap();
    for name in ["_cffi_backend.so", "x.pth", "cffi/__init__.py"] {
        pipe(&packages.join(name));
    }
    let answer = Question::described((3, 12), "_cffi_backend").path(&packages).ask();
    answer.only("module-damaged", &["_cffi_backend.so"]);
}
