//! What each way of sharing leaves in the memory of one rank: 50 million parameters on 1, 2 and 4 ranks, as the
//! worker measures it. Takes the worker's path; knows nothing of estimates.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use accel_studio::worker::{
    Ask, Batch, Checkpoints, Data, Layout, Measured, Model, Optimizer, Run, Schedule, ScheduleKind, Sharded,
};
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const RANKS: [u32; 3] = [1, 2, 4];
const WAYS: [(&str, Sharded, bool); 6] = [
    ("DDP", Sharded::Nothing, false),
    ("ZeRO-1", Sharded::States, false),
    ("ZeRO-2", Sharded::Gradients, false),
    ("SHARD_GRAD_OP", Sharded::BetweenSteps, false),
    ("ZeRO-3, FULL_SHARD", Sharded::Everything, false),
    ("the same, checkpointing", Sharded::Everything, true),
];

fn main() -> Result<(), Failure> {
    let worker =
        std::env::args().nth(1).ok_or("name the worker: worker_memory target/release/accel-studio-worker")?;
    let folder = tempfile::tempdir()?;
    let out = &mut std::io::stdout();
    writeln!(out, "MiB of resident memory above what a rank has before the model; the rank that holds most")?;
    writeln!(
        out,
        "{:26}{:>6}{:>9}{:>10}{:>10}{:>10}{:>9}{:>9}",
        "way", "ranks", "weights", "gradients", "optimizer", "of 1 rank", "working", "peak"
    )?;
    for (name, sharded, has_checkpointing) in WAYS {
        let mut alone = None;
        for ranks in RANKS {
            let path = folder.path().join("ask.json");
            std::fs::write(&path, serde_json::to_string(&ask(ranks, sharded, has_checkpointing))?)?;
            let held = measured(&worker, ranks, &path)?.planned.memory;
            let kept = held.weights + held.gradients + held.optimizer;
            let whole = *alone.get_or_insert(kept);
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            writeln!(
                out,
                "{name:26}{ranks:>6}{:>9.0}{:>10.0}{:>10.0}{:>10.3}{:>9.0}{:>9.0}",
                mib(held.weights),
                mib(held.gradients),
                mib(held.optimizer),
                kept as f64 / whole as f64,
                mib(held.working),
                mib(held.peak - held.base),
            )?;
        }
    }
    Ok(())
}

/// 16 blocks of 3.2 million parameters, short sequences: what is kept is almost all.
fn ask(ranks: u32, sharded: Sharded, has_checkpointing: bool) -> Ask {
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 1024, "hidden_size": 512,
        "intermediate_size": 1376, "num_hidden_layers": 16, "num_attention_heads": 8,
        "tie_word_embeddings": false, "torch_dtype": "float32",
    });
    let layout =
        Layout { world: ranks, sharded, has_checkpointing, bucket_bytes: 25 << 20, ..Layout::alone() };
    let run = Run {
        model: Model { name: "50M".to_owned(), config, weights: None },
        data: Data::default(),
        layout,
        batch: Batch { micro: 1, sequence: 32 },
        optimizer: Optimizer { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 },
        schedule: Schedule { kind: ScheduleKind::Constant, warmup: 0 },
        steps: 1,
        seed: 1,
        checkpoints: Checkpoints::default(),
        timeout_s: 300,
        estimated_bytes: None,
    };
    Ask { run, steps: 2, depths: Vec::new(), device_flops: None }
}

/// What rank 0 answers. glibc keeps what is freed unless large blocks go straight back to the system.
fn measured(worker: &str, ranks: u32, ask: &Path) -> Result<Measured, Failure> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let start = |rank: u32| {
        let mut command = Command::new(worker);
        command.arg("measure").arg(ask).env("MALLOC_MMAP_THRESHOLD_", "1048576").env("OMP_NUM_THREADS", "1");
        let numbers =
            [("RANK", rank), ("LOCAL_RANK", rank), ("WORLD_SIZE", ranks), ("LOCAL_WORLD_SIZE", ranks)];
        command.envs(numbers.map(|(name, number)| (name, number.to_string())));
        command.env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", port.to_string());
        command.stdout(Stdio::piped()).spawn()
    };
    let started = (0..ranks).map(start).collect::<std::io::Result<Vec<Child>>>()?;
    let ended = started.into_iter().map(Child::wait_with_output).collect::<std::io::Result<Vec<_>>>()?;
    if let Some(failed) = ended.iter().find(|rank| !rank.status.success()) {
        return Err(format!("a rank ended with {}", failed.status).into());
    }
    let first = ended.first().ok_or("no rank was started")?;
    Ok(serde_json::from_slice(&first.stdout)?)
}
