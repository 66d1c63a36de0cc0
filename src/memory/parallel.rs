//! The part of a model and of a batch that one GPU computes, where work is split within a batch: matrices
//! (tensor), sequences (context, Ulysses), layers (pipeline).
//!
//! Sources: transformers 5.23 `base_model_tp_plan` of the Llama family (queries, keys, values and the wide
//! side of the MLP by columns, their outputs by rows; norms and embeddings whole, the head by rows with its
//! logits gathered); torch 2.11 `context_parallel` (two chunks of each sequence per GPU); DeepSpeed 0.19.8
//! Ulysses (sequences outside of attention, heads inside); Megatron-LM (stages of equal length with up to as
//! many micro-batches in flight as stages follow).

use std::borrow::Cow;

use super::{MemoryError, Sharding, Strategy, Workload};
use crate::model::{Block, LayerGroup, LayerShape, Mlp, ModelCard, Part, Stack, Tensor};

/// What one GPU computes.
pub(crate) struct Share<'a> {
    /// Its part of the model.
    pub card: Cow<'a, ModelCard>,
    /// Its part of the batch.
    pub work: Cow<'a, Workload>,
    /// Micro-batches whose activations it keeps at once.
    pub in_flight: f64,
}

/// The shares that may be the largest: one, or the first and the last stage of a pipeline.
///
/// # Errors
/// Numbers that do not divide, with what to do.
pub(crate) fn shares<'a>(
    card: &'a ModelCard,
    work: &'a Workload,
    strategy: &Strategy,
) -> Result<Vec<Share<'a>>, MemoryError> {
    check(card, work, strategy)?;
    let work = cut_sequence(work, strategy);
    let card = cut_matrices(card, strategy);
    if strategy.pipeline <= 1 {
        return Ok(vec![Share { card, work, in_flight: 1.0 }]);
    }
    let micro_batches = match &strategy.sharding {
        Sharding::Megatron(megatron) => megatron.micro_batches,
        _ => 1,
    };
    let in_flight = strategy.pipeline.min(micro_batches) as f64;
    let first = stage(&card, strategy.pipeline, true);
    let last = stage(&card, strategy.pipeline, false);
    Ok(vec![
        Share { card: Cow::Owned(first), work: work.clone(), in_flight },
        Share { card: Cow::Owned(last), work, in_flight: 1.0 },
    ])
}

/// A sequence that is split is shorter for everything but attention's inside, whose kernels keep what they
/// keep per token: with all tokens of some heads (Ulysses) as with some tokens of all heads.
fn cut_sequence<'a>(work: &'a Workload, strategy: &Strategy) -> Cow<'a, Workload> {
    let ways = strategy.context.saturating_mul(strategy.sequence).saturating_mul(sequence_ways(strategy));
    if ways <= 1 {
        return Cow::Borrowed(work);
    }
    let sequence = work.sequence.div_ceil(ways).max(1);
    let target_sequence = work.target_sequence.map(|tokens| tokens.div_ceil(ways).max(1));
    Cow::Owned(Workload { sequence, target_sequence, ..work.clone() })
}

/// With Megatron-LM's sequence parallelism everything that a layer keeps is split, matrices' inputs too
/// (Korthikanti et al. 2022): the same as whole layers over a shorter sequence.
fn sequence_ways(strategy: &Strategy) -> u64 {
    match &strategy.sharding {
        Sharding::Megatron(megatron) if megatron.splits_sequence => strategy.tensor.max(1),
        _ => 1,
    }
}

fn cut_matrices<'a>(card: &'a ModelCard, strategy: &Strategy) -> Cow<'a, ModelCard> {
    let ways = strategy.tensor;
    if ways <= 1 {
        return Cow::Borrowed(card);
    }
    let is_megatron = matches!(strategy.sharding, Sharding::Megatron(_));
    let keeps_shape = sequence_ways(strategy) > 1;
    let mut cut = card.clone();
    for group in cut.stacks.iter_mut().flat_map(|stack| &mut stack.groups) {
        group.block = cut_block(&group.block, ways, false);
        if !keeps_shape {
            group.shape = cut_shape(&group.shape, ways);
        }
    }
    cut.head = cut_block(&cut.head, ways, true);
    if is_megatron {
        cut.embeddings = cut_block(&cut.embeddings, ways, true);
        cut.vocabulary = cut.vocabulary.div_ceil(ways);
    }
    Cow::Owned(cut)
}

