//! Real ranks: processes under a keeper, with their environment, pipes and files.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use signal_hook::consts::SIGKILL;

use super::child::{Child, End};
use super::logs::{self, Folder, Reader, SharedTail, Tail};
use super::{Options, Stream, Watcher, family, keeper};
use crate::launch::{Launcher, Plan, Process};

/// How long a pipe may stay open after its rank has gone: someone outside the job holds it.
const LAST_WORDS: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(2);
/// Beyond this a killed process hangs in the kernel.
const STUCK: Duration = Duration::from_secs(10);

/// A rank under its keeper.
pub struct Kept {
    keeper: std::process::Child,
    is_shared: bool,
}

impl Child for Kept {
    fn pid(&self) -> u32 {
        self.keeper.id()
    }

    fn signal(&mut self, signal: i32) {
        // The keeper has made itself the leader of a group, or is about to.
        if self.is_shared || !family::signal_group(self.keeper.id(), signal) {
            family::signal(self.keeper.id(), signal);
        }
    }

    fn kill(&mut self) {
        family::kill_below(self.keeper.id(), STUCK, || ());
        if !self.is_shared {
            family::signal_group(self.keeper.id(), SIGKILL);
        }
        family::signal(self.keeper.id(), SIGKILL);
    }

    fn poll(&mut self) -> Option<End> {
        match self.keeper.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => {
                keepers().remove(&self.keeper.id());
                let end = End::from(status);
                if !self.is_shared && matches!(end, End::Signal(_)) {
                    // Whoever ended the keeper alone has left its group behind.
                    family::signal_group(self.keeper.id(), SIGKILL);
                }
                Some(end)
            }
            // Nobody but us collects our children; if somebody did, it is gone all the same.
            Err(_) => Some(End::Code(1)),
        }
    }
}

/// Starts the ranks of a plan and listens to them.
pub struct Starter<'a> {
    plan: &'a Plan,
    options: &'a Options,
    folder: &'a Folder,
    watcher: Arc<dyn Watcher>,
    readers: Vec<(usize, JoinHandle<()>)>,
    /// The last words of each process.
    pub tails: Vec<SharedTail>,
}

