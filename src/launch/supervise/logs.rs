//! What the ranks say: read as it comes, cut into whole lines, copied to files byte for byte, and the
//! last of it remembered. Memory stays bounded however much is said. Who shows the lines is not known.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Stream, Watcher};
use crate::launch::{Plan, Process, Streams, Tee};

/// What a rank's last words may take up, in bytes.
pub const TAIL: usize = 64 * 1024;
/// The longest line that is kept in one piece, in bytes.
const LONGEST: usize = 1024 * 1024;
/// What is read at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// After so long without news, a line that has no end yet is shown as it stands.
const IDLE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// The last that a rank said, both streams in the order in which they came.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<u8>);

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL)..];
        let over = (self.0.len() + bytes.len()).saturating_sub(TAIL);
        self.0.drain(..over);
        self.0.extend(bytes);
    }

    /// As text; where the beginning is cut off, it begins with a whole line.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().copied().collect();
        let is_cut = bytes.len() >= TAIL;
        let start = bytes.iter().position(|byte| *byte == b'\n').filter(|_| is_cut).map_or(0, |at| at + 1);
        String::from_utf8_lossy(&bytes[start..]).into_owned()
    }
}

/// A tail that readers and the supervisor share.
pub type SharedTail = Arc<Mutex<Tail>>;

/// What a tail says now.
pub fn text(tail: &SharedTail) -> String {
    tail.lock().unwrap_or_else(PoisonError::into_inner).text()
}

/// Cuts bytes into whole lines. A line ends with `\n` or, as progress bars write them, with `\r`.
#[derive(Debug, Default)]
pub struct Cutter {
    rest: Vec<u8>,
}

impl Cutter {
    /// The whole lines that these bytes complete, their ends included.
    pub fn cut(&mut self, bytes: &[u8]) -> Vec<u8> {
        let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        let mut whole = Vec::new();
        if end > 0 {
            whole = std::mem::take(&mut self.rest);
            whole.extend_from_slice(&bytes[..end]);
        }
        self.rest.extend_from_slice(&bytes[end..]);
        if self.rest.len() >= LONGEST {
            // The piece that is shown gets an end, so that nobody else's words run into it.
            whole.append(&mut self.rest);
            whole.push(b'\n');
        }
        whole
    }

    /// A line that has no end yet.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// The last line of a stream that has ended.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut last = std::mem::take(&mut self.rest);
        if !last.is_empty() {
            last.push(b'\n');
        }
        last
    }
}

/// Reads a stream to its end in a thread of its own.
pub struct Reader {
    /// Which of the plan's processes speaks.
    pub index: usize,
    /// Through which stream.
    pub stream: Stream,
    /// Where its words are copied to.
    pub file: Option<(PathBuf, File)>,
    /// Where its last words are remembered.
    pub tail: SharedTail,
    /// Who is told.
    pub watcher: Arc<dyn Watcher>,
}

impl Reader {
    /// Begins to read.
    pub fn start(mut self, source: impl Read + AsFd + Send + 'static) -> JoinHandle<()> {
        thread::spawn(move || self.read(source))
    }

    fn read(&mut self, mut source: impl Read + AsFd) {
        let mut cutter = Cutter::default();
        let mut chunk = vec![0; CHUNK];
        let mut is_shown = true;
        loop {
            if !is_shown && is_idle(&source) {
                self.watcher.draft(self.index, self.stream, cutter.rest());
                is_shown = true;
            }
            let count = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let bytes = &chunk[..count];
            self.copy(bytes);
            self.tail.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
            let lines = cutter.cut(bytes);
            if !lines.is_empty() {
                self.watcher.lines(self.index, self.stream, &lines);
            }
            is_shown = cutter.rest().is_empty();
        }
        let last = cutter.finish();
        if !last.is_empty() {
            self.watcher.lines(self.index, self.stream, &last);
        }
    }

