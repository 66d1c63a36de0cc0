//! How long an estimate takes, alone and as a table of forty strategies. Prints figures and judges nothing.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use accel_studio::memory::{
    self, Ddp, Fsdp, FsdpStrategy, Precision, Sharding, StepKind, Strategy, Workload,
};
use accel_studio::model::{self, Dtype, ModelCard};

/// Estimates behind one figure, so that the clock's grain does not matter.
const ROUND: u32 = 100;

const LLAMA: &str = r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096,
    "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "vocab_size": 128256}"#;
const MIXTRAL: &str = r#"{"model_type": "mixtral", "architectures": ["MixtralForCausalLM"],
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2}"#;
const T5: &str = r#"{"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 1024,
    "d_ff": 4096, "d_kv": 64, "num_heads": 16, "num_layers": 24, "vocab_size": 32128}"#;

fn main() -> io::Result<()> {
    let strategies = strategies();
    for (name, text) in [("Llama-3.1-8B", LLAMA), ("Mixtral-8x7B", MIXTRAL), ("T5-large", T5)] {
        let card = model::read_text(text, name).expect("the config is whole");
        for (word, strategy) in [("one GPU", &strategies[0]), ("FSDP2", &strategies[20])] {
            let name = format!("one estimate, {name}, {word}");
            line(&name, times(50, || (0..ROUND).for_each(|_| one(&card, strategy))), ROUND)?;
        }
        let table = || strategies.iter().for_each(|strategy| one(&card, strategy));
        line(&format!("table of {} strategies, {name}", strategies.len()), times(100, table), 1)?;
    }
    Ok(())
}

fn one(card: &ModelCard, strategy: &Strategy) {
    let work = Workload { weights: Dtype::Bf16, step: StepKind::Fused, ..Workload::default() };
    black_box(memory::estimate(card, &work, strategy).expect("it is an ordinary job"));
}

/// Ten sizes of a job for each of four ways of sharing it.
fn strategies() -> Vec<Strategy> {
    let fsdp = |version| {
        Sharding::Fsdp(Fsdp {
            version,
            strategy: FsdpStrategy::Full,
            wraps_layers: true,
            smallest_unit: None,
            offloads: false,
            loads_once: true,
            has_checkpointing: false,
            offloads_activations: false,
        })
    };
    let ways = [Sharding::Single, Sharding::Ddp(Ddp::default()), fsdp(2), fsdp(1)];
    let job = |sharding: &Sharding, world| Strategy {
        world,
        local: world.min(8),
        precision: Precision::Bf16,
        sharding: sharding.clone(),
        ..Strategy::default()
    };
    ways.iter().flat_map(|sharding| (0..10).map(move |power| job(sharding, 1 << power))).collect()
}

fn times(count: usize, mut work: impl FnMut()) -> Vec<Duration> {
    work();
    (0..count)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect()
}

fn line(name: &str, mut times: Vec<Duration>, estimates: u32) -> io::Result<()> {
    times.sort_unstable();
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(estimates);
    let [best, middle, worst] = [0, times.len() / 2, times.len() - 1].map(|at| microseconds(times[at]));
    writeln!(io::stdout(), "{name:45} best {best:8.2} µs   median {middle:8.2} µs   worst {worst:8.2} µs")
}
