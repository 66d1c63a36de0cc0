//! The parameters of a model in the pieces that training treats alike: what stands before the layers,
//! each kind of layer, what stands behind them. Knows nothing of tokens or of who shards what.

use super::mode::{Formats, Mode};
use super::{MemoryError, Workload, lora};
use crate::model::{Block, ModelCard, Part, Tensor};

/// PyTorch's allocator hands out multiples of 512 bytes (`kMinBlockSize` of `CUDACachingAllocator.cpp`).
const GRAIN: f64 = 512.0;

/// Equal pieces of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit<'a> {
    /// How many follow each other.
    pub count: f64,
    /// The parameters of one, as the card lists them.
    pub block: &'a Block,
    /// Numbers of one, without adapters.
    pub parameters: f64,
    /// Numbers of one that the optimizer changes: all, or the adapters'.
    pub trainable: f64,
    /// Numbers of one that autocast copies into 16 bits: matrices, or with a frozen base the adapters.
    pub matrices: f64,
    /// Numbers of its largest tensor that learns.
    pub largest: f64,
    /// Bytes of one that are kept between steps where nothing is sharded.
    pub weights: f64,
    /// Bytes of the gradients of one where nothing is sharded.
    pub gradients: f64,
    /// Bytes of the largest matrix of one, made from few bits just before it is used.
    pub unpacked: f64,
}

/// All pieces of a model.
#[derive(Clone, Debug)]
pub(crate) struct Units<'a> {
    /// Before the layers.
    pub embedding: Unit<'a>,
    /// One entry per run of equal layers, in the order of the forward pass.
    pub layers: Vec<Unit<'a>>,
    /// Behind the layers.
    pub head: Unit<'a>,
    /// Numbers of the matrix that makes logits, wherever it lives.
    pub head_matrix: f64,
    /// Whether that matrix is the token embedding.
    pub is_tied: bool,
    /// Whether base weights learn; with adapters they do not.
    pub learns_base: bool,
}

impl<'a> Units<'a> {
    /// The pieces of a card under a workload.
    ///
    /// # Errors
    /// A model without layers or width.
    pub fn of(card: &'a ModelCard, work: &Workload, formats: Formats) -> Result<Units<'a>, MemoryError> {
        let groups = card.stacks.iter().flat_map(|stack| &stack.groups);
        let layers = groups.clone().fold(0, |sum: u64, group| sum.saturating_add(group.count));
        let must = "at least 1";
        if layers == 0 {
            return Err(MemoryError::Absurd { what: "the number of layers", value: 0, must });
        }
        if card.hidden == 0 {
            return Err(MemoryError::Absurd { what: "the hidden size", value: 0, must });
        }
        let unit =
            |block: &'a Block, count: u64, is_layer: bool| Unit::of(block, count, is_layer, work, formats);
        Ok(Units {
            embedding: unit(&card.embeddings, 1, false),
            layers: groups.map(|group| unit(&group.block, group.count, true)).collect(),
            head: unit(&card.head, 1, false),
            head_matrix: card.vocabulary as f64 * card.hidden as f64,
            is_tied: card.is_tied,
            learns_base: work.lora.is_none(),
        })
    }

    /// All pieces, in the order of the forward pass.
    pub fn all(&self) -> impl Iterator<Item = &Unit<'a>> {
        [&self.embedding].into_iter().chain(&self.layers).chain([&self.head])
    }

    /// The sum of something over all pieces.
    pub fn sum(&self, what: impl Fn(&Unit<'a>) -> f64) -> f64 {
        self.all().map(|unit| unit.count * what(unit)).sum()
    }

    /// The largest value of something over the kinds of layers.
    pub fn largest_layer(&self, what: impl Fn(&Unit<'a>) -> f64) -> f64 {
        self.layers.iter().map(what).fold(0.0, f64::max)
    }
}

impl<'a> Unit<'a> {
    fn of(block: &'a Block, count: u64, is_layer: bool, work: &Workload, formats: Formats) -> Unit<'a> {
        let mut unit = Unit {
            count: count as f64,
            block,
            parameters: 0.0,
            trainable: 0.0,
            matrices: 0.0,
            largest: 0.0,
            weights: 0.0,
            gradients: 0.0,
            unpacked: 0.0,
        };
        for tensor in &block.tensors {
            unit.add(tensor, is_layer, work, formats);
        }
        unit
    }

    fn add(&mut self, tensor: &Tensor, is_layer: bool, work: &Workload, formats: Formats) {
        let numbers = product(&tensor.dims);
        self.parameters += numbers;
        let Some(lora) = &work.lora else {
            if tensor.is_matrix() || tensor.part == Part::Expert {
                self.matrices += numbers;
            }
            self.largest = self.largest.max(numbers);
            self.trainable += numbers;
            self.weights += round(numbers * formats.weight);
            self.gradients += round(numbers * formats.weight);
            return;
        };
        // An fp32 base is copied as well as its adapters.
        if formats.mode == Mode::Autocast && tensor.is_matrix() {
            self.matrices += numbers;
        }
        self.weights += lora::frozen_bytes(lora, tensor, is_layer, formats);
        if let Some(_base) = lora.base.filter(|_| is_layer && tensor.is_matrix()) {
            self.unpacked = self.unpacked.max(round(numbers * 2.0));
        }
        let adapter = if is_layer { lora::adapter(lora, tensor) } else { 0.0 };
        self.trainable += adapter;
        self.matrices += adapter;
        self.largest = self.largest.max(adapter);
        self.weights += round(adapter * lora::ADAPTER);
        self.gradients += round(adapter * lora::ADAPTER);
    }
}

/// The numbers of a shape.
pub(crate) fn product(dims: &[u64]) -> f64 {
    dims.iter().map(|dim| *dim as f64).product()
}

/// Bytes as the allocator counts them.
pub(crate) fn round(bytes: f64) -> f64 {
    (bytes / GRAIN).ceil() * GRAIN
}
