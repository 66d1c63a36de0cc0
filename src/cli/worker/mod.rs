//! The worker from the command line: where it is, and short questions to it.

pub mod answer;
pub mod launch;
pub mod options;
pub mod run;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::hardware::Machine;
use crate::worker::locate::{self, Around, Kit};

/// How often a question is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// Runs something with where to look for the worker.
pub fn around<T>(machine: &Machine, ask: impl FnOnce(&Around) -> T) -> T {
    let variable = |name: &str| machine.env.get(name).cloned();
    let program = std::env::current_exe().ok().map(|path| path.canonicalize().unwrap_or(path));
    let folder = machine.cwd.clone().unwrap_or_default();
    ask(&Around { variable: &variable, folder, program })
}

/// What the worker answers to a sub-command that prints one JSON object; else why there is no answer.
pub fn ask(kit: &Kit, words: &[&str], patience: Duration) -> Result<Json, String> {
    let (name, value) = locate::search_path(&kit.libraries, |name| std::env::var(name).ok());
    let mut command = Command::new(&kit.worker);
    command.args(words).env(name, value).env("OMP_NUM_THREADS", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = command.spawn();
    let mut child =
        started.map_err(|error| format!("{} cannot be started: {error}", kit.worker.display()))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let said = thread::spawn(move || text(out));
    let complained = thread::spawn(move || text(err));
    let is_over = wait(&mut child, patience);
    let (said, complained) = (said.join().unwrap_or_default(), complained.join().unwrap_or_default());
    let what = words.join(" ");
    match (is_over, serde_json::from_str(&said)) {
        (None, _) => Err(format!("`{what}` gave no answer within {} seconds", patience.as_secs())),
        (Some(_), Ok(answer)) => Ok(answer),
        (Some(_), Err(_)) => {
            Err(match complained.lines().chain(said.lines()).find(|line| !line.is_empty()) {
                Some(line) => format!("`{what}` fails: {line}"),
                None => format!("`{what}` says nothing; worker and main program must be of one build"),
            })
        }
    }
}

/// Waits, and ends what takes too long; true for a good end.
fn wait(child: &mut Child, patience: Duration) -> Option<bool> {
    let start = Instant::now();
    while start.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => thread::sleep(LOOK),
            Err(_) => break,
        }
    }
    child.kill().ok();
    child.wait().ok();
    None
}

fn text(stream: Option<impl std::io::Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A path as a person would write it here.
pub fn shown(path: &Path, machine: &Machine) -> String {
    let here = machine.cwd.as_deref().and_then(|folder| path.strip_prefix(folder).ok());
    here.filter(|path| !path.as_os_str().is_empty()).unwrap_or(path).display().to_string()
}
