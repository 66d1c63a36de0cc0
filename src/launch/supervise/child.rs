//! One rank as the job sees it: something that takes signals and ends. [`super::job`] knows no more.

/// Numbers of signals that are the same on every Unix.
pub mod number {
    /// The terminal has gone.
    pub const HANGUP: i32 = 1;
    /// Ctrl-C.
    pub const INTERRUPT: i32 = 2;
    /// Ctrl-\\.
    pub const QUIT: i32 = 3;
    /// Nobody can refuse it.
    pub const KILL: i32 = 9;
    /// The polite one.
    pub const TERMINATE: i32 = 15;
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It left with this code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
}

/// A started rank.
pub trait Child {
    /// Its process id.
    fn pid(&self) -> u32;

    /// Sends a signal to it and to the processes that it started.
    fn signal(&mut self, signal: i32);

    /// Ends it and all that it started, at once.
    fn kill(&mut self);

    /// How it ended, once it and all that it started are gone.
    fn poll(&mut self) -> Option<End>;
}

impl End {
    /// True for exit code 0.
    pub fn is_success(self) -> bool {
        self == End::Code(0)
    }

    /// The exit code that shells give to such an end: 128 and the number for a signal.
    pub fn code(self) -> u8 {
        match self {
            End::Code(code) => u8::try_from(code & 0xff).unwrap_or(1),
            End::Signal(signal) => u8::try_from(128_i32.saturating_add(signal)).unwrap_or(u8::MAX),
        }
    }

    /// `exit code 1`, `signal 9 (SIGKILL)`.
    pub fn says(self) -> String {
        match self {
            End::Code(code) => format!("exit code {code}"),
            End::Signal(signal) => match signal_hook::low_level::signal_name(signal) {
                Some(name) => format!("signal {signal} ({name})"),
                None => format!("signal {signal}"),
            },
        }
    }
}

#[cfg(unix)]
impl From<std::process::ExitStatus> for End {
    fn from(status: std::process::ExitStatus) -> End {
        use std::os::unix::process::ExitStatusExt as _;
        match (status.code(), status.signal()) {
            (Some(code), _) => End::Code(code),
            (None, Some(signal)) => End::Signal(signal),
            (None, None) => End::Code(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_has_a_shells_code_and_a_name() {
        assert_eq!(End::Code(3).code(), 3);
        assert_eq!(End::Signal(9).code(), 137);
        assert_eq!(End::Signal(64).code(), 192);
        assert_eq!(End::Signal(9).says(), "signal 9 (SIGKILL)");
        assert_eq!(End::Signal(15).says(), "signal 15 (SIGTERM)");
        assert_eq!(End::Code(0).says(), "exit code 0");
        assert!(End::Code(0).is_success() && !End::Signal(15).is_success());
    }
}
