//! The shim's C functions for stores and process groups; `comm/c10d.cpp` says what each does.

use std::ffi::{c_char, c_int, c_void};

use torch_sys::C_tensor;

unsafe extern "C" {
    pub fn as_tcp_store(
        host: *const c_char,
        port: u16,
        is_server: c_int,
        timeout_ms: i64,
        listen_fd: c_int,
    ) -> *mut c_void;
    pub fn as_store_set(store: *mut c_void, key: *const c_char, bytes: *const u8, count: usize) -> c_int;
    pub fn as_store_get(store: *mut c_void, key: *const c_char, bytes: *mut u8, room: usize) -> i64;
    pub fn as_store_has(store: *mut c_void, key: *const c_char) -> c_int;
    pub fn as_drop_store(store: *mut c_void);

    pub fn as_gloo(
        store: *mut c_void,
        prefix: *const c_char,
        rank: c_int,
        size: c_int,
        timeout_ms: i64,
        way: *const c_char,
        threads: c_int,
    ) -> *mut c_void;
    pub fn as_drop_group(group: *mut c_void);
    pub fn as_all_reduce(group: *mut c_void, tensor: *mut C_tensor, reduction: c_int) -> *mut c_void;
    pub fn as_broadcast(group: *mut c_void, tensor: *mut C_tensor, root: c_int) -> *mut c_void;
    pub fn as_all_gather(group: *mut c_void, whole: *mut C_tensor, part: *mut C_tensor) -> *mut c_void;
    pub fn as_reduce_scatter(
        group: *mut c_void,
        part: *mut C_tensor,
        whole: *mut C_tensor,
        reduction: c_int,
    ) -> *mut c_void;
    pub fn as_barrier(group: *mut c_void) -> *mut c_void;
    pub fn as_wait(work: *mut c_void) -> c_int;
    pub fn as_drop_work(work: *mut c_void);
}
