//! Who descends from whom, as `/proc` tells it, and ending all of them. Where there is no `/proc`,
//! process groups alone must do.

use std::collections::HashMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How long a killed process may take to disappear before it is looked at again.
const GLANCE: Duration = Duration::from_millis(5);

/// A process as `/proc/PID/stat` tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    pid: u32,
    parent: u32,
    /// 0 where the session's leader lives in an outer PID namespace, as in a container that was entered.
    session: u32,
    is_zombie: bool,
}

/// All living processes below one, itself aside. Dead ones that nobody has collected do not count.
pub fn below(root: u32) -> Vec<u32> {
    descendants(root).into_iter().filter(|entry| !entry.is_zombie).map(|entry| entry.pid).collect()
}

/// The children of a process that live in another session than it, also dead ones that nobody has
/// collected. Read from `/proc`, since `getsid(2)` has no answer for a session from outside of a container.
pub fn children_in_other_sessions(parent: u32) -> Vec<u32> {
    let all = all();
    let own = all.iter().find(|entry| entry.pid == parent).map(|entry| entry.session);
    all.iter()
        .filter(|entry| entry.parent == parent && Some(entry.session) != own)
        .map(|entry| entry.pid)
        .collect()
}

fn descendants(root: u32) -> Vec<Entry> {
    let mut children: HashMap<u32, Vec<Entry>> = HashMap::new();
    for entry in all() {
        children.entry(entry.parent).or_default().push(entry);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for entry in children.remove(&parent).unwrap_or_default() {
            open.push(entry.pid);
            found.push(entry);
        }
    }
    found
}

/// Kills all below a process until none is left, also those that are born meanwhile. False when some
/// survive `patience`: only a process that hangs in the kernel does.
pub fn kill_below(root: u32, patience: Duration, mut between: impl FnMut()) -> bool {
    let start = Instant::now();
    loop {
        between();
        let living = below(root);
        if living.is_empty() {
            return true;
        }
        if start.elapsed() > patience {
            return false;
        }
        for pid in living {
            signal(pid, Signal::KILL.as_raw());
        }
        thread::sleep(GLANCE);
    }
}

/// Sends a signal to a process; one that is gone is no failure.
pub fn signal(pid: u32, number: i32) -> bool {
    let (Some(pid), Some(signal)) = (id(pid), Signal::from_named_raw(number)) else { return false };
    kill_process(pid, signal).is_ok()
}

/// Sends a signal to a process group; false where there is none of that number.
pub fn signal_group(group: u32, number: i32) -> bool {
    let (Some(group), Some(signal)) = (id(group), Signal::from_named_raw(number)) else { return false };
    kill_process_group(group, signal).is_ok()
}

/// Never 0 or below, which `kill` would take for whole groups, nor 1.
fn id(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw)
}

fn all() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    folder
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            read(pid, &fs::read_to_string(entry.path().join("stat")).ok()?)
        })
        .collect()
}

/// The name in parentheses may hold anything, also parentheses: what counts stands behind the last one
/// (proc_pid_stat(5)).
fn read(pid: u32, stat: &str) -> Option<Entry> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Entry { pid, parent, session, is_zombie })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_anything() {
        let stat = "42 (a ) Z 1 (b) S 7 43 44 0 -1";
        assert_eq!(read(42, stat), Some(Entry { pid: 42, parent: 7, session: 44, is_zombie: false }));
        assert_eq!(
            read(42, "42 (sh) Z 7 1 0"),
            Some(Entry { pid: 42, parent: 7, session: 0, is_zombie: true })
        );
        assert_eq!(read(42, "42 (sh"), None);
        assert_eq!(read(42, ""), None);
    }

    #[test]
    fn nobody_signals_everybody() {
        for pid in [0, 1, u32::MAX] {
            assert_eq!(id(pid), None);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn grandchildren_are_found() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "sleep 60 & wait"])
            .spawn()
            .expect("a shell is there");
        let start = Instant::now();
        while below(child.id()).is_empty() && start.elapsed() < Duration::from_secs(20) {
            thread::sleep(GLANCE);
        }
        assert_eq!(below(child.id()).len(), 1);
        assert!(kill_below(child.id(), Duration::from_secs(20), || ()));
        child.wait().expect("it ends when its own child does");
    }
}
