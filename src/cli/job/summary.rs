//! The end of a job in words: who failed, why as far as it shows, what it said last, what to do.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::launch::Plan;
use crate::launch::supervise::failure::diagnose;
use crate::launch::supervise::{Fallen, Outcome, Report};
use crate::text;

/// What is said after a job; nothing after a good end without logs.
pub fn of(plan: &Plan, report: &Report, is_lent: bool) -> String {
    let mut words = String::new();
    match &report.outcome {
        Outcome::Success => {}
        Outcome::NotStarted(index, error) => {
            let rank = rank(plan, *index);
            let _ = writeln!(words, "accel-studio: rank {rank} could not be started: {error}");
        }
        Outcome::Stopped { is_killed, .. } => {
            let how = if *is_killed { "ended by SIGKILL" } else { "stopped" };
            let _ = writeln!(words, "accel-studio: the job was {how} after {}", duration(report.elapsed));
        }
        Outcome::Failed(fallen) => failure(&mut words, plan, report, *fallen, is_lent),
    }
    if let Some(logs) = &report.logs {
        let _ = writeln!(words, "accel-studio: logs are in {}", logs.display());
    }
    words
}

fn failure(words: &mut String, plan: &Plan, report: &Report, fallen: Fallen, is_lent: bool) {
    let tail = report.tails.get(fallen.index).map_or("", String::as_str);
    let found = diagnose(fallen.end, tail, report.error_file.as_deref(), report.out_of_memory_kills);
    let who = match plan.processes.len() {
        1 => "the script".to_owned(),
        count => format!("rank {} of {}", rank(plan, fallen.index), text::count(count, "process")),
    };
    let (end, time) = (fallen.end.says(), duration(report.elapsed));
    let first = if plan.processes.len() > 1 { "failed first" } else { "failed" };
    let is_told = is_lent || found.words.is_empty();
    let what = match is_told {
        true => "",
        false if found.is_traceback => "; its traceback:",
        false => "; its last words:",
    };
    let gap = if is_told { "" } else { "\n" };
    let _ = writeln!(words, "{gap}accel-studio: {who} {first} with {end} after {time}{what}");
    for line in found.words.iter().filter(|_| !is_told) {
        let _ = writeln!(words, "  | {}", clean(line));
    }
    if let Some((says, advice)) = found.cause {
        let _ = writeln!(words, "  cause: {says}");
        let _ = writeln!(words, "  help: {advice}");
    }
}

/// A traceback is shown as text; nothing in it may move the cursor.
fn clean(line: &str) -> String {
    line.chars().map(|char| if char.is_control() && char != '\t' { '\u{fffd}' } else { char }).collect()
}

fn rank(plan: &Plan, index: usize) -> u32 {
    plan.processes.get(index).map_or(0, |process| process.rank)
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Whether a folder can hold log files.
pub fn is_writable(folder: &Path) -> bool {
    // Above a bare name stands the empty path, which is the folder that one is in.
    let here = |above: &Path| if above.as_os_str().is_empty() { Path::new(".") } else { above }.to_owned();
    let existing = folder.ancestors().map(here).find(|above| above.exists());
    existing.is_some_and(|folder| folder.is_dir() && tempfile::tempfile_in(folder).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::supervise::End;
    use crate::launch::{Launcher, Process};

    #[test]
    fn the_reason_stands_last() {
        let processes = (0..2).map(|rank| Process { rank, local_rank: rank, ..Process::default() }).collect();
        let plan = Plan::new(Launcher::MultiGpu, processes);
        let tail = "step 1\nTraceback (most recent call last):\nRuntimeError: CUDA out of memory\x1b[2J\n";
        let report = Report {
            outcome: Outcome::Failed(Fallen { index: 1, end: End::Code(1) }),
            tails: vec![String::new(), tail.to_owned()],
            error_file: None,
            elapsed: Duration::from_secs(200),
            logs: None,
            out_of_memory_kills: 0,
        };
        let words = of(&plan, &report, false);
        assert!(words.contains("  | RuntimeError: CUDA out of memory\u{fffd}[2J\n"), "{words}");
        assert!(words.contains("rank 1 of 2 processes failed first with exit code 1 after 3 min 20 s; its"));
        assert!(words.contains("\n  cause: the GPU"), "{words}");
        let alone = Report { outcome: Outcome::Stopped { signal: 2, is_killed: false }, ..report };
        assert_eq!(of(&plan, &alone, false), "accel-studio: the job was stopped after 3 min 20 s\n");
    }

    #[test]
    fn times_read_well() {
        let says = |seconds: f64| duration(Duration::from_secs_f64(seconds));
        assert_eq!(
            [says(0.44), says(59.9), says(60.0), says(7500.0)],
            ["0.4 s", "59 s", "1 min 0 s", "2 h 5 min"]
        );
    }

    #[test]
    fn a_folder_that_does_not_exist_yet_is_judged_by_the_one_above() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(is_writable(&folder.path().join("a/b")));
        std::fs::write(folder.path().join("file"), "").expect("a file");
        assert!(!is_writable(&folder.path().join("file/a")));
        assert!(is_writable(Path::new("no_such_folder/a")), "a bare name is one of this folder");
    }
}
