//! TensorBoard's event files: records of `Event` messages, as its `record_writer.py` and `event.proto` (2.20) say.
//!
//! Written by hand because a handful of fields is all that scalars need; the bytes are those of TensorBoard's own writer,
//! recorded below, and its `EventAccumulator` reads them, resumed runs included.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Scalars;

/// An event file.
#[derive(Debug)]
pub struct Events(File);

impl Events {
    /// Begins a new file in a folder; TensorBoard reads all files there as one run, in the order of their names, so
    /// the name begins with the time. Where the run goes on, a mark tells it to forget the steps after `steps_done`.
    pub fn create(folder: &Path, steps_done: u64) -> io::Result<Events> {
        fs::create_dir_all(folder)?;
        let now = now();
        let name = format!("events.out.tfevents.{:.0}.accel-studio.{}", now.floor(), process::id());
        let mut file = File::create(folder.join(name))?;
        file.write_all(&record(&version(now)))?;
        if steps_done > 0 {
            file.write_all(&record(&begins_after(now, steps_done)))?;
        }
        Ok(Events(file))
    }

    /// Appends the numbers of one step.
    pub fn write(&mut self, step: u64, scalars: Scalars<'_>) -> io::Result<()> {
        self.0.write_all(&record(&summary(now(), step, scalars)))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The first event of each file.
fn version(time: f64) -> Vec<u8> {
    let mut event = header(time, 0);
    bytes(&mut event, 3, b"brain.Event:2");
    event
}

/// `SessionLog { status: START }`: what earlier files hold from this step on does not count any more.
fn begins_after(time: f64, steps_done: u64) -> Vec<u8> {
    let mut event = header(time, steps_done + 1);
    let (mut log, start) = (Vec::new(), 1);
    number(&mut log, 1, start);
    bytes(&mut event, 7, &log);
    event
}

/// `Summary { value: [{ tag, simple_value }, …] }`.
fn summary(time: f64, step: u64, scalars: Scalars<'_>) -> Vec<u8> {
    let mut values = Vec::new();
    for (tag, scalar) in scalars {
        let mut value = Vec::new();
        bytes(&mut value, 1, tag.as_bytes());
        value.push(key(2, 5));
        value.extend((*scalar as f32).to_le_bytes());
        bytes(&mut values, 1, &value);
    }
    let mut event = header(time, step);
    bytes(&mut event, 5, &values);
    event
}

/// `Event { wall_time: 1, step: 2 }`; protobuf leaves out what is 0.
fn header(time: f64, step: u64) -> Vec<u8> {
    let mut event = vec![key(1, 1)];
    event.extend(time.to_le_bytes());
    if step > 0 {
        number(&mut event, 2, step);
    }
    event
}

/// A field's number and the kind of what follows (protobuf's wire types: 0 varint, 1 eight bytes, 2 length and
/// bytes, 5 four bytes).
const fn key(field: u8, kind: u8) -> u8 {
    (field << 3) | kind
}

fn number(into: &mut Vec<u8>, field: u8, value: u64) {
    into.push(key(field, 0));
    varint(into, value);
}

fn bytes(into: &mut Vec<u8>, field: u8, value: &[u8]) {
    into.push(key(field, 2));
    varint(into, value.len() as u64);
    into.extend(value);
}

/// Seven bits a byte, the lowest first; the eighth bit says that more follow.
fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value as u8 & 0x7F) | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// TFRecord: length, its sum, data, its sum.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), data, &masked(data).to_le_bytes()].concat()
}

/// CRC-32C, turned and shifted so that sums over data that hold sums are sound (TensorFlow's `crc32c.h`).
fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Written by TensorBoard 2.20's own `EventFileWriter` for the same events.
    #[test]
    fn records_are_those_that_tensorboard_writes() {
        assert_eq!(hex(&record(&version(1.5))), VERSION);
        assert_eq!(hex(&record(&summary(1.5, 300, &[("loss", 2.5), ("rate", 0.001)]))), SUMMARY);
        assert_eq!(hex(&record(&begins_after(1.5, 299))), START);
    }

    const VERSION: &str = "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c";
    const SUMMARY: &str = "2800000000000000ff70164a09000000000000f83f10ac022a1a0a0b0a046c6f737315000020400a0b0a0472617465156f12833a5d696a02";
    const START: &str = "100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a";
}
