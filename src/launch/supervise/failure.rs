//! Why a rank failed, read from its end and its last words: the traceback, a known cause, what to do.
//!
//! Pure: it is handed texts and counters. Every known cause is one row.

use serde_json::Value;

use super::child::{End, number};

/// What is known of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// A known cause: a sentence, and what to do.
    pub cause: Option<(&'static str, &'static str)>,
    /// The last words that matter, by line: the traceback where there is one.
    pub words: Vec<String>,
    /// True when `words` is a traceback of Python.
    pub is_traceback: bool,
}

/// A cause that shows itself in what a rank says last.
struct Sign {
    /// Any of these must be there.
    words: &'static [&'static str],
    says: &'static str,
    advice: &'static str,
}

/// The first that fits counts: from the special to the general.
const SIGNS: &[Sign] = &[
    Sign {
        words: &[
            "OutOfMemoryError: CUDA",
            "CUDA out of memory",
            "HIP out of memory",
            "CUBLAS_STATUS_ALLOC_FAILED",
        ],
        says: "the GPU had no memory left",
        advice: "use a smaller batch, gradient checkpointing, or shard with FSDP or ZeRO; other programs on the GPU count too",
    },
    Sign {
        words: &["collective operation timeout", "Timed out waiting for collective"],
        says: "a collective operation waited in vain for another rank (NCCL timeout)",
        advice: "look at the other ranks: one of them hangs, has failed, or does something else at this point",
    },
    Sign {
        words: &["Duplicate GPU detected"],
        says: "two ranks use the same GPU",
        advice: "start as many processes as there are GPUs (`num_processes`), and check `gpu_ids`",
    },
    Sign {
        words: &["invalid device ordinal"],
        says: "a rank was sent to a GPU that does not exist",
        advice: "start no more processes than there are GPUs (`num_processes`), and check `gpu_ids`",
    },
    Sign {
        words: &["EADDRINUSE", "ddress already in use"],
        says: "the port of the group is taken by another program",
        advice: "set `main_process_port` to another number, or to 0 for any free one",
    },
    Sign {
        words: &["No CUDA GPUs are available", "Found no NVIDIA driver"],
        says: "the script wants a GPU and sees none",
        advice: "check `CUDA_VISIBLE_DEVICES` and the driver, or set `use_cpu: true`",
    },
    Sign {
        words: &["NCCL error", "ncclInternalError", "ncclSystemError", "ncclUnhandledCudaError"],
        says: "NCCL could not connect or lost the GPUs of this group",
        advice: "start it again with the variable NCCL_DEBUG=INFO and read the first warning",
    },
    Sign {
        words: &["unable to open shared memory", "No space left on device: '/dev/shm", "Bus error"],
        says: "the shared memory of this machine or container is full",
        advice: "give the container more (`--shm-size`), or use fewer workers in the data loader",
    },
    Sign {
        words: &["No space left on device"],
        says: "the disk is full",
        advice: "free some space where the script writes",
    },
    Sign {
        words: &["Accelerator.__init__() got an unexpected keyword argument"],
        says: "the script gives `Accelerator` a keyword that it does not have",
        advice: "write `mixed_precision='fp16'` for `fp16=True`, `cpu=True` for `use_cpu=True`, `project_dir` for `logging_dir`; how many processes there are is said to the launcher (`num_processes`)",
    },
    Sign {
        words: &["Unknown mixed_precision mode"],
        says: "the script asks `Accelerator` for a precision that it does not know",
        advice: "write `'no'` for full precision, or `'fp16'`, `'bf16'` or `'fp8'`, in lower case",
    },
    Sign {
        words: &["ModuleNotFoundError", "ImportError"],
        says: "a Python package is missing or does not fit",
        advice: "install it in the environment of the interpreter that the plan shows (`--dry-run`)",
    },
];

const HOST_MEMORY: (&str, &str) = (
    "the kernel ended it because the machine had no memory left",
    "use fewer workers in the data loader, a smaller batch, or less offloading to the CPU",
);
const PERHAPS_MEMORY: (&str, &str) = (
    "something ended it by SIGKILL; most often that is the kernel for want of memory, or a batch system",
    "look at `dmesg` and at the limits of the container or the batch job",
);
const CRASH: (&str, &str) = (
    "it crashed outside of Python",
    "set the variable PYTHONFAULTHANDLER=1 to see where, and check that torch and CUDA fit together",
);

