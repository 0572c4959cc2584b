//! Clocks of the system.

/// Time since some moment in the past, in nanoseconds. The Python code of the fixture reads the same
/// clock.
pub(super) fn monotonic() -> u64 {
    let time = read(libc::CLOCK_MONOTONIC);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Processor time of this process, in nanoseconds: other programs on the machine change it less than
/// they change what a clock shows.
pub(super) fn cpu_time() -> f64 {
    let time = read(libc::CLOCK_PROCESS_CPUTIME_ID);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn read(clock: libc::clockid_t) -> libc::timespec {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time; every process has these clocks.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time
}
