//! The meeting place: a key-value store that rank 0 serves over TCP, as torch.distributed has it.

use std::ffi::{CString, c_int, c_void};
use std::os::fd::RawFd;
use std::time::Duration;

use super::ffi;
use crate::torch::TorchError;
use crate::torch::error::check;

/// Where ranks leave words for each other.
#[derive(Debug)]
pub struct Store {
    pointer: *mut c_void,
    prefix: String,
}

// SAFETY: libtorch's TCPStore guards its connection with a lock of its own.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or number of rank 0's machine (`MASTER_ADDR`).
    pub host: String,
    /// Its port (`MASTER_PORT`).
    pub port: u16,
    /// Before every key: the attempts of a job that torchrun starts again share one store.
    pub prefix: String,
}

impl Store {
    /// Serves the store, on a socket that somebody has bound already where there is one.
    pub fn serve(address: &Address, timeout: Duration, socket: Option<RawFd>) -> Result<Store, TorchError> {
        Store::open(address, timeout, 1, socket.unwrap_or(-1))
    }

    /// Reaches it; waits for it as long as `timeout`.
    pub fn join(address: &Address, timeout: Duration) -> Result<Store, TorchError> {
        Store::open(address, timeout, 0, -1)
    }

    fn open(address: &Address, timeout: Duration, serves: c_int, socket: RawFd) -> Result<Store, TorchError> {
        let host = text(&address.host)?;
        // SAFETY: the text lives through the call.
        let store =
            unsafe { ffi::as_tcp_store(host.as_ptr(), address.port, serves, milliseconds(timeout), socket) };
        if store.is_null() {
            return Err(TorchError::last());
        }
        Ok(Store { pointer: store, prefix: address.prefix.clone() })
    }

    /// Leaves a value.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), TorchError> {
        let key = text(&self.key(key))?;
        // SAFETY: key and bytes live through the call.
        check(unsafe { ffi::as_store_set(self.pointer, key.as_ptr(), value.as_ptr(), value.len()) })
    }

    /// Waits for a value, as long as the store's timeout.
    pub fn get(&self, key: &str) -> Result<Vec<u8>, TorchError> {
        let key = text(&self.key(key))?;
        let mut value = vec![0u8; 1024];
        loop {
            // SAFETY: the shim writes at most as many bytes as there is room for.
            let length =
                unsafe { ffi::as_store_get(self.pointer, key.as_ptr(), value.as_mut_ptr(), value.len()) };
            let length = usize::try_from(length).map_err(|_| TorchError::last())?;
            if length <= value.len() {
                value.truncate(length);
                return Ok(value);
            }
            value.resize(length, 0);
        }
    }

    /// Whether there is a value, without waiting.
    pub fn has(&self, key: &str) -> Result<bool, TorchError> {
        let key = text(&self.key(key))?;
        // SAFETY: the key lives through the call.
        match unsafe { ffi::as_store_has(self.pointer, key.as_ptr()) } {
            1 => Ok(true),
            0 => Ok(false),
            _ => Err(TorchError::last()),
        }
    }

    /// For the groups that meet through it.
    pub(super) fn pointer(&self) -> *mut c_void {
        self.pointer
    }

    /// A key or a group's name as it stands in the store.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: dropped once; groups hold their own share of the store.
        unsafe { ffi::as_drop_store(self.pointer) }
    }
}

pub(super) fn text(words: &str) -> Result<CString, TorchError> {
    CString::new(words).map_err(|_| TorchError(format!("{words:?} holds a NUL byte")))
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
