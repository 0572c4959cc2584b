//! A report file that is either whole or not there.

#[cfg(test)]
use std::fs::OpenOptions;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use tempfile::NamedTempFile;
use thiserror::Error;

/// A report file that could not be written.
#[derive(Debug, Error)]
#[error("cannot write the report to {}: {source}; {}", path.display(), advice(source))]
pub struct WriteError {
    /// The path as given.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space or name a file on another file system"
        }
        io::ErrorKind::FileTooLarge => "raise the limit of file sizes (`ulimit -f`)",
        io::ErrorKind::NotFound => "make its folder first",
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a file in a folder that you may write to"
        }
        _ => "name another file",
    }
}

/// A place for a report, taken before there is one.
///
/// Checks can take a minute: a folder that is not writable should be known before that, so that the
/// file is opened first and filled last. Until [`commit`](Self::commit) a report that was there
/// before stays as it is, and dropping this leaves nothing behind.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    to: To,
}

#[derive(Debug)]
enum To {
    /// A file beside the final one, which takes its name when it is complete.
    Beside { temporary: NamedTempFile, target: PathBuf },
    /// A device or a pipe, which must not be replaced by a file.
    Through(File),
}

impl ReportFile {
    /// Opens the place.
    ///
    /// # Errors
    ///
    /// When nothing can be written there.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, WriteError> {
        let path = path.into();
        match open(&path) {
            Ok(to) => Ok(Self { path, to }),
            Err(source) => Err(WriteError { path, source }),
        }
    }

    /// Writes the report and gives it its name.
    ///
    /// # Errors
    ///
    /// When not all of it could be written; then nothing is left of it, and a file that was there
    /// before is untouched.
    pub fn commit(self, report: &str) -> Result<(), WriteError> {
        let Self { path, to } = self;
        write(to, report.as_bytes()).map_err(|source| WriteError { path, source })
    }
}

fn open(path: &Path) -> io::Result<To> {
    if let Some(stream) = standard_stream(path) {
        return Ok(To::Through(stream?));
    }
    // A link to a file is followed, so that the file is replaced and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&target) {
        Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if !there.is_file() => {
            return open_through(&target).map(To::Through);
        }
        Ok(_) | Err(_) => {}
    }
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let temporary = tempfile::Builder::new()
        .prefix(".embedcheck-report-")
        // Less what the umask takes away, like any other file that a program writes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(without_temporary_name)?;
    Ok(To::Beside { temporary, target })
}

/// The stream itself, whose place in a file the shell has chosen: the name leads to that file, which would be replaced.
fn standard_stream(path: &Path) -> Option<io::Result<File>> {
    let stream = match path.to_str()? {
        "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => {
            io::stdout().as_fd().try_clone_to_owned()
        }
        "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => {
            io::stderr().as_fd().try_clone_to_owned()
        }
        _ => return None,
    };
    Some(stream.map(File::from))
}

/// Without waiting: a pipe that nobody reads would be waited for by a program that no signal reaches
/// in there.
fn open_through(target: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(target, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NXIO) => {
            return Err(io::Error::other("nobody reads from this pipe; start the reader first"));
        }
        Err(error) => return Err(error.into()),
    };
    let flags = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file.into())
}

/// Whether two paths lead to one file, which may not be there yet.
#[must_use]
pub fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        fs::canonicalize(path).or_else(|_| {
            let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            Ok::<_, io::Error>(fs::canonicalize(folder.unwrap_or(Path::new(".")))?.join(name))
        })
    };
    match (real(one), real(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// tempfile adds the name that it tried, which means nothing to the user.
fn without_temporary_name(error: io::Error) -> io::Error {
    error.kind().into()
}

fn write(to: To, bytes: &[u8]) -> io::Result<()> {
    match to {
        To::Beside { mut temporary, target } => {
            temporary.write_all(bytes)?;
            // Some file systems only find out now that there is no space.
            temporary.as_file().sync_all()?;
            temporary.persist(target).map_err(|error| error.error)?;
            Ok(())
        }
        To::Through(mut file) => file.write_all(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_report_replaces_the_old_one_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let place = ReportFile::create(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(place);
        assert_eq!(names(folder.path()), ["report.json"]);
        ReportFile::create(&path).unwrap().commit("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_pipe_without_a_reader_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let error = ReportFile::create(&pipe).unwrap_err().to_string();
        assert!(error.contains("nobody reads"), "{error}");
        let reader = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        ReportFile::create(&pipe).unwrap().commit("text").unwrap();
        drop(reader);
    }

    #[test]
    fn one_file_has_many_names() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, new] = ["file", "link", "new"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(same_file(&file, &link));
        assert!(same_file(&new, &folder.path().join(".").join("new")));
        assert!(!same_file(&file, &new));
        assert!(same_file(Path::new("a"), Path::new("./a")));
    }

    #[test]
    fn a_report_can_be_read_by_others_as_the_umask_says() {
        let folder = tempfile::tempdir().unwrap();
        let [report, plain] = ["report", "plain"].map(|name| folder.path().join(name));
        ReportFile::create(&report).unwrap().commit("").unwrap();
        File::create(&plain).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&report), mode(&plain));
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        ReportFile::create(&link).unwrap().commit("new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file_and_the_reason() {
        let place = ReportFile::create("/dev/full").unwrap();
        let error = place.commit("report").unwrap_err().to_string();
        assert!(
            error.starts_with("cannot write the report to /dev/full: No space left"),
            "{error}"
        );
        assert!(Path::new("/dev/full").exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/report.json");
        let error = ReportFile::create(missing).unwrap_err().to_string();
        assert!(error.ends_with("make its folder first"), "{error}");
        let error = ReportFile::create(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("name a file, not a folder"), "{error}");
        // Nobody, not even root, can make a file in /proc.
        assert!(ReportFile::create("/proc/report.json").is_err());
    }
}