    /// A full disk ends the file, not the job.
    fn copy(&mut self, bytes: &[u8]) {
        let Some((path, file)) = &mut self.file else { return };
        if let Err(error) = file.write_all(bytes) {
            self.watcher.complain(&format!(
                "{} cannot be written: {error}; the rest of what process {} says is not in it",
                path.display(),
                self.index
            ));
            self.file = None;
        }
    }
}

/// True when nothing comes for a moment.
fn is_idle(source: &impl AsFd) -> bool {
    let mut wish = [PollFd::new(source, PollFlags::IN)];
    poll(&mut wish, Some(&IDLE)) == Ok(0)
}

/// Where a job writes its logs: `DIR/none_RANDOM/attempt_N/LOCAL_RANK/{stdout,stderr}.log`, as
/// torch.distributed's launcher has it (torch 2.11, `DefaultLogsSpecs`).
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Removed with what lies in it, where nobody asked for logs.
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    /// Makes the folder that the plan asks for, and a passing one for error files where it asks for none.
    pub fn of(plan: &Plan) -> io::Result<Folder> {
        let builder = |prefix: &'static str| {
            let mut builder = tempfile::Builder::new();
            builder.prefix(prefix);
            builder
        };
        match (&plan.log_dir, &plan.tee) {
            (Some(base), _) => {
                fs::create_dir_all(base)?;
                Ok(Folder { path: builder("none_").tempdir_in(base)?.keep(), _temporary: None })
            }
            (None, Tee::Unsaid) => {
                let folder = builder("accel-studio-job-").tempdir()?;
                Ok(Folder { path: folder.path().to_owned(), _temporary: Some(folder) })
            }
            (None, _) => Ok(Folder { path: builder("torchelastic_").tempdir()?.keep(), _temporary: None }),
        }
    }

    /// The folder, where it stays after the job.
    pub fn kept(&self) -> Option<&Path> {
        self._temporary.is_none().then_some(self.path.as_path())
    }

    /// The folder of one rank in one attempt.
    pub fn of_rank(&self, process: &Process, attempt: u32) -> io::Result<PathBuf> {
        let folder = self.path.join(format!("attempt_{attempt}")).join(process.local_rank.to_string());
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

/// Which streams of a process go to files.
pub fn copied(plan: &Plan, process: &Process) -> Streams {
    match &plan.tee {
        Tee::Unsaid => Streams { is_out: plan.log_dir.is_some(), is_err: plan.log_dir.is_some() },
        Tee::All(streams) => *streams,
        Tee::Ranks(ranks) => ranks.get(&process.local_rank).copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole_however_they_come() {
        let text = "one\ntwo\r 3%\r\nthree äö\n\nlast";
        for size in 1..text.len() {
            let mut cutter = Cutter::default();
            let mut pieces: Vec<Vec<u8>> =
                text.as_bytes().chunks(size).map(|bytes| cutter.cut(bytes)).collect();
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.is_empty() || piece.ends_with(b"\n") || piece.ends_with(b"\r"))
            );
            assert_eq!(cutter.rest(), b"last");
            pieces.push(cutter.finish());
            assert_eq!(String::from_utf8(pieces.concat()).expect("UTF-8"), format!("{text}\n"));
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut cutter = Cutter::default();
        let mut shown = 0;
        for _ in 0..100 {
            shown += cutter.cut(&[b'x'; CHUNK]).iter().filter(|byte| **byte == b'x').count();
            assert!(cutter.rest().len() < LONGEST);
        }
        assert_eq!(shown + cutter.rest().len(), 100 * CHUNK, "and nothing is lost");
    }

    #[test]
    fn a_tail_is_the_end_of_what_was_said() {
        let mut tail = Tail::default();
        tail.push(b"short\n");
        assert_eq!(tail.text(), "short\n");
        for number in 0..20_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        let text = tail.text();
        assert!(text.len() <= TAIL && text.len() > TAIL - 20);
        assert!(text.starts_with("line ") && text.ends_with("line 19999\n"));
        tail.push(&vec![b'y'; 3 * TAIL]);
        assert_eq!(tail.0.len(), TAIL);
    }
}
