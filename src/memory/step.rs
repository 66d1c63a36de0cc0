//! One forward, backward and optimizer step of one GPU, as far as it does not matter who holds the
//! weights: what each layer keeps, what the loss needs, and at which instants all of it meets.
//!
//! A way of sharding (`single`, `ddp`, `fsdp1`, `fsdp2`, `zero`) adds weights, gradients, states and
//! communication for each instant with [`Step::moments`] and knows nothing of activations.

use super::activations::{self, Layer};
use super::loss::Logits;
use super::mode::{Formats, Mode};
use super::units::Units;
use super::{Breakdown, Category, MemoryError, Moment, Phase, Sharding, Strategy, Workload, optimizer};
use crate::model::ModelCard;

/// The instants that are weighed, in their order.
pub(crate) const PHASES: [Phase; 8] = [
    Phase::LastLayerForward,
    Phase::ForwardEnd,
    Phase::BackwardStart,
    Phase::HeadBackward,
    Phase::FirstLayerBackward,
    Phase::LastLayerBackward,
    Phase::EmbeddingBackward,
    Phase::OptimizerStep,
];

/// One step of one GPU.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    /// The model.
    pub card: &'a ModelCard,
    /// What is trained.
    pub work: &'a Workload,
    /// How it is spread.
    pub strategy: &'a Strategy,
    /// Bytes of one number.
    pub formats: Formats,
    /// The parameters in pieces.
    pub units: Units<'a>,
    /// What one layer of each kind keeps, in the order of `units.layers`.
    pub layers: Vec<Layer>,
    /// Kept in front of the layers and behind them, bytes.
    pub head_saved: f64,
    /// Images or sounds of a batch, which are always there, bytes.
    pub batch: f64,
    /// Whether the family's forward pass is known.
    pub is_known: bool,
    /// One tensor of the width that the head sees, bytes.
    pub head_input: f64,
    /// Logits and the loss.
    pub logits: Logits,
    /// Whether layers are computed again in backward.
    pub has_checkpointing: bool,
    /// Whether gradients wait for further micro-batches.
    pub accumulates: bool,
}

