//! What libtorch says when it cannot do something, without its C++ backtrace.

use std::ffi::{CStr, CString, c_int};

use tch::TchError;
use thiserror::Error;

use super::ffi;

/// A refusal of libtorch: one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct TorchError(pub String);

/// What most functions over libtorch give.
pub type Result<T> = std::result::Result<T, TorchError>;

impl From<TchError> for TorchError {
    fn from(error: TchError) -> TorchError {
        TorchError::short(&error.to_string())
    }
}

impl TorchError {
    /// The first line of a text: what follows is a backtrace of libtorch's own code.
    pub fn short(text: &str) -> TorchError {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("libtorch gave no reason");
        TorchError(first.trim().trim_start_matches("Internal torch error: ").to_owned())
    }

    /// The text of the last failure on this thread.
    pub(crate) fn last() -> TorchError {
        // SAFETY: the shim's text is NUL-terminated and lives until the next call on this thread; it is copied here.
        let text = unsafe { CStr::from_ptr(ffi::as_error()) };
        TorchError::short(&text.to_string_lossy())
    }
}

/// Keeps libtorch from writing warnings with C++ backtraces to standard error: what matters of them is in our errors.
/// `TORCH_CPP_LOG_LEVEL` still asks for more. Must come before other threads are started.
pub fn keep_quiet() {
    // SAFETY: it sets a variable while this is the only thread, and a level of libtorch.
    unsafe { ffi::as_keep_quiet() }
}

/// A shim function's 1 or 0.
pub(crate) fn check(done: c_int) -> Result<()> {
    if done == 0 { Err(TorchError::last()) } else { Ok(()) }
}

/// Leaves a text for the C++ side to throw.
pub(crate) fn leave(error: &str) {
    let text = CString::new(error.replace('\0', " ")).unwrap_or_default();
    // SAFETY: the shim copies the text.
    unsafe { ffi::as_set_error(text.as_ptr()) }
}
