//! Jobs of real processes, run through the library with plans made by hand.

#![cfg(unix)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accel_studio::launch::supervise::{self, End, Options, Outcome, Report, Step, Stream, Wakes, Watcher};
use accel_studio::launch::{Launcher, Plan, Process, Tee};
use tempfile::TempDir;

use crate::harness::processes::{alive, tagged};
use crate::harness::run::program;

/// Everything a job said and did.
#[derive(Default)]
struct Notes {
    said: Mutex<HashMap<(usize, bool), Vec<u8>>>,
    steps: Mutex<Vec<Step>>,
    complaints: Mutex<Vec<String>>,
}

impl Notes {
    fn said(&self, index: usize, stream: Stream) -> String {
        let said = self.said.lock().expect("no panic");
        let bytes = said.get(&(index, stream == Stream::Err)).cloned().unwrap_or_default();
        String::from_utf8(bytes).expect("UTF-8")
    }
}

impl Watcher for Notes {
    fn lines(&self, index: usize, stream: Stream, lines: &[u8]) {
        let last = lines.last().copied();
        assert!(matches!(last, Some(b'\n' | b'\r')), "only whole lines are told");
        let mut said = self.said.lock().expect("no panic");
        said.entry((index, stream == Stream::Err)).or_default().extend_from_slice(lines);
    }

    fn step(&self, step: &Step) {
        self.steps.lock().expect("no panic").push(step.clone());
    }

    fn complain(&self, words: &str) {
        self.complaints.lock().expect("no panic").push(words.to_owned());
    }
}

/// A plan of ranks that each run a shell script.
fn plan(ranks: u32, script: &str) -> Plan {
    let process = |rank: u32| Process {
        rank,
        local_rank: rank,
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        env: [("RANK".to_owned(), rank.to_string())].into(),
    };
    Plan::new(Launcher::MultiGpu, (0..ranks).map(process).collect())
}

fn run(plan: &Plan) -> (Report, Arc<Notes>) {
    run_with(plan, Duration::from_secs(20))
}

fn run_with(plan: &Plan, grace: Duration) -> (Report, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let options = Options { program: program().to_owned(), grace, lends_terminal: false };
    let watcher = Arc::clone(&notes) as Arc<dyn Watcher>;
    (supervise::run(plan, &options, watcher, Wakes::default()).expect("it starts"), notes)
}

#[test]
fn each_rank_has_its_environment_and_its_words() {
    let mut plan = plan(3, "echo rank $RANK of $SHARED; echo trouble $RANK >&2; printf tail");
    plan.shared_env = [("SHARED".to_owned(), "three".to_owned())].into();
    plan.removed_env = vec!["HOME".to_owned()];
    let (report, notes) = run(&plan);
    assert_eq!(report.outcome, Outcome::Success);
    for rank in 0..3 {
        assert_eq!(notes.said(rank, Stream::Out), format!("rank {rank} of three\ntail\n"));
        assert_eq!(notes.said(rank, Stream::Err), format!("trouble {rank}\n"));
    }
}

#[test]
fn the_first_failing_rank_decides_and_its_words_are_kept() {
    let script = "if [ $RANK = 1 ]; then sleep 0.3; echo boom >&2; exit 7; fi; echo waiting; sleep 600";
    let (report, notes) = run(&plan(3, script));
    assert_eq!(report.outcome.code(), 7);
    assert_eq!(report.tails[1], "boom\n");
    let steps = notes.steps.lock().expect("no panic");
    let stopped =
        steps.iter().filter(|step| matches!(step, Step::Ended { was_told: true, end: End::Signal(15), .. }));
    assert_eq!(stopped.count(), 2, "{steps:?}");
}

#[test]
fn a_signal_is_an_end_like_any_other() {
    let (report, _) = run(&plan(1, "kill -SEGV $$"));
    assert_eq!(report.outcome.code(), 139);
    let (report, _) = run(&plan(1, "kill -KILL $$"));
    assert_eq!(report.outcome.code(), 137);
    let (report, _) = run(&plan(1, "exit 137"));
    let Outcome::Failed(fallen) = report.outcome else { panic!("it failed") };
    assert_eq!(fallen.end, End::Code(137));
}

#[test]
fn who_ignores_the_end_is_killed_after_the_grace() {
    let script =
        "if [ $RANK = 0 ]; then sleep 0.5; exit 1; fi; trap '' TERM INT HUP; while :; do sleep 1; done";
    let (report, notes) = run_with(&plan(2, script), Duration::from_millis(300));
    assert_eq!(report.outcome.code(), 1);
    let steps = notes.steps.lock().expect("no panic");
    assert!(steps.contains(&Step::Killing), "{steps:?}");
}