/// SIGILL, SIGABRT, SIGFPE, SIGSEGV, and SIGBUS, which is 7 on Linux.
const CRASHES: [i32; 5] = [4, 6, 7, 8, 11];

/// The longest excerpt that is shown, in lines.
const LINES: usize = 60;
const TRACEBACK: &str = "Traceback (most recent call last):";

/// Looks at how a rank ended, what it said last, what it wrote for its launcher, and how many processes
/// the kernel ended for want of memory meanwhile.
pub fn diagnose(end: End, tail: &str, error_file: Option<&str>, memory_kills: u64) -> Diagnosis {
    let (words, is_traceback) = excerpt(tail, error_file);
    let cause = cause(end, &words.join("\n"), tail, memory_kills);
    // What Python told explains more than a signal on the way out.
    let cause = cause.filter(|cause| !(is_traceback && *cause == CRASH));
    Diagnosis { cause, words, is_traceback }
}

fn cause(end: End, words: &str, tail: &str, memory_kills: u64) -> Option<(&'static str, &'static str)> {
    if end == End::Signal(number::KILL) && memory_kills > 0 {
        return Some(HOST_MEMORY);
    }
    let fits = |text: &str| SIGNS.iter().find(|sign| sign.words.iter().any(|word| text.contains(word)));
    // NCCL's watchdog speaks before the crash it causes, not in the traceback.
    if let Some(sign) = fits(words).or_else(|| fits(tail)) {
        return Some((sign.says, sign.advice));
    }
    match end {
        End::Signal(number::KILL) => Some(PERHAPS_MEMORY),
        End::Signal(signal) if CRASHES.contains(&signal) => Some(CRASH),
        _ => None,
    }
}

/// The last traceback with all that belongs to it, else the last lines.
fn excerpt(tail: &str, error_file: Option<&str>) -> (Vec<String>, bool) {
    let lines: Vec<&str> = tail.lines().map(settled).collect();
    if let Some(start) = traceback(&lines) {
        let own: Vec<&str> = lines[start..].iter().map(|line| unlabelled(line)).collect();
        return (shortened(&own), true);
    }
    if let Some(words) = error_file.and_then(written) {
        return (shortened(&words.lines().collect::<Vec<_>>()), true);
    }
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    (lines[end.saturating_sub(LINES / 3)..end].iter().map(|line| (*line).to_owned()).collect(), false)
}

/// What a progress bar leaves on the screen: the last thing written over the line.
fn settled(line: &str) -> &str {
    line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default()
}

/// A line of a traceback without what a progress bar left before it, and without the rank that torch
/// writes in front (`[rank1]: `, torch 2.11): who failed is told anyway.
fn unlabelled(line: &str) -> &str {
    let line = line.find(TRACEBACK).map_or(line, |at| &line[at..]);
    let own = line.strip_prefix("[rank").and_then(|rest| rest.split_once("]:"));
    match own {
        Some((rank, rest)) if rank.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.strip_prefix(' ').unwrap_or(rest)
        }
        _ => line,
    }
}

/// Where the last traceback begins; the ones that it arose from, or while handling, belong to it.
fn traceback(lines: &[&str]) -> Option<usize> {
    let mut start = lines.iter().rposition(|line| line.contains(TRACEBACK))?;
    let links = ["During handling of the above exception", "The above exception was the direct cause"];
    while let Some(before) = lines[..start].iter().rposition(|line| line.contains(TRACEBACK)) {
        let is_linked = lines[before..start].iter().any(|line| links.iter().any(|link| line.contains(link)));
        if !is_linked {
            break;
        }
        start = before;
    }
    Some(start)
}

/// Both ends of a long excerpt; the end says what went wrong.
fn shortened(lines: &[&str]) -> Vec<String> {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    let lines = &lines[..end];
    if lines.len() <= LINES {
        return lines.iter().map(|line| (*line).to_owned()).collect();
    }
    let (head, tail) = (LINES / 4, LINES - LINES / 4);
    let left_out = format!("… {} lines left out …", lines.len() - head - tail);
    let ends = lines[..head].iter().map(|line| (*line).to_owned());
    ends.chain([left_out]).chain(lines[lines.len() - tail..].iter().map(|line| (*line).to_owned())).collect()
}

