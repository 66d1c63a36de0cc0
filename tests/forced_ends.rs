//! Jobs that end badly, in every way we know, leave no process behind.
//!
//! Each job has two ranks, and each rank three children: one that is obedient, one that ignores every
//! polite signal, and one in a session of its own. `make forced-ends` runs 200 of them.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tells the figure")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::harness::processes::{alive, children, tagged};
use crate::harness::run::{Room, program};

/// How a job is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    RankExits,
    RankIsKilled,
    RankHangs,
    LauncherIsKilled,
    InterruptedTwice,
    TerminalCloses,
    KeepersAreKilled,
}

const BLOWS: [Blow; 7] = [
    Blow::RankExits,
    Blow::RankIsKilled,
    Blow::RankHangs,
    Blow::LauncherIsKilled,
    Blow::InterruptedTwice,
    Blow::TerminalCloses,
    Blow::KeepersAreKilled,
];

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(20);

/// What each rank runs: `sh rank.sh TAG BLOW`.
const RANK: &str = "\
sleep $1 &
(trap '' TERM INT HUP; exec sleep $1) &
setsid sleep $1 &
echo ready
case $2.$RANK in
    RankExits.1) sleep 0.3; exit 1 ;;
    RankIsKilled.1) sleep 0.3; kill -KILL $$ ;;
    RankHangs.1) sleep 0.3; exit 1 ;;
    RankHangs.0 | InterruptedTwice.*) trap '' TERM INT HUP ;;
esac
while :; do sleep 1; done
";

const CONFIG: &str =
    "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: 'no'\nmain_process_port: 0\n";

fn arguments<'a>(tag: &'a str, blow: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["launch", "--config_file", "a.yaml", "--no_python", "--force", "--grace", "1"];
    arguments.extend(["sh", "rank.sh", tag, blow]);
    arguments
}

/// Ends one job; gives how many of its processes are left.
fn strike(blow: Blow) -> usize {
    let room = Room::new().variable("ACCELERATE_USE_CPU", "1").file("a.yaml", CONFIG).file("rank.sh", RANK);
    let (tag, name) = (tagged(), format!("{blow:?}"));
    let arguments = arguments(&tag, &name);
    if blow == Blow::TerminalCloses {
        close_the_terminal_of(&room, &arguments, || alive(&tag) >= 11);
    } else {
        let mut launcher = start(&room, &arguments);
        match blow {
            Blow::LauncherIsKilled => launcher.kill().expect("it runs"),
            Blow::InterruptedTwice => {
                signal("INT", launcher.id());
                thread::sleep(GLANCE);
                signal("INT", launcher.id());
            }
            Blow::KeepersAreKilled => children(launcher.id()).into_iter().for_each(|pid| signal("KILL", pid)),
            Blow::RankExits | Blow::RankIsKilled | Blow::RankHangs | Blow::TerminalCloses => {}
        }
        launcher.wait().expect("it ends");
    }
    let start = Instant::now();
    while alive(&tag) > 0 && start.elapsed() < Duration::from_secs(15) {
        thread::sleep(GLANCE);
    }
    alive(&tag)
}

/// Starts a job in a terminal that nobody else holds, and closes it when all are there.
fn close_the_terminal_of(room: &Room, arguments: &[&str], are_there: impl Fn() -> bool) {
    let pair = native_pty_system().openpty(PtySize::default()).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(program());
    command.args(arguments);
    command.cwd(room.path(""));
    command.env("ACCELERATE_USE_CPU", "1");
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    wait_until("all are there", are_there);
    drop(pair.master);
    child.wait().expect("it ends");
}

/// Starts a job and waits until both ranks have all their children.
fn start(room: &Room, arguments: &[&str]) -> Child {
    let mut launcher = heeding_signals(&room.command(arguments))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(launcher.stdout.take().expect("a pipe")).lines();
    let ready = lines.by_ref().map_while(Result::ok).filter(|line| line.ends_with("ready")).take(2).count();
    assert_eq!(ready, 2, "both ranks come up");
    thread::spawn(move || lines.for_each(drop));
    launcher
}

/// The same command by way of `env`, which takes back that a shell ignores SIGINT for what runs in its background:
/// the launcher would rightly go on ignoring it.
fn heeding_signals(command: &Command) -> Command {
    let mut heeding = Command::new("/usr/bin/env");
    heeding.arg("--default-signal").arg(command.get_program()).args(command.get_args()).env_clear();
    heeding.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    heeding.current_dir(command.get_current_dir().expect("a room has a folder"));
    heeding
}

fn signal(name: &str, pid: u32) {
    // Whoever is gone already needs no signal.
    let _ = Command::new("kill").args(["-s", name, &pid.to_string()]).stderr(Stdio::null()).status();
}

#[track_caller]
fn wait_until(wish: &str, is_met: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_met() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {wish}");
        thread::sleep(GLANCE);
    }
}

#[test]
fn no_process_survives() {
    let count =
        std::env::var("FORCED_ENDS").ok().and_then(|count| count.parse().ok()).unwrap_or(2 * BLOWS.len());
    let survivors: usize = (0..count)
        .map(|number| {
            let blow = BLOWS[number % BLOWS.len()];
            let left = strike(blow);
            if left > 0 {
                eprintln!("{blow:?} left {left} processes");
            }
            left
        })
        .sum();
    println!("{count} forced ends, {survivors} surviving processes");
    assert_eq!(survivors, 0);
}
