//! Strategies beside each other on one screen: what each needs, with checkpointing and without.

use super::Room;
use crate::memory::solve::Row;
use crate::memory::{Estimate, MemoryError, Verdict};
use crate::text::bytes;

/// The rows of a strategy table, two to a line: without checkpointing and with it.
pub fn table(rows: &[Row], room: &Room) -> String {
    let mut out = format!("{:42}{:>13}{:>13}{:>12}\n", "strategy", "per GPU", "checkpointed", "host RAM");
    for pair in rows.chunks(2) {
        let Some(first) = pair.first() else { continue };
        let cell = |row: Option<&Row>| row.map_or(String::new(), |row| cell(&row.estimate, room));
        let host = first.estimate.as_ref().map_or(String::new(), |estimate| bytes(estimate.host.ram()));
        let words = first.sharding.words();
        out += format!("{words:42}{:>13}{:>13}{host:>12}", cell(Some(first)), cell(pair.get(1))).trim_end();
        out.push('\n');
    }
    if let Some(memory) = room.memory {
        out += &format!(
            "\n+ fits the {} of {}, ? is too close to say, - does not\n",
            bytes(memory),
            room.gpu.as_deref().unwrap_or("a GPU")
        );
    }
    out
}

fn cell(estimate: &Result<Estimate, MemoryError>, room: &Room) -> String {
    let Ok(estimate) = estimate else { return "—".to_owned() };
    let mark = match room.memory.map(|memory| estimate.verdict(memory)) {
        Some(Verdict::Fits) => " +",
        Some(Verdict::Close) => " ?",
        Some(Verdict::TooLarge) => " -",
        None => "",
    };
    format!("{}{mark}", bytes(estimate.needed()))
}
