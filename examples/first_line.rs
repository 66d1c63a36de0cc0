//! How long from the command to the first line of a script: bare Python, this program, `accelerate launch`.
//!
//! `first_line PROGRAM [ENVIRONMENT]`: the program, and a Python environment with Accelerate. Prints the
//! median of several runs of each, in turns, so that a busy machine is fair to all.

#![allow(clippy::print_stdout, reason = "prints its figures")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Runs of each command.
const RUNS: usize = 15;
const SCRIPT: &str = "print('first', flush=True)\n";
const CONFIG: &str =
    "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: 'no'\nmain_process_port: 0\n";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(program) = arguments.next() else {
        println!("name the program to measure");
        return ExitCode::from(2);
    };
    let environment = arguments.next().unwrap_or_else(|| PathBuf::from(".venv"));
    let bin = |name: &str| environment.join("bin").join(name);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("script.py"), SCRIPT).expect("a script");
    std::fs::write(folder.path().join("a.yaml"), CONFIG).expect("a config");
    let launch = ["launch", "--config_file", "a.yaml", "script.py"];
    let commands: [(&str, PathBuf, Vec<&str>); 3] = [
        ("python script.py", bin("python"), vec!["script.py"]),
        ("accel-studio launch, 2 processes", program, launch.to_vec()),
        ("accelerate launch, 2 processes", bin("accelerate"), launch.to_vec()),
    ];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); commands.len()];
    for _ in 0..RUNS {
        for (at, (name, program, arguments)) in commands.iter().enumerate() {
            match measure(program, arguments, folder.path(), &environment) {
                Some(time) => times[at].push(time),
                None => println!("{name}: no first line"),
            }
        }
    }
    for ((name, ..), mut times) in commands.into_iter().zip(times) {
        times.sort_unstable();
        if let Some(median) = times.get(times.len() / 2) {
            println!("{name:<34} {:>8.1} ms", median.as_secs_f64() * 1000.0);
        }
    }
    ExitCode::SUCCESS
}

/// From the start of a command to the first line that has the script's word.
fn measure(program: &Path, arguments: &[&str], folder: &Path, environment: &Path) -> Option<Duration> {
    let bin = std::path::absolute(environment.join("bin")).ok()?;
    let path = std::env::join_paths([bin, "/usr/bin".into(), "/bin".into()]).ok()?;
    let start = Instant::now();
    let mut child = Command::new(std::path::absolute(program).ok()?)
        .args(arguments)
        .current_dir(folder)
        .env("PATH", path)
        .env("ACCELERATE_USE_CPU", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let lines = BufReader::new(child.stdout.take()?).lines();
    let mut said = lines.map_while(Result::ok);
    let time = said.find(|line| line.contains("first")).map(|_| start.elapsed());
    said.for_each(drop);
    child.wait().ok()?;
    time
}
