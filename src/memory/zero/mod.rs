//! DeepSpeed ZeRO: who holds which part of weights, gradients and states, and the buffers in between.
//!
//! Sources: DeepSpeed 0.19.8 `runtime/zero/stage_1_and_2.py` and `stage3.py`; every row was measured by
//! running that release on its CPU accelerator (`tests/oracle/record_zero.py`, recorded in
//! `tests/fixtures/memory/zero.jsonl`).

mod live;

use super::step::{Step, bytes};
use super::units::product;
use super::{Breakdown, Category, Moment, Offload, Phase, StepKind, Zero, optimizer};

/// The instants under ZeRO.
pub(crate) fn moments(step: &Step<'_>, zero: &Zero) -> Vec<Moment> {
    let held = Held::of(step, zero);
    step.moments(|phase| held.at(phase))
}

/// Numbers of a model as ZeRO splits them.
pub(crate) struct Numbers {
    /// That one GPU steps: the trainable ones over all shards.
    pub stepped: f64,
    /// Bytes of all weights in the format that layers use, whole.
    pub whole: f64,
    /// Trainable ones, whole.
    pub trainable: f64,
    /// Processes that share one copy.
    pub ways: f64,
}

impl Numbers {
    /// Of a step's model.
    pub fn of(step: &Step<'_>, zero: &Zero) -> Numbers {
        let units = &step.units;
        let trainable = units.sum(|unit| unit.trainable);
        let ways = if zero.stage == 0 { 1.0 } else { step.strategy.shards() as f64 };
        // DeepSpeed casts the whole module; what bitsandbytes packed stays packed.
        let is_packed = step.work.lora.as_ref().is_some_and(|lora| lora.base.is_some());
        let whole = match (units.learns_base, is_packed) {
            (true, _) => units.sum(|unit| unit.parameters) * step.formats.used,
            (false, true) => units.sum(|unit| unit.weights),
            (false, false) => (units.sum(|unit| unit.parameters) + trainable) * step.formats.used,
        };
        Numbers { stepped: trainable / ways, whole, trainable, ways }
    }
}

/// Bytes of one GPU by what they are for.
struct Held {
    stage: u64,
    weights: f64,
    states: f64,
    stepping: f64,
    /// Waiting for further micro-batches, from one backward to the next.
    waiting: f64,
    /// Whole gradients of head, layers and all, as backward leaves them.
    whole: [f64; 3],
    /// Of the part that this GPU steps.
    share: f64,
    /// In fp32, for the step.
    wide: f64,
    /// One layer's and the embedding's, before they are sent.
    passing: [f64; 2],
    bucket: f64,
    /// What stage 3 copies of a full bucket while it is sent.
    sending: f64,
    /// Whether a share that waits is added to in place.
    adds: bool,
    gathered: [f64; 6],
    /// One gradient on its way to host memory.
    passage: f64,
}

