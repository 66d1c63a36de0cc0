//! The page of the bundled worker: how it is got, what it does, and every option of a run.

use std::fmt::Write as _;

use super::{RUN_OPTIONS, Takes};

/// `docs/worker.md`, generated from the rows of the options.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for option in RUN_OPTIONS {
        let word = match option.takes {
            Takes::Switch => "",
            Takes::Paths | Takes::Path => " PATH",
            Takes::Count(..) => " N",
            Takes::Number(..) => " NUMBER",
            Takes::Word(_) => " WORD",
        };
        let words = match option.takes {
            Takes::Word(words) => format!(": {}", words.join(", ")),
            _ => String::new(),
        };
        let default = match option.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let _ = writeln!(page, "| `--{}{word}` | {default} | {}{words} |", option.name, option.says);
    }
    page.push_str(TAIL);
    page
}

const HEAD: &str = "\
# The bundled worker

Written from the rows in `src/worker/options.rs`; `make bless` writes it again.

`accel-studio-worker` trains, measures and checks without Python: a Rust program on libtorch 2.11 that reads the same
configs as `accelerate launch`. It trains decoder-only transformers of the GPT-2, Llama, Mistral, Qwen2 and Qwen3
families, described by a Hugging Face `config.json`.

```sh
make build                                                  # libtorch where none is found, and both programs
target/release/accel-studio doctor                          # what is here
target/release/accel-studio launch --worker presets/cpu.yaml --model tiny-llama --data assets/garden.txt
```

In the studio `T` plans such a run with the shown config; Enter starts it.

## What it follows
| the config says | the worker |
|---|---|
| `MULTI_GPU`, `MULTI_CPU`, ZeRO-0, `NO_SHARD` | keeps a copy on each rank and reduces gradients in buckets while backward runs |
| ZeRO-1 | splits the optimizer's states |
| ZeRO-2 | splits gradients too |
| `SHARD_GRAD_OP`, `fsdp_reshard_after_forward: false` | splits parameters too, which stay whole from forward to backward |
| ZeRO-3, `FULL_SHARD` | gathers each block only while it computes |
| `HYBRID_SHARD`, `dp_replicate` | splits within groups and reduces between them |
| offloading to `cpu` | keeps states, or states and parameters, in host memory |
| `mixed_precision: bf16` or `fp16` | computes so over fp32 masters; fp16 with a loss scale |
| `gradient_accumulation_steps`, `gradient_clipping`, `fsdp_activation_checkpointing` | does so |

torch.compile, fp8, Megatron-LM, tensor, context and sequence parallelism, offloading to disk, TPUs and other
accelerators than NVIDIA's it refuses before anything starts, with what to do instead.

## Ranks and machines
Ranks on GPUs speak over NCCL. Where there is no GPU, or with `--cpu`, the same config runs on the CPUs over Gloo, with as
many ranks as it or `--num_processes` says; each gets its share of the cores unless `OMP_NUM_THREADS` says otherwise.

On several machines the same command starts on each of them, with its own `--machine_rank`; they meet at
`main_process_ip` and `main_process_port`. The worker reads `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and their kin, and those of
`srun` and `mpirun`, so it also runs under them and under torchrun, with the run that `launch --worker --dry-run --format
json` shows under the key `run`:

```sh
srun accel-studio-worker train run.json
torchrun --no-python --nproc-per-node 8 accel-studio-worker train run.json
```

libtorch's `lib` folder must then be in `LD_LIBRARY_PATH`; `launch --worker` sees to that itself.

## Where libtorch and the worker are looked for
* libtorch 2.11: `ACCEL_STUDIO_LIBTORCH`, `LIBTORCH`, the project's `.libtorch/torch`, beside the worker, in the active
  Python (which need not be able to import it), where the worker was built. Another release is passed over, and said so.
* the worker: `ACCEL_STUDIO_WORKER`, beside `accel-studio`, in `target`.

The worker needs no more of CUDA than is with libtorch: on a machine with GPUs take a whole torch
(`pip install torch==2.11.0`), on others `make libtorch` fetches the part for CPUs.

## Options of a run
Options of `accelerate launch` may stand beside these, before or after the config.

| option | default | |
|---|---|---|
| `--model NAME` | the project's, else `tiny-llama` | A preset, a config.json or its folder, or an id in the hub's cache |
";

const TAIL: &str = "
The batch of one step is `--micro-batch` times `gradient_accumulation_steps` times the ranks. With `--save-to` the folder
holds `run.json` (what the worker was told), checkpoints, `metrics.jsonl`, TensorBoard's event files and, at the end, the
model as `transformers` loads it. SIGTERM and Ctrl-C save before they end a run; `--resume` goes on, on any number of ranks.

## Before and beside a training
* `accel-studio preflight [FILE]` starts the ranks for some seconds and says what each device does: memory against the
  estimate, matrix products, copies, clocks, all-reduces. It names the rank that is at fault.
* `accel-studio measure [FILE] --model NAME` runs a few steps on random tokens and prints memory by what it is for, beside
  the estimate, tokens per second and MFU. What does not fit is run with few blocks and continued in a straight line.
* `accel-studio doctor` says what is installed, where, and which version.
";
