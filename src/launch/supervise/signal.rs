//! Which signals a launcher takes, and what each asks of the job.

use std::fs;
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Handle, SignalsInfo};
use signal_hook::low_level::siginfo::Cause;

use super::Wake;

/// What a launcher takes from the system.
const TAKEN: [i32; 7] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP];

/// The handlers of a launcher, taken back when dropped.
pub struct Listening(Handle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Takes all signals of a launcher; they become messages.
pub fn listen(sender: Sender<Wake>) -> io::Result<Listening> {
    listen_to(&not_ignored(&TAKEN), sender)
}

/// Takes only the news of children, for a host that has other uses for keys and signals.
pub fn listen_to_children(sender: Sender<Wake>) -> io::Result<Listening> {
    listen_to(&[SIGCHLD], sender)
}

fn listen_to(numbers: &[i32], sender: Sender<Wake>) -> io::Result<Listening> {
    let mut signals = SignalsInfo::<WithOrigin>::new(numbers)?;
    let handle = signals.handle();
    thread::spawn(move || {
        for origin in signals.forever() {
            let is_key = matches!(origin.cause, Cause::Kernel | Cause::Unknown);
            let wake = match origin.signal {
                SIGCHLD => Wake::Child,
                SIGTSTP => Wake::Suspend,
                SIGQUIT => Wake::Kill,
                number => Wake::Signal { number, is_key },
            };
            if sender.send(wake).is_err() {
                break;
            }
        }
    });
    Ok(Listening(handle))
}

/// Those among these signals that were not ignored when we started. `nohup` has SIGHUP ignored, and a
/// shell without job control the keys of background jobs; taking them would undo that.
pub fn not_ignored(numbers: &[i32]) -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored(&status);
    numbers.iter().copied().filter(|number| ignored & bit(*number) == 0).collect()
}

fn bit(number: i32) -> u64 {
    u32::try_from(number - 1).ok().and_then(|shift| 1_u64.checked_shl(shift)).unwrap_or(0)
}

/// The set of ignored signals in `/proc/PID/status` (proc_pid_status(5)).
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ignored_is_left_alone() {
        let status = "Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(ignored(status) & bit(SIGHUP), 1);
        assert_ne!(ignored(status) & bit(13), 0);
        assert_eq!(ignored(status) & bit(SIGINT), 0);
        assert_eq!(ignored("nothing"), 0);
    }
}
