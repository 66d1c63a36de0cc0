//! What libraries do without a timeout that they keep: done on a thread, which is left behind when it takes too long.
//!
//! Only for what ends the process when it fails: the thread may go on as long as that lives.

use std::sync::mpsc::channel;
use std::time::Duration;

/// What `work` gives, or nothing after so long.
pub fn within<T: Send + 'static>(timeout: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, waits) = channel();
    std::thread::spawn(move || {
        let _ = done.send(work());
    });
    waits.recv_timeout(timeout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_left_behind() {
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
        let (_hold, never) = channel::<()>();
        assert_eq!(within(Duration::from_millis(10), move || never.recv().is_ok()), None);
    }
}
