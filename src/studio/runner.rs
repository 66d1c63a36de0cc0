//! The door to a running job: a thread that supervises it, one that hands on what it says in bounded
//! helpings, and the end of both when the studio is left.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::inbox::{Message, Piece};
use crate::hardware::live::Meter;
use crate::launch::Plan;
use crate::launch::supervise::{GRACE, Options, Step, Stream, Wake, Wakes, Watcher};

/// How often the studio is told what was said.
const HELPING: Duration = Duration::from_millis(50);
/// How often it is told how busy the machine is.
const PULSE: Duration = Duration::from_secs(1);
/// Lines that may wait to be told; what is more is in the log files only.
const WAITING: usize = 20_000;
/// What ranks get to end in order when the studio is gone.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Runs one job at a time.
pub(super) struct Runner {
    sender: Sender<Message>,
    wakes: Option<Sender<Wake>>,
    thread: Option<JoinHandle<()>>,
    /// Where the last job's logs are, removed with the studio.
    logs: Option<TempDir>,
}

impl Runner {
    /// Nothing runs yet.
    pub fn new(sender: Sender<Message>) -> Runner {
        Runner { sender, wakes: None, thread: None, logs: None }
    }

    /// Starts a job. Everything that it says also goes to files, whole.
    pub fn launch(&mut self, mut plan: Plan) -> Result<(), String> {
        self.finish(Wake::Kill);
        let folder = tempfile::Builder::new().prefix("accel-studio-logs-").tempdir();
        let folder = folder.map_err(|error| format!("there is no room for logs: {error}"))?;
        if plan.log_dir.is_none() {
            plan.log_dir = Some(folder.path().to_owned());
        }
        self.logs = Some(folder);
        let wakes = Wakes::default();
        self.wakes = Some(wakes.sender.clone());
        let sender = self.sender.clone();
        self.thread = Some(thread::spawn(move || supervise(&plan, wakes, &sender)));
        Ok(())
    }

    /// Tells the running job something. One that is over needs to know nothing.
    pub fn wake(&self, wake: Wake) {
        if let Some(wakes) = &self.wakes {
            wakes.send(wake).ok();
        }
    }

    /// Copies the logs of the last job to a folder of this one.
    pub fn save_logs(&self) -> Result<PathBuf, String> {
        let logs = self.logs.as_ref().ok_or("nothing was launched yet")?;
        let free =
            (1..1000).map(|number| PathBuf::from(format!("logs-{number}"))).find(|path| !path.exists());
        let to = free.ok_or("there are too many folders logs-N here; remove some")?;
        copy(logs.path(), &to)
            .map_err(|error| format!("logs cannot be written to {}: {error}", to.display()))?;
        Ok(to)
    }

    /// Ends what still runs.
    fn finish(&mut self, wake: Wake) {
        self.wake(wake);
        let Some(thread) = self.thread.take() else { return };
        let start = Instant::now();
        while !thread.is_finished() && start.elapsed() < LAST_WORDS {
            thread::sleep(HELPING);
        }
        self.wake(Wake::Kill);
        thread.join().ok();
        self.wakes = None;
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.finish(Wake::Stop);
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// This program, also after an upgrade has put another file in its place.
#[cfg(unix)]
fn program() -> PathBuf {
    let running = || std::env::current_exe().unwrap_or_default();
    if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { running() }
}

#[cfg(unix)]
fn supervise(plan: &Plan, wakes: Wakes, sender: &Sender<Message>) {
    let teller = Arc::new(Teller::new(sender));
    let hands_on = {
        let teller = Arc::clone(&teller);
        thread::spawn(move || teller.hand_on())
    };
    let options = Options { program: program(), grace: GRACE, lends_terminal: false };
    let watcher = Arc::clone(&teller) as Arc<dyn Watcher>;
    let result = crate::launch::supervise::run(plan, &options, watcher, wakes);
    teller.is_over.store(true, Ordering::SeqCst);
    hands_on.join().ok();
    let result = result.map(Box::new).map_err(|error| error.to_string());
    // The studio may be gone already.
    sender.send(Message::Over(result)).ok();
}

#[cfg(not(unix))]
fn supervise(_plan: &Plan, _wakes: Wakes, sender: &Sender<Message>) {
    sender.send(Message::Over(Err("jobs can be run on Linux and macOS only".to_owned()))).ok();
}

/// Gathers what ranks say until it is handed on.
struct Teller {
    sender: Sender<Message>,
    waiting: Mutex<(VecDeque<Piece>, usize)>,
    is_over: AtomicBool,
}

impl Teller {
    fn new(sender: &Sender<Message>) -> Teller {
        Teller { sender: sender.clone(), waiting: Mutex::default(), is_over: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<Piece>, usize)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, piece: Piece) {
        let mut waiting = self.lock();
        if waiting.0.len() == WAITING {
            waiting.0.pop_front();
            waiting.1 += 1;
        }
        waiting.0.push_back(piece);
    }

    /// Hands on what was said, and how busy the machine is, until the job is over.
    fn hand_on(&self) {
        let (start, mut meter) = (Instant::now(), Meter::default());
        let mut next = start;
        loop {
            let is_last = self.is_over.load(Ordering::SeqCst);
            self.flush();
            if is_last {
                return;
            }
            if next <= Instant::now() {
                next = Instant::now() + PULSE;
                self.sender.send(Message::Pulse(start.elapsed(), meter.read())).ok();
            }
            thread::sleep(HELPING);
        }
    }

    fn flush(&self) {
        let (pieces, lost) = std::mem::take(&mut *self.lock());
        let mut pieces = Vec::from(pieces);
        if lost > 0
            && let Some(first) = pieces.first()
        {
            let text = format!("… {lost} lines came too fast to be shown; the log files have them …");
            pieces.insert(0, Piece { text, is_passing: false, ..first.clone() });
        }
        if !pieces.is_empty() {
            self.sender.send(Message::Said(pieces)).ok();
        }
    }
}

impl Watcher for Teller {
    fn lines(&self, index: usize, stream: Stream, lines: &[u8]) {
        for line in lines.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let is_passing = line.ends_with(b"\r");
            let text = String::from_utf8_lossy(&line[..line.len() - 1]).into_owned();
            if is_passing && text.is_empty() {
                continue;
            }
            self.push(Piece { index, is_error: stream == Stream::Err, is_passing, text });
        }
    }

    fn draft(&self, index: usize, stream: Stream, line: &[u8]) {
        let text = String::from_utf8_lossy(line).into_owned();
        self.push(Piece { index, is_error: stream == Stream::Err, is_passing: true, text });
    }

    fn step(&self, step: &Step) {
        // What was said before stands before.
        self.flush();
        if !matches!(step, Step::Finished(_)) {
            self.sender.send(Message::Step(step.clone())).ok();
        }
    }

    fn complain(&self, words: &str) {
        self.push(Piece {
            index: 0,
            is_error: true,
            is_passing: false,
            text: format!("accel-studio: {words}"),
        });
    }
}