impl<'a> Step<'a> {
    /// What a step of this workload holds.
    ///
    /// # Errors
    /// Sizes that cannot be.
    pub fn of(
        card: &'a ModelCard,
        work: &'a Workload,
        strategy: &'a Strategy,
    ) -> Result<Step<'a>, MemoryError> {
        check(work, strategy)?;
        let formats = Formats::of(work, strategy);
        let units = Units::of(card, work, formats)?;
        let has_checkpointing = work.has_checkpointing || strategy.sharding.has_checkpointing();
        let kept = activations::of(card, work, strategy, formats);
        Ok(Step {
            card,
            work,
            strategy,
            formats,
            units,
            logits: Logits::of(card, work, strategy, formats),
            head_saved: kept.head,
            head_input: kept.head_input,
            batch: kept.batch,
            is_known: kept.is_known,
            layers: kept.layers,
            has_checkpointing,
            accumulates: strategy.accumulation > 1,
        })
    }

    /// All instants: what the step holds plus what `states` adds at each.
    pub fn moments(&self, states: impl Fn(Phase) -> Breakdown) -> Vec<Moment> {
        PHASES.iter().map(|&phase| Moment { phase, held: self.held(phase).plus(states(phase)) }).collect()
    }

    /// What the step holds at an instant, whoever holds weights, gradients and states.
    pub fn held(&self, phase: Phase) -> Breakdown {
        let held = Breakdown::default()
            .with(Category::Logits, bytes(self.logits.at(phase)))
            .with(Category::Activations, bytes(self.batch));
        let saved = self.saved();
        let (last, first) = (self.last_layer(), self.first_layer());
        let add = |activations: f64, temporary: f64| {
            held.with(Category::Activations, bytes(activations)).with(Category::Temporary, bytes(temporary))
        };
        match phase {
            Phase::LastLayerForward if self.has_checkpointing => {
                add(saved, last.passing + self.casts_of_layers())
            }
            Phase::LastLayerForward => add(saved, self.casts_of_layers()),
            Phase::ForwardEnd => add(saved + self.head_saved, self.casts_of_layers() + self.casts_head()),
            Phase::BackwardStart => add(saved + self.head_saved, self.casts_waiting()),
            Phase::HeadBackward => {
                add(saved + self.head_saved, self.casts_waiting() + self.head_input + self.head_gradient())
            }
            Phase::FirstLayerBackward if self.has_checkpointing => {
                add(saved + last.saved - last.overlap, last.transient + self.casts_layer())
            }
            Phase::FirstLayerBackward => add(saved, last.transient + self.casts_layers() + self.unpacked()),
            Phase::LastLayerBackward => {
                let again = if self.has_checkpointing { first.input - first.overlap } else { 0.0 };
                add(first.saved + again, first.transient + self.casts_layer())
            }
            Phase::EmbeddingBackward => add(0.0, first.input),
            Phase::OptimizerStep => held,
        }
    }

    /// Bytes that the layers keep from forward to backward.
    pub fn saved(&self) -> f64 {
        let offloads = matches!(&self.strategy.sharding, Sharding::Fsdp(fsdp) if fsdp.offloads_activations);
        let one = |layer: &Layer| match (self.has_checkpointing, offloads) {
            (false, _) => layer.count * layer.saved,
            (true, false) => layer.count * layer.input,
            // In host memory but for the one on its way and the one in use.
            (true, true) => layer.count.min(2.0) * layer.input,
        };
        self.layers.iter().map(one).sum()
    }

    /// The kind of layer that backward meets first.
    pub fn last_layer(&self) -> Layer {
        self.layers.last().copied().unwrap_or_default()
    }

    /// The kind of layer that backward meets last.
    pub fn first_layer(&self) -> Layer {
        self.layers.first().copied().unwrap_or_default()
    }

    /// States of the optimizer where nothing is sharded.
    pub fn optimizer(&self) -> optimizer::States {
        self.optimizer_of(|numbers, _| numbers)
    }

    /// States of the optimizer where a GPU steps `share(numbers, dims)` numbers of a tensor.
    pub fn optimizer_of(&self, share: impl Fn(f64, &[u64]) -> f64) -> optimizer::States {
        optimizer::of_units(&self.units, self.work, self.formats, share)
    }

    /// Whether autocast keeps 16-bit copies of weights from forward to backward: of fp32 weights, and of
    /// adapters, which are fp32 whatever the base is.
    fn copies_weights(&self) -> bool {
        match self.formats.mode {
            Mode::Autocast => true,
            Mode::HalfAutocast => self.work.lora.is_some(),
            Mode::Full | Mode::Half => false,
        }
    }

    fn casts_of_layers(&self) -> f64 {
        if !self.copies_weights() {
            return 0.0;
        }
        2.0 * self.units.layers.iter().map(|unit| unit.count * unit.matrices).sum::<f64>()
    }

    /// Copies that backward still needs: those of checkpointed layers die with forward.
    fn casts_waiting(&self) -> f64 {
        self.casts_layers() + self.casts_head()
    }

    fn casts_layers(&self) -> f64 {
        if self.has_checkpointing { 0.0 } else { self.casts_of_layers() }
    }

    /// The copy of the head's matrix, where that is fp32.
    fn casts_head(&self) -> f64 {
        let base = self.work.lora.as_ref().and_then(|lora| lora.base);
        let is_wide = self.formats.mode == Mode::Autocast || base.is_some_and(|base| base.is_prepared);
        if is_wide && self.formats.mode != Mode::Full { 2.0 * self.logits.matrix } else { 0.0 }
    }

    /// One layer's copies, the 16-bit gradient of its largest matrix, and the matrix made from few bits.
    fn casts_layer(&self) -> f64 {
        let copies = if self.copies_weights() {
            2.0 * self.units.largest_layer(|unit| unit.matrices + unit.largest)
        } else {
            0.0
        };
        copies + self.unpacked()
    }

    fn unpacked(&self) -> f64 {
        self.units.largest_layer(|unit| unit.unpacked)
    }

    /// The gradient of the head's matrix in the format of the product, and autocast's fp32 copy of it.
    fn head_gradient(&self) -> f64 {
        if !self.units.learns_base {
            return 0.0;
        }
        let wide = if self.copies_weights() { self.formats.weight } else { 0.0 };
        self.logits.matrix * (self.formats.compute + wide)
    }
}

/// Whole bytes; what is beyond 64 bits, or beyond numbers, saturates and is refused when all are summed.
pub(crate) fn bytes(amount: f64) -> u64 {
    if amount.is_nan() { u64::MAX } else { amount.round() as u64 }
}

fn check(work: &Workload, strategy: &Strategy) -> Result<(), MemoryError> {
    let must = "at least 1";
    let numbers = [
        ("the micro-batch", work.micro_batch),
        ("the sequence length", work.sequence),
        ("the length of the target sequence", work.target_sequence.unwrap_or(1)),
        ("the number of processes", strategy.world),
        ("the number of processes on a machine", strategy.local),
        ("`gradient_accumulation_steps`", strategy.accumulation),
        ("the rank of the adapters", work.lora.as_ref().map_or(1, |lora| lora.rank)),
    ];
    match numbers.into_iter().find(|(_, value)| *value == 0) {
        Some((what, value)) => Err(MemoryError::Absurd { what, value, must }),
        None => Ok(()),
    }
}