impl Held {
    fn of(step: &Step<'_>, zero: &Zero) -> Held {
        let numbers = Numbers::of(step, zero);
        let used = step.formats.used;
        let units = &step.units;
        let on_gpu = on_gpu(zero);
        let group =
            if zero.stage == 3 { numbers.stepped.min(zero.sub_group.max(1) as f64) } else { numbers.stepped };
        let gradient = if zero.sums_in_fp32 { 4.0 } else { used };
        let wide = if zero.sums_in_fp32 { 4.0 } else { 0.0 };
        let share = if zero.optimizer_offload == Offload::None { gradient * numbers.stepped } else { 0.0 };
        let matrix = units.head_matrix * used;
        let tied = if units.is_tied { 2.0 } else { 0.0 };
        let learns = if units.learns_base { 1.0 } else { 0.0 };
        let states = optimizer::of_flat(step.work, numbers.stepped, 4.0);
        let whole = |what: fn(&super::units::Unit<'_>) -> f64| units.sum(what) * used;
        let trained = whole(|unit| unit.trainable);
        Held {
            stage: zero.stage,
            weights: weights(&numbers, zero, on_gpu),
            states: on_gpu * states.kept,
            stepping: on_gpu * stepping(step, zero, group),
            waiting: if step.accumulates { waiting(step, zero, &numbers, gradient) } else { 0.0 },
            whole: [units.head.trainable * used, trained - units.embedding.trainable * used, trained],
            share,
            wide: on_gpu * 4.0 * group,
            passing: [
                units.largest_layer(|unit| unit.trainable) * (used + wide),
                (units.embedding.trainable * used + tied * matrix) * learns,
            ],
            bucket: bucket(step, zero) * gradient,
            adds: zero.sums_in_fp32,
            sending: if zero.stage == 3 { bucket(step, zero).min(numbers.trainable) * used } else { 0.0 },
            gathered: if zero.stage == 3 { live::gathered(step, zero) } else { [0.0; 6] },
            passage: passage(step, zero),
        }
    }

    fn at(&self, phase: Phase) -> Breakdown {
        // Nothing differs between the last layer's forward and the loss but logits.
        let phase = phase.max(Phase::ForwardEnd);
        let place = phase as usize - Phase::ForwardEnd as usize;
        let gathered = self.gathered.get(place).copied().unwrap_or(0.0);
        let temporary = if phase == Phase::OptimizerStep { self.stepping } else { 0.0 };
        Breakdown::default()
            .with(Category::Weights, bytes(self.weights))
            .with(Category::Gradients, bytes(self.gradients(phase)))
            .with(Category::Optimizer, bytes(self.states))
            .with(Category::Temporary, bytes(temporary))
            .with(Category::Communication, bytes(self.bucket(phase) + gathered + self.passage))
    }

    /// Buffers of gradients on their way: stage 3 always keeps its own, stages 1 and 2 make them when
    /// backward begins, and stage 1 keeps them until the last micro-batch.
    fn bucket(&self, phase: Phase) -> f64 {
        let is_sent =
            matches!(phase, Phase::FirstLayerBackward | Phase::LastLayerBackward | Phase::EmbeddingBackward);
        match (self.stage, phase) {
            (3, _) if is_sent => self.bucket + self.sending,
            (3, _) => self.bucket,
            (_, Phase::OptimizerStep) => 0.0,
            (1, Phase::LastLayerForward | Phase::ForwardEnd) if self.waiting > 0.0 => self.bucket,
            (_, Phase::LastLayerForward | Phase::ForwardEnd) => 0.0,
            _ => self.bucket,
        }
    }

    fn gradients(&self, phase: Phase) -> f64 {
        let [layer, embedding] = self.passing;
        let [head, layers, all] = self.whole;
        if phase == Phase::OptimizerStep {
            return match self.stage {
                // Stage 0 keeps the 16-bit gradients beside their fp32 copies; stage 3 its flat buffer.
                0 => all + self.wide,
                3 => self.share + self.wide,
                _ => self.wide,
            };
        }
        let growing = match (self.stage, phase) {
            (_, Phase::LastLayerForward | Phase::ForwardEnd | Phase::BackwardStart | Phase::HeadBackward) => {
                0.0
            }
            // A second copy is flattened for the sum over all processes.
            (0, Phase::FirstLayerBackward) => head,
            (0, Phase::LastLayerBackward) => layers,
            (0, _) => 2.0 * all,
            (1, Phase::FirstLayerBackward) => head,
            (1, Phase::LastLayerBackward) => layers,
            // The share is flattened once the bucket is gone.
            (1, _) => all + (self.share - self.bucket).max(0.0),
            (2, Phase::FirstLayerBackward) => head + layer,
            (2, Phase::LastLayerBackward) => self.share + layer,
            (2, _) => self.share + embedding,
            (_, Phase::FirstLayerBackward) => head.min(layer) + layer,
            (_, Phase::LastLayerBackward) => layer,
            (_, _) => embedding,
        };
        let kept = if self.stage == 3 { self.share } else { self.waiting };
        // Gradients are added to those that wait, except at stage 2 in 16 bits, which makes a second share.
        if self.stage <= 1 || (self.stage == 2 && self.adds) { kept.max(growing) } else { kept + growing }
    }
}

/// 1 where states and fp32 weights are on the GPU; less where a part of them is.
fn on_gpu(zero: &Zero) -> f64 {
    match (zero.optimizer_offload, zero.stage) {
        (Offload::None, _) => 1.0,
        (_, 3) => 1.0 - (zero.offload_per_mille.min(1000) as f64 / 1000.0),
        _ => 0.0,
    }
}

/// Weights as layers use them, and the fp32 copy of the part that is stepped. DeepSpeed makes that copy
/// even for a model in fp32.
fn weights(numbers: &Numbers, zero: &Zero, on_gpu: f64) -> f64 {
    let whole = match (zero.stage, zero.parameter_offload) {
        (3, Offload::None) => numbers.whole / numbers.ways,
        (3, _) => 0.0,
        _ => numbers.whole,
    };
    whole + on_gpu * 4.0 * numbers.stepped
}

/// Temporaries of the optimizer on one flat fp32 tensor. The loop holds a square root and its quotient at
/// once, because the tensor is everything; DeepSpeed's own fused Adam holds nothing.
fn stepping(step: &Step<'_>, zero: &Zero, group: f64) -> f64 {
    if zero.has_own_optimizer {
        return 0.0;
    }
    match step.work.step {
        StepKind::ForLoop => 8.0 * group,
        _ => optimizer::of_flat(step.work, group, 4.0).temporary,
    }
}

/// Gradients that wait for further micro-batches: whole ones at stages 0 and 1, a share at stage 2.
/// Stage 3 sums in the buffer that it keeps anyway.
fn waiting(step: &Step<'_>, zero: &Zero, numbers: &Numbers, gradient: f64) -> f64 {
    match zero.stage {
        0 | 1 => numbers.trainable * gradient.max(step.formats.used),
        2 if zero.optimizer_offload == Offload::None => numbers.stepped * gradient,
        _ => 0.0,
    }
}

/// Bytes of a buffer for the largest gradient, which stages 1 and 2 keep on both sides of PCIe where the
/// optimizer is offloaded (`temp_grad_buffer_for_gpu_offload`). Adapters are too small to matter.
pub(super) fn passage(step: &Step<'_>, zero: &Zero) -> f64 {
    let has_one = matches!(zero.stage, 1 | 2) && zero.optimizer_offload != Offload::None;
    if !has_one || !step.units.learns_base {
        return 0.0;
    }
    let tensors = step.units.all().flat_map(|unit| &unit.block.tensors);
    step.formats.used * tensors.map(|tensor| product(&tensor.dims)).fold(0.0, f64::max)
}

/// Elements of the buffers in which gradients travel: allocated in full, however small the model is, and
/// twice where sending overlaps with computing (stages 1 and 2).
fn bucket(step: &Step<'_>, zero: &Zero) -> f64 {
    let elements = zero.reduce_bucket.of(step.card.hidden) as f64;
    match zero.stage {
        0 => 0.0,
        _ if !zero.has_contiguous_gradients => 0.0,
        3 => elements,
        _ if zero.overlaps => 2.0 * elements,
        _ => elements,
    }
}

#[cfg(test)]
mod tests;