#[test]
fn a_failed_group_starts_again_with_its_number() {
    let folder = TempDir::new().expect("a folder");
    let script = "echo $TORCHELASTIC_RESTART_COUNT; [ $TORCHELASTIC_RESTART_COUNT = 2 ] || exit 1";
    let mut plan = plan(2, script);
    plan.max_restarts = 3;
    plan.log_dir = Some(folder.path().join("logs"));
    let (report, notes) = run(&plan);
    assert_eq!(report.outcome, Outcome::Success);
    let restarts = notes.steps.lock().expect("no panic");
    let restarts = restarts.iter().filter(|step| matches!(step, Step::Restarting { .. }));
    assert_eq!(restarts.count(), 2);
    let logs = report.logs.expect("logs were asked for");
    for attempt in 0..3 {
        // The rank that fails first has said its word; the other may be ended before.
        let said = |rank| fs::read_to_string(logs.join(format!("attempt_{attempt}/{rank}/stdout.log")));
        let said = [0, 1].map(|rank| said(rank).expect("a log"));
        assert!(said.contains(&format!("{attempt}\n")), "{said:?}");
    }
}

#[test]
fn streams_go_to_the_files_that_tee_names() {
    let folder = TempDir::new().expect("a folder");
    let mut plan = plan(2, "echo out; echo err >&2");
    plan.log_dir = Some(folder.path().to_owned());
    plan.tee = Tee::parse("0:1").expect("torch's own notation");
    let (report, _) = run(&plan);
    let logs = report.logs.expect("logs were asked for").join("attempt_0");
    assert_eq!(fs::read_to_string(logs.join("0/stdout.log")).expect("a log"), "out\n");
    for absent in ["0/stderr.log", "1/stdout.log"] {
        assert!(!logs.join(absent).exists(), "{absent}");
    }
}

#[test]
fn nothing_is_lost_or_torn_however_much_is_said() {
    let folder = TempDir::new().expect("a folder");
    let script = "i=0; while [ $i -lt 20 ]; do seq -f \"$RANK %06.0f abcdefghijklmnopqrstuvwxyz\" 1 5000; i=$((i+1)); done";
    let mut plan = plan(4, script);
    plan.log_dir = Some(folder.path().to_owned());
    let (report, notes) = run(&plan);
    assert_eq!(report.outcome, Outcome::Success);
    for rank in 0..4_usize {
        let said = notes.said(rank, Stream::Out);
        assert_eq!(said.lines().count(), 100_000);
        let expected = |number: usize| format!("{rank} {:06} abcdefghijklmnopqrstuvwxyz", number % 5000 + 1);
        assert!(said.lines().enumerate().all(|(number, line)| line == expected(number)));
        let logs = report.logs.as_ref().expect("logs were asked for");
        let file = fs::read_to_string(logs.join(format!("attempt_0/{rank}/stdout.log"))).expect("a log");
        assert!(file == said);
        assert!(report.tails[rank].len() <= 64 * 1024, "what is remembered is bounded");
    }
}

#[test]
fn what_a_rank_leaves_behind_goes_with_it() {
    for end in ["exit 0", "exit 3", "kill -KILL $$"] {
        let tag = tagged();
        // A child in the rank's group, one that ignores SIGTERM, and one in a session of its own.
        let script = format!(
            "sleep {tag} & (trap '' TERM; exec sleep {tag}) & setsid sleep {tag} & \
             until [ $(pgrep -fc 'sleep {tag}') -ge 3 ]; do sleep 0.05; done; {end}"
        );
        run(&plan(2, &script));
        assert_eq!(alive(&tag), 0, "{end}");
    }
}

#[test]
fn a_program_that_is_not_there_is_told_like_a_shell_does() {
    let mut plan = plan(1, "");
    plan.processes[0].argv = vec!["/no/such/program".to_owned()];
    let (report, notes) = run(&plan);
    assert_eq!(report.outcome.code(), 127);
    assert!(notes.said(0, Stream::Err).contains("`/no/such/program` cannot be started"));
}

#[test]
fn a_folder_that_cannot_be_written_starts_nothing() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("a file");
    let mut plan = plan(1, "echo started");
    plan.log_dir = Some(folder.path().join("file/logs"));
    let notes = Arc::new(Notes::default());
    let options = Options { program: program().to_owned(), grace: Duration::ZERO, lends_terminal: false };
    let error = supervise::run(&plan, &options, Arc::clone(&notes) as Arc<dyn Watcher>, Wakes::default());
    assert!(error.expect_err("no folder").to_string().contains("--log_dir"));
    assert_eq!(notes.said(0, Stream::Out), "");
}

#[test]
fn the_working_folder_is_the_plans() {
    let folder = TempDir::new().expect("a folder");
    let mut plan = plan(1, "pwd -P");
    plan.cwd = Some(folder.path().to_owned());
    let (_, notes) = run(&plan);
    let real = fs::canonicalize(folder.path()).expect("it is there");
    assert_eq!(Path::new(notes.said(0, Stream::Out).trim()), real);
}