/// Matrices of attention, MLP and head in parts; with `all`, embeddings too. Norms and routers stay whole.
fn cut_block(block: &Block, ways: u64, all: bool) -> Block {
    let cut = |tensor: &Tensor| {
        let is_cut = match tensor.part {
            Part::Attention | Part::Mlp | Part::Expert | Part::Head => true,
            Part::Embedding => all,
            Part::Norm | Part::Router => false,
        };
        let mut tensor = tensor.clone();
        // Stacked experts are cut inside each expert.
        let side = if tensor.part == Part::Expert && tensor.dims.len() > 2 { 1 } else { 0 };
        if let Some(rows) = tensor.dims.get_mut(side).filter(|_| is_cut) {
            *rows = rows.div_ceil(ways);
        }
        tensor
    };
    Block { tensors: block.tensors.iter().map(cut).collect() }
}

fn cut_shape(shape: &LayerShape, ways: u64) -> LayerShape {
    let part = |number: u64| number.div_ceil(ways);
    let mut cut = shape.clone();
    cut.heads = part(cut.heads).max(1);
    cut.kv_heads = part(cut.kv_heads).max(1);
    match &mut cut.mlp {
        Mlp::Dense { width, .. } => *width = part(*width),
        Mlp::Experts { width, shared_width, .. } => {
            *width = part(*width);
            *shared_width = part(*shared_width);
        }
    }
    cut
}

/// The first stage has the embedding, the last one the head and its logits.
fn stage(card: &ModelCard, stages: u64, is_first: bool) -> ModelCard {
    let mut stage = card.clone();
    let mut left = card.stacks.iter().map(Stack::layers).sum::<u64>().div_ceil(stages);
    for group in stage.stacks.iter_mut().flat_map(|stack| &mut stack.groups) {
        group.count = group.count.min(left);
        left -= group.count;
    }
    stage.stacks.iter_mut().for_each(|stack| stack.groups.retain(|group: &LayerGroup| group.count > 0));
    if is_first {
        stage.head = Block::default();
        stage.vocabulary = 0;
        stage.is_tied = false;
    } else {
        stage.embeddings = Block::default();
    }
    stage
}

fn check(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Result<(), MemoryError> {
    let (tensor, context, ulysses, stages) =
        (strategy.tensor, strategy.context, strategy.sequence, strategy.pipeline);
    let together = [tensor, context, ulysses, stages];
    if together.iter().all(|ways| *ways <= 1) {
        return Ok(());
    }
    let product = together.iter().fold(1, |product: u64, ways| product.saturating_mul((*ways).max(1)));
    divides("the number of processes", strategy.world, "all parallel sizes together", product)?;
    divides("the sequence length", work.sequence, "twice the context parallel size", context_ways(context))?;
    divides("the sequence length", work.sequence, "the sequence parallel size", ulysses)?;
    let layers = card.stacks.iter().map(Stack::layers).fold(0, u64::saturating_add);
    suits("the number of layers", layers, "the pipeline size", stages)?;
    for group in card.stacks.iter().flat_map(|stack| &stack.groups) {
        let shape = &group.shape;
        suits("the number of attention heads", shape.heads, "the tensor parallel size", tensor)?;
        suits("the number of key and value heads", shape.kv_heads, "the tensor parallel size", tensor)?;
        suits("the number of attention heads", shape.heads, "the sequence parallel size", ulysses)?;
        if let Mlp::Dense { width, .. } = shape.mlp {
            suits("the width of the MLP", width, "the tensor parallel size", tensor)?;
        }
    }
    Ok(())
}

/// torch gives each GPU one chunk from the front and one from the back, so that all have equal work.
fn context_ways(context: u64) -> u64 {
    if context > 1 { context.saturating_mul(2) } else { 1 }
}

/// For numbers that a person may change: the nearest that would do.
fn divides(what: &str, number: u64, by: &str, ways: u64) -> Result<(), MemoryError> {
    let below = number / ways.max(1) * ways;
    let near =
        if below > 0 { format!("{below} or {}", below.saturating_add(ways)) } else { ways.to_string() };
    uneven(what, number, by, ways, &format!("{near} would do"))
}

/// Sizes that are searched for a better one; no machine has more GPUs.
const MOST_WAYS: u64 = 1 << 16;

/// For numbers of the model: the largest size that would do.
fn suits(what: &str, number: u64, by: &str, ways: u64) -> Result<(), MemoryError> {
    if ways <= 1 || number.is_multiple_of(ways) {
        return Ok(());
    }
    let most = ways.min(number).min(MOST_WAYS);
    let size = (1..=most).rev().find(|size| number.is_multiple_of(*size)).unwrap_or(1);
    uneven(what, number, by, ways, &format!("a size of {size} would do"))
}

fn uneven(what: &str, number: u64, by: &str, ways: u64, advice: &str) -> Result<(), MemoryError> {
    if ways <= 1 || number.is_multiple_of(ways) {
        return Ok(());
    }
    let what = format!("{what} is {number}, which {by}, {ways}, does not divide; {advice}");
    Err(MemoryError::Uneven { what })
}

#[cfg(test)]
#[path = "parallel_tests.rs"]
mod tests;
