//! A few true steps of a tiny model in this world, whose loss must fall: everything that a run needs, in a second.

use accel_studio::memory::Precision;
use accel_studio::worker::{Layout, Optimizer, Sharded};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::comm::World;
use crate::engine::{Engine, EngineError, Groups};
use crate::network::Network;

const STEPS: usize = 12;
const SEQUENCE: i64 = 32;
/// What a model that has learnt nothing loses on so many different tokens is the logarithm of their number.
const VOCABULARY: i64 = 64;

/// Strategies from one end of the scale to the other, in the precisions that this device is used with.
pub const CASES: [(&str, Sharded, Precision); 4] = [
    ("training, whole, fp32", Sharded::Nothing, Precision::No),
    ("training, whole, bf16", Sharded::Nothing, Precision::Bf16),
    ("training, sharded, bf16", Sharded::Everything, Precision::Bf16),
    ("training, sharded, fp16", Sharded::Everything, Precision::Fp16),
];

/// The losses of the first and the last step, and whether they fell by a tenth.
pub fn train(world: &World, sharded: Sharded, precision: Precision) -> Result<(bool, String), EngineError> {
    let mut engine = engine(world, sharded, precision)?;
    let text = text();
    let (tokens, targets) = (text.f_narrow(1, 0, SEQUENCE)?, text.f_narrow(1, 1, SEQUENCE)?);
    let mut losses = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let loss = engine.micro_batch(&tokens, &targets, true)?;
        losses.push(loss.f_to_device(Device::Cpu)?.f_double_value(&[])?);
        engine.step(1e-2)?;
    }
    let (first, last) = (losses[0], losses[STEPS - 1]);
    Ok((last < 0.9 * first, format!("the loss goes from {first:.3} to {last:.3} in {STEPS} steps")))
}

/// Two sequences in which each token is followed by the next but two.
fn text() -> Tensor {
    let numbers: Vec<i64> = (0..2 * (SEQUENCE + 1)).map(|at| at * 3 % VOCABULARY).collect();
    Tensor::from_slice(&numbers).view([2, SEQUENCE + 1])
}

fn engine(world: &World, sharded: Sharded, precision: Precision) -> Result<Engine, EngineError> {
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": 64,
        "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "tie_word_embeddings": false, "torch_dtype": "float32",
    });
    let network = Network::read(&config)?;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let layout = Layout {
        world: number(world.size),
        sharded,
        replicas: number(world.replica.size()),
        precision,
        accumulation: 1,
        syncs_each_batch: false,
        offloads_states: false,
        offloads_parameters: false,
        has_checkpointing: false,
        bucket_bytes: 25 << 20,
        clipping: Some(1.0),
        is_on_cpu: world.device == Device::Cpu,
    };
    let optimizer = Optimizer { rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 };
    let initial: Vec<Tensor> = (0..network.units().len()).map(|unit| network.initial(unit, 42)).collect();
    let mut engine = Engine::new(network, &layout, optimizer, Groups::of(world), world.device)?;
    engine.fill(|unit, _| Ok::<_, EngineError>(initial[unit].to_kind(Kind::Float)))?;
    Ok(engine)
}
