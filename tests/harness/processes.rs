//! Counting processes that should be gone: each test marks its own by an odd number of seconds to sleep.

use std::fs;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number of seconds that nobody else sleeps.
pub fn tagged() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("86400.{}{:03}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How many living processes have this word among their arguments.
pub fn alive(word: &str) -> usize {
    let Ok(folder) = fs::read_dir("/proc") else { return 0 };
    folder
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|entry| {
            let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            arguments.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
        })
        .count()
}

/// The living children of a process.
pub fn children(parent: u32) -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let read = |entry: fs::DirEntry| -> Option<(u32, u32)> {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat.get(stat.rfind(')')? + 2..)?.split(' ').nth(1)?.parse().ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, parent))
    };
    let pairs = folder.flatten().filter_map(read);
    pairs.filter(|(_, above)| *above == parent).map(|(pid, _)| pid).collect()
}
