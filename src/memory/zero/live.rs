//! Which parameters are whole on a GPU at stage 3, and when.
//!
//! Source: DeepSpeed 0.19.8 `runtime/zero/partitioned_param_coordinator.py`. A module's parameters are
//! fetched before it runs and released after it, unless they are used again within
//! `max_reuse_distance` parameters: at the end of forward that keeps the last layers, because backward
//! starts with them. `max_live_parameters` limits only what is fetched ahead. Small parameters
//! (`param_persistence_threshold`) are never split. Measured by `tests/oracle/record_zero.py`.

use super::super::Zero;
use super::super::step::Step;
use super::super::units::product;

/// Bytes of whole parameters at the end of forward, the start of backward, in the head's backward, in the
/// first and last layer's and in the embedding's.
pub(super) fn gathered(step: &Step<'_>, zero: &Zero) -> [f64; 6] {
    let used = step.formats.used;
    let all = step.units.sum(|unit| unit.parameters);
    let whole = persistent(step, zero);
    let kept = kept(step, zero).min(all);
    let head = step.units.head.parameters;
    let ahead = ahead(step, zero, kept + whole).min(all - kept);
    let module = largest_module(step);
    // What travels is a flat buffer beside the parameters that are cut from it.
    let bucket = zero.prefetch_bucket.of(step.card.hidden) as f64;
    let forward = whole + kept + ahead + bucket.min(all);
    let turn = whole + kept + 2.0 * ahead;
    let passing = 2.0 * (ahead + module).min(all);
    let first = whole + (kept - head).max(0.0) + passing.min(2.0 * (all - kept));
    let last = whole + passing.min(all + module);
    [forward, turn, turn, first, last, whole + step.units.embedding.parameters].map(|numbers| used * numbers)
}

/// Parameters that stay from forward to backward: walking back from the end, a unit stays while twice the
/// parameters behind it are within the reuse distance.
fn kept(step: &Step<'_>, zero: &Zero) -> f64 {
    let reuse = zero.max_reuse as f64;
    let (mut kept, mut behind) = (0.0, 0.0);
    for unit in [&step.units.head].into_iter().chain(step.units.layers.iter().rev()) {
        if unit.parameters <= 0.0 {
            continue;
        }
        let room = ((reuse / 2.0 - behind) / unit.parameters).ceil().max(0.0);
        let stays = unit.count.min(room);
        kept += stays * unit.parameters;
        behind += unit.count * unit.parameters;
    }
    kept
}

/// Parameters fetched before they are needed.
fn ahead(step: &Step<'_>, zero: &Zero, live: f64) -> f64 {
    let bucket = zero.prefetch_bucket.of(step.card.hidden) as f64;
    bucket.min((zero.max_live as f64 - live).max(0.0))
}

/// Parameters that are never split.
fn persistent(step: &Step<'_>, zero: &Zero) -> f64 {
    let threshold = zero.persistence.of(step.card.hidden) as f64;
    step.units.sum(|unit| {
        let numbers = unit.block.tensors.iter().map(|tensor| product(&tensor.dims));
        numbers.filter(|numbers| *numbers <= threshold).sum()
    })
}

/// The largest parameter of a layer: modules are fetched one by one.
fn largest_module(step: &Step<'_>) -> f64 {
    let largest = |unit: &super::super::units::Unit<'_>| {
        unit.block.tensors.iter().map(|tensor| product(&tensor.dims)).fold(0.0, f64::max)
    };
    step.units.largest_layer(largest)
}
