//! An estimate as one JSON object; docs/json.md describes it, and its keys stay.

use serde_json::{Map, Value, json};

use super::{Room, Sheet, key, parts, phase_key};
use crate::memory::Estimate;
use crate::memory::solve::{Change, Remedy, Row};

/// The report of an estimate, with what a solver answered.
pub fn json(sheet: &Sheet, answers: Map<String, Value>) -> String {
    let mut report = object(sheet);
    report.extend(answers);
    let text = serde_json::to_string_pretty(&report).expect("numbers and words can be written");
    text + "\n"
}

fn object(sheet: &Sheet) -> Map<String, Value> {
    let estimate = sheet.estimate;
    let (low, high) = estimate.range();
    let value = json!({
        "model": sheet.card.name,
        "parameters": sheet.card.parameters(),
        "active_parameters": sheet.card.active_parameters(),
        "strategy": sheet.strategy.words(),
        "gpus": sheet.strategy.world,
        "machines": sheet.strategy.machines(),
        "micro_batch": sheet.work.micro_batch,
        "sequence": sheet.work.sequence,
        "per_gpu": per_gpu(estimate),
        "host": { "peak_bytes": estimate.host.ram(), "parts": estimate.host.parts },
        "nvme": { "peak_bytes": estimate.host.nvme },
        "capacity_bytes": sheet.room.memory,
        "fits": sheet.verdict().map(|verdict| verdict.word()),
        "warnings": sheet.warnings,
        "confidence": {
            "low_bytes": low,
            "high_bytes": high,
            "low_factor": estimate.band.low,
            "high_factor": estimate.band.high,
            "unknown": estimate.band.why,
            "assumed": sheet.assumed,
        },
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Bytes of one GPU, as in `per_gpu` of the report.
fn per_gpu(estimate: &Estimate) -> Value {
    let mut object = Map::new();
    object.insert("peak_bytes".to_owned(), estimate.needed().into());
    object.insert("allocated_peak_bytes".to_owned(), estimate.allocated().into());
    object.insert("peak_phase".to_owned(), estimate.peak().map(|peak| phase_key(peak.phase)).into());
    for (category, amount) in parts(estimate) {
        object.insert(format!("{}_bytes", key(category)), amount.into());
    }
    Value::Object(object)
}

/// A strategy table as one object.
pub fn rows(rows: &[Row], room: &Room) -> String {
    let strategies: Vec<Value> = rows.iter().map(|each| row(each, room)).collect();
    let report = json!({ "capacity_bytes": room.memory, "strategies": strategies });
    serde_json::to_string_pretty(&report).expect("numbers and words can be written") + "\n"
}

fn row(row: &Row, room: &Room) -> Value {
    let estimate = row.estimate.as_ref();
    json!({
        "strategy": row.sharding.words(),
        "checkpointing": row.has_checkpointing,
        "per_gpu": estimate.ok().map(per_gpu),
        "host": estimate.ok().map(|estimate| json!({ "peak_bytes": estimate.host.ram() })),
        "nvme": estimate.ok().map(|estimate| json!({ "peak_bytes": estimate.host.nvme })),
        "fits": room.memory.zip(estimate.ok()).map(|(memory, estimate)| estimate.verdict(memory).word()),
        "refusal": estimate.err().map(ToString::to_string),
    })
}

/// A remedy as an object.
pub(super) fn remedy(remedy: &Remedy) -> Value {
    let steps: Vec<Value> =
        remedy.steps.iter().map(|(title, cost)| json!({ "title": title, "cost": cost })).collect();
    let changes: Vec<Value> = remedy.changes.iter().map(change).collect();
    json!({ "steps": steps, "changes": changes, "per_gpu": per_gpu(&remedy.estimate) })
}

fn change(change: &Change) -> Value {
    match change {
        Change::Config { key, value } => json!({ "key": key, "value": plain(value) }),
        Change::Workload { name, value } => json!({ "workload": name, "value": value }),
        Change::Accumulation(steps) => json!({ "workload": "accumulation", "value": steps.to_string() }),
    }
}

/// Levers write words, numbers and truths.
fn plain(value: &crate::value::Value) -> Value {
    let word = || value.as_text().map(Value::from);
    value.as_bool().map(Value::from).or_else(|| value.as_int().map(Value::from)).or_else(word).into()
}
