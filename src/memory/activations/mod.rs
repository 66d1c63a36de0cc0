//! What forward keeps for backward, layer by layer, derived from what each operation keeps.
//!
//! A matrix keeps its input, a norm what `norm` says, attention what `attention` says, dropout a mask
//! of one byte per value; additions keep nothing. Knows nothing of weights and of who shards them.

mod attention;
mod derive;
mod frozen;
mod head;
mod mlp;
mod norm;
mod row;
mod rows;
mod transient;

use super::mode::{Formats, Mode};
use super::{Padding, Strategy, Workload};
use crate::model::{Activation, Block, LayerGroup, LayerShape, Mlp, ModelCard, StackRole};
use attention::{Runs, Widths};
use row::{Kernel, Norm, Row};

/// One kind of layer on one GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    /// How many follow each other.
    pub count: f64,
    /// Bytes of the residual stream that enters one: all that checkpointing keeps.
    pub input: f64,
    /// Bytes that one keeps without checkpointing.
    pub saved: f64,
    /// Bytes of its input that it keeps anyway, because its first norm reads just that tensor.
    pub overlap: f64,
    /// Bytes that its backward needs for a moment on top of what it kept.
    pub transient: f64,
    /// Bytes that its forward needs for a moment where nothing is kept.
    pub passing: f64,
}

/// What forward keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// One entry per run of equal layers.
    pub layers: Vec<Layer>,
    /// In front of the layers and behind them.
    pub head: f64,
    /// One tensor of the head's input, in the format of the product.
    pub head_input: f64,
    /// Images or sounds of a batch.
    pub batch: f64,
    /// Whether the family was looked at.
    pub is_known: bool,
}

/// What a workload does in one forward pass, wherever it looks.
struct Scene<'a> {
    card: &'a ModelCard,
    work: &'a Workload,
    formats: Formats,
    row: Row,
    batch: f64,
}

/// What the forward pass of a workload keeps.
pub(crate) fn of(card: &ModelCard, work: &Workload, strategy: &Strategy, formats: Formats) -> Kept {
    let _ = strategy;
    let (row, is_known) = derive::row(card);
    // Autocast's layer norm answers in fp32, which is the stream where norms stand behind.
    let is_wide = row.is_post_norm && row.norm == Norm::Layer && formats.mode == Mode::HalfAutocast;
    let formats = Formats { residual: if is_wide { 4.0 } else { formats.residual }, ..formats };
    let scene = Scene { card, work, formats, row, batch: work.micro_batch as f64 };
    let mut layers = Vec::with_capacity(4);
    let mut read = 0.0;
    for stack in &card.stacks {
        let positions = positions(stack.role, work) as f64;
        for group in &stack.groups {
            layers.push(Layer { count: group.count as f64, ..scene.layer(group, positions, read) });
        }
        read = positions;
    }
    Kept {
        layers,
        head: head::saved(&scene),
        head_input: head::input(&scene),
        batch: head::batch(&scene),
        is_known,
    }
}

/// Whether a family's logits become fp32 before the loss sees them.
pub(crate) fn has_wide_logits(card: &ModelCard) -> bool {
    rows::named(&card.family).is_some_and(|row| row.adds_to_logits)
}

/// Positions of one sample in a stack.
fn positions(role: StackRole, work: &Workload) -> u64 {
    match role {
        StackRole::Decoder => work.target_sequence.unwrap_or(work.sequence),
        StackRole::Encoder => work.sequence,
        StackRole::Vision { positions } | StackRole::Audio { positions } => positions,
    }
}

