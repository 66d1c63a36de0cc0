//! Starts the real worker as several ranks, as a launcher would, and sees how each of them ends.
//!
//! Every rank is this test's child: whatever happens, none outlives it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// No test waits longer for a rank; it is killed then, and the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is started.
pub struct Launch {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    world: usize,
    missing: Vec<usize>,
}

impl Launch {
    /// The worker with these arguments, once per rank.
    pub fn new(world: usize, arguments: &[&str]) -> Launch {
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        Launch { arguments, variables: Vec::new(), world, missing: Vec::new() }
    }

    /// With one more variable in every rank's environment.
    pub fn with(mut self, name: &str, value: &str) -> Launch {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// This rank is counted, but never started.
    pub fn without(mut self, rank: usize) -> Launch {
        self.missing.push(rank);
        self
    }

    /// Starts all ranks.
    pub fn start(self) -> Ranks {
        let port = free_port();
        let started = (0..self.world).filter(|rank| !self.missing.contains(rank));
        Ranks(started.map(|rank| Rank::start(rank, self.command(rank, port))).collect())
    }

    /// Starts all ranks and waits for their end.
    pub fn run(self) -> Vec<Ended> {
        self.start().wait()
    }

    fn command(&self, rank: usize, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accel-studio-worker"));
        command.args(&self.arguments).env("OMP_NUM_THREADS", "1").env("RUST_BACKTRACE", "0");
        if self.world > 1 {
            let numbers = [
                ("RANK", rank),
                ("LOCAL_RANK", rank),
                ("WORLD_SIZE", self.world),
                ("LOCAL_WORLD_SIZE", self.world),
            ];
            command.envs(numbers.map(|(name, number)| (name, number.to_string())));
            command.env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", port.to_string());
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Below the range from which systems hand out ports by themselves (Linux: 32768), each tried before.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 600).expect("it is below 600") * 20;
    (0..1000)
        .map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed) % 700)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of so many ports is free")
}

/// Ranks that run.
pub struct Ranks(Vec<Rank>);

impl Ranks {
    /// Ends a rank as the kernel does when memory runs out.
    pub fn kill(&self, rank: usize) {
        self.signal(rank, Signal::KILL);
    }

    /// Stops a rank: it hangs, and nothing of it is closed.
    pub fn stop(&self, rank: usize) {
        self.signal(rank, Signal::STOP);
    }

    /// Asks a rank to end.
    pub fn terminate(&self, rank: usize) {
        self.signal(rank, Signal::TERM);
    }

    fn signal(&self, rank: usize, signal: Signal) {
        let pid = Pid::from_child(&self.rank(rank).child);
        kill_process(pid, signal).expect("it is our child");
    }

    fn rank(&self, number: usize) -> &Rank {
        self.0.iter().find(|rank| rank.number == number).expect("it was started")
    }

    /// Waits until a rank has written this to its standard output.
    pub fn wait_for(&self, rank: usize, words: &str) {
        assert!(self.rank(rank).out.wait_for(words), "rank {rank} never said {words:?}");
    }

    /// Waits until all have ended, and says how; a rank that hangs for good is killed and has no code.
    pub fn wait(mut self) -> Vec<Ended> {
        let deadline = Instant::now() + PATIENCE;
        self.0.iter_mut().map(|rank| rank.end(deadline)).collect()
    }

    /// The same for some of them; the others are killed.
    pub fn wait_of(mut self, ranks: &[usize]) -> Vec<Ended> {
        let deadline = Instant::now() + PATIENCE;
        self.0.iter_mut().filter(|rank| ranks.contains(&rank.number)).map(|rank| rank.end(deadline)).collect()
    }
}

/// How a rank ended.
#[derive(Debug)]
pub struct Ended {
    /// Which.
    pub rank: usize,
    /// Its exit code; none after a signal.
    pub code: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Ended {
    /// Fails the test, with all that the rank said, unless it ended well.
    pub fn expect_success(&self) -> &Ended {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

struct Rank {
    number: usize,
    child: Child,
    out: Arc<Heard>,
    readers: Vec<JoinHandle<String>>,
}

impl Rank {
    fn start(number: usize, mut command: Command) -> Rank {
        let mut child = command.spawn().expect("the worker starts");
        let (out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let heard = Arc::new(Heard::default());
        let listener = Arc::clone(&heard);
        let readers = vec![
            std::thread::spawn(move || listener.listen(out)),
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                err.read_to_end(&mut bytes).ok();
                String::from_utf8_lossy(&bytes).into_owned()
            }),
        ];
        Rank { number, child, out: heard, readers }
    }

    fn end(&mut self, deadline: Instant) -> Ended {
        let status = loop {
            match self.child.try_wait().expect("it is our child") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    self.child.kill().ok();
                    break self.child.wait().expect("it is our child");
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut texts = self.readers.drain(..).map(|reader| reader.join().expect("readers do not panic"));
        let (stdout, stderr) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        Ended { rank: self.number, code: status.code(), stdout, stderr }
    }
}

impl Drop for Rank {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a rank has written so far, and whether more can come.
#[derive(Default)]
struct Heard {
    state: Mutex<(String, bool)>,
    news: Condvar,
}

impl Heard {
    fn listen(&self, stream: impl Read) -> String {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut state = self.state.lock().expect("no reader panics");
            state.0.push_str(&line);
            state.0.push('\n');
            self.news.notify_all();
        }
        let mut state = self.state.lock().expect("no reader panics");
        state.1 = true;
        self.news.notify_all();
        state.0.clone()
    }

    fn wait_for(&self, words: &str) -> bool {
        let state = self.state.lock().expect("no reader panics");
        let is_open = |state: &mut (String, bool)| !state.0.contains(words) && !state.1;
        let (state, _) = self.news.wait_timeout_while(state, PATIENCE, is_open).expect("no reader panics");
        state.0.contains(words)
    }
}