impl<'a> Starter<'a> {
    /// Nothing is started yet.
    pub fn new(
        plan: &'a Plan,
        options: &'a Options,
        folder: &'a Folder,
        watcher: Arc<dyn Watcher>,
    ) -> Starter<'a> {
        let tails = plan.processes.iter().map(|_| Arc::new(Mutex::new(Tail::default()))).collect();
        Starter { plan, options, folder, watcher, readers: Vec::new(), tails }
    }

    /// Starts one of the plan's processes.
    pub fn start(&mut self, index: usize, attempt: u32) -> io::Result<Kept> {
        let process = &self.plan.processes[index];
        let mut command = self.command(process, attempt)?;
        if self.options.lends_terminal {
            return Ok(Kept { keeper: spawn(&mut command)?, is_shared: true });
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // The files are there before the rank is, so that a folder that cannot be written starts nothing.
        let files = self.files(process, attempt)?;
        let mut keeper = spawn(&mut command)?;
        let [out_file, err_file] = files;
        if let Some(out) = keeper.stdout.take() {
            let reader = self.reader(index, Stream::Out, out_file);
            self.readers.push((index, reader.start(out)));
        }
        if let Some(err) = keeper.stderr.take() {
            let reader = self.reader(index, Stream::Err, err_file);
            self.readers.push((index, reader.start(err)));
        }
        Ok(Kept { keeper, is_shared: false })
    }

    fn command(&self, process: &Process, attempt: u32) -> io::Result<Command> {
        let mode = if self.options.lends_terminal { keeper::SHARED } else { keeper::OWN };
        let mut command = Command::new(&self.options.program);
        command.arg0(env!("CARGO_PKG_NAME"));
        command.arg(keeper::KEEP).arg(mode).arg(std::process::id().to_string()).args(&process.argv);
        for name in &self.plan.removed_env {
            command.env_remove(name);
        }
        command.envs(self.plan.env_of(process));
        if self.starts_a_group() {
            let error_file = self.folder.of_rank(process, attempt)?.join("error.json");
            command.env("TORCHELASTIC_RESTART_COUNT", attempt.to_string());
            command.env("TORCHELASTIC_ERROR_FILE", error_file);
            // torch.distributed's agent holds the store of a group. There is no such agent here, so that
            // rank 0 holds it (torch 2.11, `distributed/rendezvous.py`).
            command.env("TORCHELASTIC_USE_AGENT_STORE", "False");
        }
        if !self.options.lends_terminal && std::env::var_os("PYTHONUNBUFFERED").is_none() {
            // Python holds back what it writes to a pipe; what a killed rank has said would be lost.
            command.env("PYTHONUNBUFFERED", "1");
        }
        if let Some(folder) = &self.plan.cwd {
            command.current_dir(folder);
        }
        Ok(command)
    }

    fn starts_a_group(&self) -> bool {
        matches!(self.plan.launcher, Launcher::MultiGpu | Launcher::DeepSpeed)
    }

    fn files(&self, process: &Process, attempt: u32) -> io::Result<[Option<(PathBuf, File)>; 2]> {
        let copied = logs::copied(self.plan, process);
        let file = |is_wanted: bool, name: &str| -> io::Result<Option<(PathBuf, File)>> {
            if !is_wanted {
                return Ok(None);
            }
            let path = self.folder.of_rank(process, attempt)?.join(name);
            let file = File::create(&path)?;
            Ok(Some((path, file)))
        };
        Ok([file(copied.is_out, "stdout.log")?, file(copied.is_err, "stderr.log")?])
    }

    fn reader(&self, index: usize, stream: Stream, file: Option<(PathBuf, File)>) -> Reader {
        let tail = Arc::clone(&self.tails[index]);
        Reader { index, stream, file, tail, watcher: Arc::clone(&self.watcher) }
    }

    /// Waits until the pipes of an ended rank are read to their end.
    pub fn hear_out(&mut self, index: usize) {
        let deadline = Instant::now() + LAST_WORDS;
        let is_open = |(of, reader): &(usize, JoinHandle<()>)| *of == index && !reader.is_finished();
        while self.readers.iter().any(is_open) && Instant::now() < deadline {
            thread::sleep(GLANCE);
        }
        self.readers.retain(|(_, reader)| !reader.is_finished());
    }

    /// Between two attempts: what the first one said last is no longer of interest.
    pub fn rest(&mut self) {
        for tail in &self.tails {
            *tail.lock().unwrap_or_else(PoisonError::into_inner) = Tail::default();
        }
    }

    /// After the last rank has gone.
    pub fn finish(&mut self) {
        collect_orphans();
    }

    /// What a failed rank wrote for its launcher.
    pub fn error_file(&self, index: usize, attempt: u32) -> Option<String> {
        let process = self.plan.processes.get(index)?;
        let path = self.folder.of_rank(process, attempt).ok()?.join("error.json");
        fs::read_to_string(path).ok().filter(|text| !text.trim().is_empty())
    }
}

/// Makes this process the heir of orphans below it: whoever kills a keeper alone hands us its rank.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
}

/// The keepers of this process that are not collected yet.
static KEEPERS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn keepers() -> MutexGuard<'static, BTreeSet<u32>> {
    KEEPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a keeper and writes it down, so that nobody takes it for an orphan.
fn spawn(command: &mut Command) -> io::Result<std::process::Child> {
    let mut keepers = keepers();
    let keeper = command.spawn()?;
    keepers.insert(keeper.id());
    Ok(keeper)
}

/// Ends and collects adopted orphans, whose keepers somebody has killed. Children in our own session are
/// somebody else's business, such as an editor's.
fn collect_orphans() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, WaitOptions, waitpid};
        let begin = Instant::now();
        while begin.elapsed() < STUCK {
            let known = keepers();
            let strangers: Vec<Pid> = family::children_in_other_sessions(std::process::id())
                .into_iter()
                .filter(|pid| !known.contains(pid))
                .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
                .collect();
            drop(known);
            if strangers.is_empty() {
                break;
            }
            for id in strangers {
                // Its own children become ours when it goes, and are met in the next round.
                family::signal(id.as_raw_nonzero().get().unsigned_abs(), SIGKILL);
                waitpid(Some(id), WaitOptions::NOHANG).ok();
            }
            thread::sleep(GLANCE);
        }
    }
}

/// How many processes the kernel has ended for want of memory: in this container where its counter can
/// be read, else on this machine. Only differences mean something.
pub fn out_of_memory_kills() -> u64 {
    let container = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];
    let machine = ["/proc/vmstat"];
    container.iter().chain(&machine).find_map(|path| oom_kill(&fs::read_to_string(path).ok()?)).unwrap_or(0)
}

fn oom_kill(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_tell_whom_they_ended() {
        assert_eq!(oom_kill("low 0\noom 1\noom_kill 3\noom_group_kill 0\n"), Some(3));
        assert_eq!(oom_kill("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), Some(2));
        assert_eq!(oom_kill("nr_free_pages 1\n"), None);
    }
}
