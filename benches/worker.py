"""Tokens per second of the worker beside PyTorch's eager mode: same CPU, model, batch, optimizer and precision (fp32).

Both train in turns, so that what else the machine does hits both; the median step of all rounds counts, the first
steps of each round left out. The last lines tell what a second rank adds, each rank with half of the threads.

    worker.py WORKER [--sequence 256] [--batch 4] [--steps 12] [--rounds 3] [--threads CORES]
"""

import argparse
import array
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LLAMA = {
    "model_type": "llama",
    "vocab_size": 2048,
    "hidden_size": 256,
    "intermediate_size": 688,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "max_position_embeddings": 4096,
}
GPT2 = {
    "model_type": "gpt2",
    "vocab_size": 2048,
    "n_positions": 4096,
    "n_embd": 256,
    "n_layer": 4,
    "n_head": 8,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
    "bos_token_id": None,
    "eos_token_id": None,
}
SMALL = {**LLAMA, "hidden_size": 64, "intermediate_size": 192, "num_attention_heads": 4, "num_key_value_heads": 2}
MODELS = {"llama, 4.0 M": LLAMA, "gpt2, 4.7 M": GPT2, "llama, 0.5 M": SMALL}
WARM_UP = 3


def run_of(config, told, folder, tokens, world):
    """The run as `accel-studio launch --worker` would write it."""
    return {
        "model": {"name": "bench", "config": config, "weights": None},
        "data": {"files": [str(tokens)], "tokenizer": None, "evaluation": 0.0, "evaluate_every": 0},
        "layout": {
            "world": world,
            "sharded": "nothing",
            "replicas": 1,
            "precision": "no",
            "accumulation": 1,
            "syncs_each_batch": False,
            "offloads_states": False,
            "offloads_parameters": False,
            "has_checkpointing": False,
            "bucket_bytes": 25 << 20,
            "clipping": None,
            "is_on_cpu": True,
        },
        "batch": {"micro": told.batch // world, "sequence": told.sequence},
        "optimizer": {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decay": 0.01},
        "schedule": {"kind": "constant", "warmup": 0},
        "steps": told.steps,
        "seed": 1,
        "checkpoints": {"folder": str(folder / "run"), "every": 0, "keep": 1, "resumes": False},
        "timeout_s": 60,
        "estimated_bytes": None,
    }


def ours(config, told, tokens, world=1):
    """Seconds of each step, as the worker's rank 0 writes them down."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "run.json").write_text(json.dumps(run_of(config, told, folder, tokens, world)))
        port = str(random.randrange(20_000, 30_000))
        ranks = []
        for rank in range(world):
            env = {**os.environ, "OMP_NUM_THREADS": str(max(1, told.threads // world)), "WORLD_SIZE": str(world)}
            env |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(world)}
            env |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            command = [told.worker, "train", folder / "run.json"]
            ranks.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL))
        assert all(rank.wait() == 0 for rank in ranks)
        lines = map(json.loads, (folder / "run" / "metrics.jsonl").read_text().splitlines())
        return [line["step_seconds"] for line in lines if "step_seconds" in line][WARM_UP:]


def theirs(config, told):
    """Seconds of each step of a plain loop, from a process of its own."""
    command = [sys.executable, __file__, told.worker, "--eager", json.dumps(config)]
    command += ["--sequence", str(told.sequence), "--batch", str(told.batch), "--steps", str(told.steps)]
    env = {**os.environ, "OMP_NUM_THREADS": str(told.threads), "TRANSFORMERS_VERBOSITY": "error"}
    return json.loads(subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout)[WARM_UP:]


def eager(config, told):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config.pop("model_type"), **config)).train()
    vocabulary = model.config.vocab_size
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    seconds = []
    for _ in range(told.steps):
        start = time.perf_counter()
        rows = torch.randint(vocabulary, (told.batch, told.sequence + 1))
        logits = model(input_ids=rows[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worker")
    parser.add_argument("--sequence", type=int, default=256)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--eager", type=json.loads, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.eager:
        return eager(told.eager, told)
    tokens_per_step = told.batch * told.sequence
    with tempfile.NamedTemporaryFile(suffix=".bin") as tokens:
        numbers = array.array("H", (random.randrange(2048) for _ in range(tokens_per_step * told.steps + 1)))
        tokens.write(numbers.tobytes())
        tokens.flush()
        print(f"{told.batch} sequences of {told.sequence} tokens, {told.threads} threads, medians of tokens/s")
        print(f"{'model':14} {'worker':>9} {'eager':>9} {'ratio':>6} {'2 ranks':>9} {'of 1 rank':>9}")
        for name, config in MODELS.items():
            rounds = [(ours(config, told, tokens.name), theirs(config, told), ours(config, told, tokens.name, 2))
                      for _ in range(told.rounds)]  # fmt: skip
            speeds = [tokens_per_step / statistics.median(sum(part, [])) for part in zip(*rounds)]
            one, other, two = speeds
            print(f"{name:14} {one:9.0f} {other:9.0f} {one / other:6.2f} {two:9.0f} {two / one:9.2f}", flush=True)


if __name__ == "__main__":
    main()
