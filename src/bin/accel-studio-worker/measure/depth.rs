//! One model at work: memory before and after each phase of a step, and the time of the steps.

use std::time::Instant;

use accel_studio::worker::{Ask, Depth, Held, Run};
use serde_json::json;
use tch::{Kind, Tensor};

use super::error::Result;
use super::gauge::Gauge;
use super::size;
use crate::comm::{Reduction, World};
use crate::engine::{Engine, EngineError, Groups};
use crate::network::Network;
use crate::torch::device;

/// Small enough that random weights stay what they are.
const RATE: f64 = 1e-6;

/// One step of a model of no size, so that libtorch's own code and workspaces are there before anything is weighed: on
/// Linux its pages come into memory as they are first used, 20 MB of them in a step.
pub fn warm_up(ask: &Ask, world: &World) -> Result<()> {
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64, "hidden_size": 64,
        "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
        "tie_word_embeddings": false, "torch_dtype": "float32",
    });
    let network = Network::read(&config)?;
    let vocabulary = network.vocabulary();
    let engine = engine(ask, network, world)?;
    let gauge = Gauge::new(world.device);
    let mut bench = Bench { run: &ask.run, engine, gauge, world, vocabulary, peak: 0 };
    bench.step().map(drop)
}

/// Runs one untimed step and `ask.steps` timed ones.
pub fn run(ask: &Ask, network: Network, world: &World) -> Result<Depth> {
    let (blocks, parameters) = size(&network);
    let vocabulary = network.vocabulary();
    let gauge = Gauge::new(world.device);
    gauge.reset()?;
    let base = gauge.now()?;
    let engine = engine(ask, network, world)?;
    let weights = gauge.now()?.saturating_sub(base);
    let mut bench = Bench { run: &ask.run, engine, gauge, world, vocabulary, peak: gauge.peak()? };
    let (held, first_working) = bench.first_step(Held { base, weights, ..Held::default() })?;
    let mut seconds = Vec::new();
    let mut working = first_working;
    for _ in 0..ask.steps.max(1) {
        let (took, peak) = bench.step()?;
        seconds.push(took);
        working = working.max(peak.saturating_sub(base + weights + held.gradients + held.optimizer));
    }
    let memory = worst(world, Held { working, peak: bench.peak, ..held })?;
    let step_seconds = agreed(world, &[median(seconds)])?[0];
    let tokens = f64::from(ask.run.batch.micro) * f64::from(ask.run.batch.sequence);
    let tokens = tokens * f64::from(ask.run.layout.accumulation.max(1)) * world.size as f64;
    Ok(Depth { blocks, parameters, memory, step_seconds, tokens_per_second: tokens / step_seconds })
}

/// An engine with random weights: reading true ones would change neither memory nor time.
fn engine(ask: &Ask, network: Network, world: &World) -> Result<Engine> {
    let mut engine =
        Engine::new(network, &ask.run.layout, ask.run.optimizer, Groups::of(world), world.device)?;
    engine.fill(|_, unit| {
        let numbers =
            Tensor::f_randn([unit.numel], (Kind::Float, tch::Device::Cpu)).map_err(EngineError::from)?;
        Ok::<_, EngineError>(numbers * 0.02)
    })?;
    Ok(engine)
}

/// An engine under observation.
struct Bench<'a> {
    run: &'a Run,
    engine: Engine,
    gauge: Gauge,
    world: &'a World,
    vocabulary: i64,
    /// The most bytes seen so far.
    peak: u64,
}

impl Bench<'_> {
    /// The step after which gradients and states are known, and what forward and backward needed beyond them.
    fn first_step(&mut self, held: Held) -> Result<(Held, u64)> {
        let before = held.base + held.weights;
        let peak = self.micro_batches()?;
        let gradients = self.gauge.now()?.saturating_sub(before);
        self.engine.step(RATE)?;
        self.look()?;
        let optimizer = self.gauge.now()?.saturating_sub(before);
        Ok((Held { gradients, optimizer, ..held }, peak.saturating_sub(before + gradients)))
    }

    /// Seconds of a step, and the peak of its forward and backward.
    fn step(&mut self) -> Result<(f64, u64)> {
        device::synchronize(self.world.device)?;
        let started = Instant::now();
        let peak = self.micro_batches()?;
        self.engine.step(RATE)?;
        device::synchronize(self.world.device)?;
        let seconds = started.elapsed().as_secs_f64();
        self.look()?;
        Ok((seconds, peak))
    }

    fn micro_batches(&mut self) -> Result<u64> {
        self.gauge.reset()?;
        let shape = [i64::from(self.run.batch.micro), i64::from(self.run.batch.sequence)];
        let count = self.run.layout.accumulation.max(1);
        for micro in 0..count {
            let draw = || Tensor::f_randint(self.vocabulary, shape, (Kind::Int64, tch::Device::Cpu));
            drop(self.engine.micro_batch(&draw()?, &draw()?, micro + 1 == count)?);
        }
        self.look()
    }

    fn look(&mut self) -> Result<u64> {
        let peak = self.gauge.peak()?;
        self.peak = self.peak.max(peak);
        Ok(peak)
    }
}

/// The largest of each number over ranks.
fn agreed(world: &World, own: &[f64]) -> Result<Vec<f64>> {
    let shared = Tensor::f_from_slice(own)?.f_to_device(world.device)?;
    world.all.all_reduce(&shared, Reduction::Max)?.wait()?;
    Ok(Vec::<f64>::try_from(shared.f_to_device(tch::Device::Cpu)?)?)
}

fn worst(world: &World, held: Held) -> Result<Held> {
    let own = [held.base, held.weights, held.gradients, held.optimizer, held.working, held.peak];
    let most = agreed(world, &own.map(|bytes| bytes as f64))?;
    let bytes = |at: usize| most[at] as u64;
    Ok(Held {
        base: bytes(0),
        weights: bytes(1),
        gradients: bytes(2),
        optimizer: bytes(3),
        working: bytes(4),
        peak: bytes(5),
    })
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
