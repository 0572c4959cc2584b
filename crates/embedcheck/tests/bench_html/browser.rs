//! A headless Chromium, if the machine has one.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use embedcheck::env::Caller;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Long enough for a cold start on a machine that does other things too.
const LIMIT: Duration = Duration::from_secs(120);

/// The first one on PATH. Without one the test says aloud that it did nothing; with
/// `EMBEDCHECK_REQUIRE_ALL=1` it fails.
pub(crate) fn find() -> Option<PathBuf> {
    let caller = Caller::from_process();
    let folders: Vec<_> = caller.path_folders().collect();
    let candidates =
        NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = candidates.into_iter().find(|file| file.is_file());
    if found.is_none() {
        let reason = format!("no browser ({}) is on PATH", NAMES.join(", "));
        assert!(!caller.require_all, "EMBEDCHECK_REQUIRE_ALL=1, but {reason}");
        // Not `eprintln!`, which is swallowed for a test that passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
    }
    found
}

/// How the reader's screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// A picture, three bytes a pixel.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Picture {
    /// How many pixels have exactly this colour.
    pub(crate) fn count(&self, colour: [u8; 3]) -> usize {
        self.bytes.chunks_exact(3).filter(|pixel| **pixel == colour).count()
    }
}

/// What the browser shows of a page in a window of this size. Page and picture stay in cargo's folder for
/// files of tests, to be looked at.
pub(crate) fn show(
    browser: &Path,
    page: &str,
    name: &str,
    scheme: Scheme,
    size: [u32; 2],
) -> Picture {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-html");
    fs::create_dir_all(&folder).unwrap();
    let [html, png] = ["html", "png"].map(|suffix| folder.join(format!("{name}.{suffix}")));
    fs::write(&html, page).unwrap();
    let _ = fs::remove_file(&png);
    let profile = tempfile::tempdir().unwrap();
    let option = |name: &str, path: &Path| {
        let mut option = OsString::from(name);
        option.push(path);
        option
    };
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        "--force-color-profile=srgb",
    ]);
    command.arg(match scheme {
        Scheme::Light => "--blink-settings=preferredColorScheme=1",
        Scheme::Dark => "--blink-settings=preferredColorScheme=0",
    });
    command.arg(option("--user-data-dir=", profile.path())).arg(option("--screenshot=", &png));
    command.arg(format!("--window-size={},{}", size[0], size[1])).arg(option("file://", &html));
    run(command, profile.path());
    read(&png)
}

/// Ends what the browser started too, if it does not end in time.
fn run(mut command: Command, folder: &Path) {
    let log = folder.join("test.log");
    let output = fs::File::create(&log).unwrap();
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let _ = child.wait();
            break None;
        }
        sleep(Duration::from_millis(20));
    };
    let success = status.is_some_and(|status| status.success());
    assert!(success, "{command:?}: {status:?}\n{}", fs::read_to_string(&log).unwrap_or_default());
}

fn read(file: &Path) -> Picture {
    let input = fs::File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut decoder = png::Decoder::new(std::io::BufReader::new(input));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    let samples = info.color_type.samples();
    assert!(samples >= 3, "{:?}", info.color_type);
    let bytes =
        bytes.chunks_exact(samples).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Picture { width: info.width, bytes }
}