/// The call stack that torch.distributed's `record` writes (torch 2.11, `errors/error_handler.py`).
fn written(error_file: &str) -> Option<String> {
    let file: Value = serde_json::from_str(error_file).ok()?;
    let message = file.get("message")?;
    let stack = message.pointer("/extraInfo/py_callstack").or_else(|| message.get("message"));
    stack.unwrap_or(message).as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "step 1\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    1/0\nZeroDivisionError: division by zero\n";

    fn says(end: End, tail: &str, kills: u64) -> Option<&'static str> {
        diagnose(end, tail, None, kills).cause.map(|(says, _)| says)
    }

    #[test]
    fn a_traceback_is_found_whole() {
        let found = diagnose(End::Code(1), SCRIPT, None, 0);
        assert!(found.is_traceback && found.cause.is_none());
        assert_eq!(found.words.first().map(String::as_str), Some(TRACEBACK));
        assert_eq!(found.words.last().map(String::as_str), Some("ZeroDivisionError: division by zero"));

        let chain = format!(
            "{SCRIPT}\nDuring handling of the above exception, another exception occurred:\n\n{SCRIPT}"
        );
        assert_eq!(
            diagnose(End::Code(1), &chain, None, 0).words.iter().filter(|line| *line == TRACEBACK).count(),
            2
        );
        let two = format!("{SCRIPT}unrelated\n{SCRIPT}");
        assert_eq!(diagnose(End::Code(1), &two, None, 0).words.len(), 4);
    }

    #[test]
    fn labels_and_bars_before_a_traceback_are_left_out() {
        let tail = "\r 20%|##  | 6/30 [00:01]\r[rank1]: Traceback (most recent call last):\n[rank1]:   File \"a.py\"\n[rank1]: ValueError: [rank] x\n";
        assert_eq!(
            diagnose(End::Code(1), tail, None, 0).words,
            [TRACEBACK, "  File \"a.py\"", "ValueError: [rank] x"]
        );
        let glued = " 20%|##  | 6/30 [00:01][rank12]: Traceback (most recent call last):\n[rankless]: x\n";
        assert_eq!(diagnose(End::Code(1), glued, None, 0).words, [TRACEBACK, "[rankless]: x"]);
    }

    #[test]
    fn without_a_traceback_the_last_lines_count() {
        let tail: String = (0..500).map(|line| format!("line {line}\n")).collect();
        let found = diagnose(End::Code(2), &tail, None, 0);
        assert_eq!((found.words.len(), found.is_traceback), (20, false));
        assert_eq!(found.words[19], "line 499");
        assert!(diagnose(End::Code(2), "", None, 0).words.is_empty());
        assert_eq!(diagnose(End::Code(2), "1%\r 2%\rend\n", None, 0).words, ["end"]);
    }

    #[test]
    fn a_launchers_error_file_helps_where_nothing_was_said() {
        let file = r#"{"message": {"message": "short", "extraInfo": {"py_callstack": "Traceback…\nValueError: x"}}}"#;
        assert_eq!(diagnose(End::Code(1), "", Some(file), 0).words, ["Traceback…", "ValueError: x"]);
        assert_eq!(diagnose(End::Code(1), "said\n", Some("no json"), 0).words, ["said"]);
    }

    #[test]
    fn known_causes_are_recognised() {
        let oom = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB.";
        assert!(says(End::Code(1), oom, 0).is_some_and(|says| says.contains("GPU had no memory")));
        let nccl = "[rank1]:[E] [PG ID 0 Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3)\nTraceback (most recent call last):\nRuntimeError: x\n";
        assert!(says(End::Signal(6), nccl, 0).is_some_and(|says| says.contains("NCCL timeout")));
        assert_eq!(says(End::Signal(9), "", 1), Some(HOST_MEMORY.0));
        assert_eq!(says(End::Signal(9), "", 0), Some(PERHAPS_MEMORY.0));
        assert_eq!(says(End::Signal(11), "", 0), Some(CRASH.0));
        assert_eq!(says(End::Code(1), "ValueError: bad\n", 0), None);
        let port = "RuntimeError: The server socket has failed to listen (errno: 98, EADDRINUSE)";
        assert!(says(End::Code(1), port, 0).is_some_and(|says| says.contains("port")));
    }

    #[test]
    fn long_tracebacks_keep_both_ends() {
        let frames: String = (0..500).map(|frame| format!("  File {frame}\n")).collect();
        let found = diagnose(End::Code(1), &format!("{TRACEBACK}\n{frames}RecursionError: deep\n"), None, 0);
        assert_eq!(found.words.len(), LINES + 1);
        assert_eq!(found.words[0], TRACEBACK);
        assert_eq!(found.words[LINES], "RecursionError: deep");
    }
}