impl Scene<'_> {
    /// A layer over `positions` per sample that may read an encoder's `read` positions.
    fn layer(&self, group: &LayerGroup, positions: f64, read: f64) -> Layer {
        let shape = &group.shape;
        let tokens = self.batch * positions;
        let hidden = shape.hidden as f64;
        let traits = &self.card.traits;
        let runs = attention::runs(&self.row, shape, traits, self.work, self.formats, positions);
        let cross = if shape.has_cross_attention { self.cross(shape, positions, read) } else { 0.0 };
        Layer {
            count: 1.0,
            input: tokens * self.formats.residual * hidden,
            saved: tokens * self.kept(shape, &group.block, runs, positions) + cross,
            overlap: tokens * hidden * self.overlap(),
            transient: tokens * transient::backward(self, shape, runs, positions),
            passing: tokens * transient::forward(self, shape, runs, positions),
        }
    }

    /// Bytes per token, with adapters or without.
    fn kept(&self, shape: &LayerShape, block: &Block, runs: Runs, positions: f64) -> f64 {
        match &self.work.lora {
            Some(lora) => frozen::per_token(self, lora, (shape, block), runs, positions),
            None => self.per_token(shape, runs, positions),
        }
    }

    fn per_token(&self, shape: &LayerShape, runs: Runs, positions: f64) -> f64 {
        let Scene { row, formats, .. } = self;
        let traits = &self.card.traits;
        let hidden = shape.hidden as f64;
        let widths = Widths::of(shape);
        let mlp_readers = match shape.mlp {
            Mlp::Dense { is_gated: false, .. } => 1.0,
            Mlp::Dense { .. } => row.mlp_readers,
            Mlp::Experts { shared_width: 0, .. } => 1.0,
            Mlp::Experts { .. } => 1.0 + row.mlp_readers,
        };
        let norms = self.stream_norms() * norm::saved(row.norm, formats.residual, *formats)
            + row.branch_norms * norm::saved(row.norm, formats.compute, *formats);
        let readers = row.attention_readers + mlp_readers;
        let masks = if traits.hidden_dropout > 0.0 { row.masks } else { 0.0 };
        let scales = row.scales / 2.0 * formats.compute;
        let around = norms + norm::inputs(row.norm, row.inputs, readers, *formats) + masks + scales;
        around * hidden
            + self.latent(shape)
            + attention::qk_norms(row, widths, *formats, false)
            + attention::saved(row, (shape, widths), runs, traits, *formats, (positions, self.sharing()))
            + mlp::saved(row, shape, self.activation(), *formats)
            + 8.0
    }

    /// Norms whose input is kept; autocast on a 16-bit stream makes an fp32 copy for each.
    fn stream_norms(&self) -> f64 {
        let is_copied = self.row.norm == Norm::Layer && self.formats.mode == Mode::HalfAutocast;
        if is_copied { self.row.stream_norms.max(self.row.inputs) } else { self.row.stream_norms }
    }

    fn activation(&self) -> Activation {
        self.row.activation.unwrap_or(self.card.traits.activation)
    }

    /// Norms and inputs of latent attention's small matrices (DeepSeek).
    fn latent(&self, shape: &LayerShape) -> f64 {
        let Some((queries, keys, _)) = shape.latent else { return 0.0 };
        let each = norm::saved(self.row.norm, self.formats.compute, self.formats) + self.formats.compute;
        each * (queries as f64 + keys as f64)
    }

    /// Attention that reads an encoder, with its norm and mask.
    fn cross(&self, shape: &LayerShape, positions: f64, read: f64) -> f64 {
        let Scene { row, formats, batch, .. } = self;
        let hidden = shape.hidden as f64;
        let widths = Widths::of(shape);
        let c = formats.compute;
        let masks = if self.card.traits.hidden_dropout > 0.0 { 1.0 } else { 0.0 };
        let around = norm::saved(row.norm, formats.residual, *formats)
            + norm::inputs(row.norm, 1.0, 1.0, *formats)
            + masks;
        let copies = if norm::is_copied(row.norm, *formats) { 2.0 * 2.0 * hidden } else { 0.0 };
        let runs = if self.work.attention == super::Attention::Eager { Runs::Eager } else { Runs::Flash };
        let scores = if runs == Runs::Eager {
            attention::saved(row, (shape, widths), runs, &self.card.traits, *formats, (read, *batch))
                - 2.0 * c * (widths.queries + widths.answer)
        } else {
            4.0 * widths.heads + self.cross_mask(widths, read)
        };
        batch * positions * (around * hidden + c * (widths.queries + widths.answer) + scores)
            + batch * read * (copies + c * (widths.keys + widths.values))
    }

    /// Samples that share one bias of attention; a padding mask gives each its own.
    fn sharing(&self) -> f64 {
        if self.work.padding == Padding::Masked { 1.0 } else { self.batch }
    }

    /// Bytes per token of the mask under which the encoder is read.
    fn cross_mask(&self, widths: Widths, read: f64) -> f64 {
        let heads = if self.row.kernel == Kernel::Biased { widths.heads } else { 1.0 };
        if self.work.padding == Padding::Masked { self.formats.compute * heads * read } else { 0.0 }
    }

    /// Bytes per value of a layer's input that its first norm keeps as it is.
    fn overlap(&self) -> f64 {
        let Formats { mode, residual, .. } = self.formats;
        let keeps = match self.row.norm {
            _ if self.row.stream_norms == 0.0 => false,
            // Matrices read it, and under autocast copies of it.
            _ if self.row.is_post_norm => matches!(mode, Mode::Full | Mode::Half),
            Norm::Layer => mode != Mode::HalfAutocast,
            Norm::Rms | Norm::RmsInFloat | Norm::LayerInFloat | Norm::LayerInPython => residual > 2.0,
        };
        if keeps { residual } else { 0.0 }
    }
}
