//! Whole estimates of a small Llama, built by hand, against sums that anybody can make.

use super::super::{Category, Ddp, MemoryError, Phase, Sharding, StepKind, Strategy, Workload};
use super::estimate;
use crate::model::{
    Block, LayerGroup, LayerShape, Mlp, ModelCard, Part, Stack, StackRole, Task, Tensor, Traits,
};

/// TinyLlama-1.1B by hand.
pub(crate) fn tinyllama() -> ModelCard {
    let attention = |name: &str, dims: &[u64]| Tensor::new(name, Part::Attention, dims);
    let mlp = |name: &str, dims: &[u64]| Tensor::new(name, Part::Mlp, dims);
    let norm = |name: &str| Tensor::new(name, Part::Norm, &[2048]);
    let tensors = vec![
        attention("self_attn.q_proj.weight", &[2048, 2048]),
        attention("self_attn.k_proj.weight", &[256, 2048]),
        attention("self_attn.v_proj.weight", &[256, 2048]),
        attention("self_attn.o_proj.weight", &[2048, 2048]),
        mlp("mlp.gate_proj.weight", &[5632, 2048]),
        mlp("mlp.up_proj.weight", &[5632, 2048]),
        mlp("mlp.down_proj.weight", &[2048, 5632]),
        norm("input_layernorm.weight"),
        norm("post_attention_layernorm.weight"),
    ];
    let shape = LayerShape {
        hidden: 2048,
        heads: 32,
        kv_heads: 4,
        head_dim: 64,
        value_dim: 64,
        latent: None,
        mlp: Mlp::Dense { width: 5632, is_gated: true },
        window: None,
        has_cross_attention: false,
    };
    let table = Tensor::new("embed_tokens.weight", Part::Embedding, &[32_000, 2048]);
    let head = Tensor::new("lm_head.weight", Part::Head, &[32_000, 2048]);
    ModelCard {
        name: "tinyllama".to_owned(),
        family: "llama".to_owned(),
        task: Task::CausalLm,
        stored: None,
        vocabulary: 32_000,
        hidden: 2048,
        is_tied: false,
        positions: Some(2048),
        embeddings: Block { tensors: vec![table] },
        stacks: vec![Stack {
            role: StackRole::Decoder,
            path: "model.layers".to_owned(),
            groups: vec![LayerGroup { count: 22, shape, block: Block { tensors } }],
            wrap_class: "LlamaDecoderLayer".to_owned(),
        }],
        head: Block { tensors: vec![norm("norm.weight"), head] },
        traits: Traits { has_rms_norm: true, ..Traits::default() },
        no_split: Vec::new(),
        unknown: Vec::new(),
    }
}

pub(crate) fn alone() -> Strategy {
    Strategy::default()
}

#[test]
fn foreach_adamw_holds_five_times_the_weights_and_fused_four() {
    let card = tinyllama();
    let weights = card.parameters() * 4;
    let largest = 32_000 * 2048 * 4;
    for (step, most) in [
        (StepKind::Foreach, weights * 5),
        (StepKind::Fused, weights * 4),
        (StepKind::ForLoop, weights * 4 + 2 * largest),
    ] {
        let work = Workload { step, sequence: 16, ..Workload::default() };
        let found = estimate(&card, &work, &alone()).expect("it is an ordinary model");
        let last = found.moments.iter().find(|moment| moment.phase == Phase::OptimizerStep);
        assert_eq!(last.expect("all phases are weighed").held.total(), most, "{step:?}");
    }
}

#[test]
fn ddp_adds_a_copy_of_all_gradients_unless_they_live_in_the_buckets() {
    let card = tinyllama();
    let bytes = |has_bucket_view| {
        let strategy = Strategy { world: 2, sharding: Sharding::Ddp(Ddp { has_bucket_view }), ..alone() };
        let found = estimate(&card, &Workload::default(), &strategy).expect("it is an ordinary model");
        let last = found.moments.last().expect("all phases are weighed").held;
        (last.of(Category::Communication), last.total() / (card.parameters() * 4))
    };
    assert_eq!(bytes(false), (card.parameters() * 4, 6));
    assert_eq!(bytes(true), (0, 5));
}

#[test]
fn hostile_sizes_are_refused_and_do_not_wrap() {
    let card = tinyllama();
    let huge = Workload { micro_batch: u64::MAX, sequence: u64::MAX, ..Workload::default() };
    assert_eq!(estimate(&card, &huge, &alone()), Err(MemoryError::Overflow));
    let none = Workload { micro_batch: 0, ..Workload::default() };
    assert!(matches!(estimate(&card, &none, &alone()), Err(MemoryError::Absurd { value: 0, .. })));
}

/// Sizes that a hostile file may state, in every place at once and in each alone.
#[test]
fn no_size_makes_an_estimate_panic_or_shrink_to_nothing() {
    let sizes = [0, 1, 3, 1 << 20, 1 << 40, u64::MAX];
    let places: [fn(&mut ModelCard, &mut Workload, &mut Strategy, u64); 10] = [
        |card, _, _, size| card.vocabulary = size,
        |card, _, _, size| card.hidden = size,
        |card, _, _, size| card.stacks[0].groups[0].count = size,
        |card, _, _, size| card.stacks[0].groups[0].shape.heads = size,
        |card, _, _, size| card.stacks[0].groups[0].shape.head_dim = size,
        |card, _, _, size| card.stacks[0].groups[0].block.tensors[0].dims = vec![size; 40],
        |_, work, _, size| work.micro_batch = size,
        |_, work, _, size| work.sequence = size,
        |_, _, strategy, size| strategy.world = size,
        |_, _, strategy, size| strategy.accumulation = size,
    ];
    for version in [0, 1, 2] {
        for (number, place) in places.iter().enumerate() {
            for size in sizes {
                let (mut card, mut work, mut strategy) = (tinyllama(), Workload::default(), alone());
                if version > 0 {
                    strategy = super::traps::fsdp(version, 8);
                }
                place(&mut card, &mut work, &mut strategy, size);
                let Ok(found) = estimate(&card, &work, &strategy) else { continue };
                assert!(found.allocated() > 1 << 20, "place {number}, size {size}, FSDP {version}");
                assert!(found.needed() > found.allocated());
            }
        }
    }
}
