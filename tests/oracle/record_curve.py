"""Records the losses of 50 steps that a script with Accelerate and transformers takes on the CPU in fp32.

The worker trains from the same first weights, on the same tokens, with the same numbers. Every step reads all of the
few sequences there are, so that the order in which they are read does not matter.

    record_curve.py tests/fixtures/worker/curve
"""

import array
import json
import shutil
import sys
from pathlib import Path

import accelerate
import torch
import transformers
from accelerate import Accelerator
from transformers import AutoConfig, AutoModelForCausalLM, get_scheduler

SEQUENCE, SEQUENCES, STEPS, VOCABULARY = 32, 8, 50, 64
CASES = {
    # a plain loop with a constant learning rate
    "plain": {
        "model": {
            "model_type": "llama",
            "vocab_size": VOCABULARY,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 64,
        },
        "accumulation": 1,
        "clipping": None,
        "schedule": {"kind": "constant", "warmup": 0},
        "optimizer": {"rate": 2e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decay": 0.01},
    },
    # all at once: accumulation, clipping that clips, warm-up and a cosine, a strong decay
    "all-at-once": {
        "model": {
            "model_type": "gpt2",
            "vocab_size": VOCABULARY,
            "n_positions": 64,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "resid_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "attn_pdrop": 0.0,
            "bos_token_id": None,
            "eos_token_id": None,
        },
        "accumulation": 2,
        "clipping": 0.5,
        "schedule": {"kind": "cosine", "warmup": 10},
        "optimizer": {"rate": 1e-2, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "decay": 0.1},
    },
}


def sequences():
    """Numbers with a rule that can be learned: each is the sum of the two before it, with a few slips."""
    generator = torch.Generator().manual_seed(1)
    numbers = [3, 5]
    while len(numbers) < SEQUENCE * SEQUENCES + 1:
        slip = int(torch.randint(0, 8, (1,), generator=generator)) == 0
        numbers.append((numbers[-1] + numbers[-2] + slip) % VOCABULARY)
    return numbers


def train(model, case, numbers):
    accelerator = Accelerator(cpu=True, mixed_precision="no", gradient_accumulation_steps=case["accumulation"])
    told = case["optimizer"]
    betas = (told["beta1"], told["beta2"])
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=told["rate"], betas=betas, eps=told["epsilon"], weight_decay=told["decay"]
    )
    schedule = case["schedule"]
    scheduler = get_scheduler(schedule["kind"], optimizer, schedule["warmup"], STEPS)
    model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
    rows = [numbers[at * SEQUENCE : (at + 1) * SEQUENCE + 1] for at in range(SEQUENCES)]
    batches = torch.tensor(rows).chunk(case["accumulation"])
    losses, norms = [], []
    for _ in range(STEPS):
        total = 0.0
        for batch in batches:
            with accelerator.accumulate(model):
                logits = model(input_ids=batch[:, :-1]).logits
                loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
                accelerator.backward(loss)
                if accelerator.sync_gradients and case["clipping"] is not None:
                    norms.append(float(accelerator.clip_grad_norm_(model.parameters(), case["clipping"])))
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            total += loss.item() / len(batches)
        losses.append(total)
    return losses, norms


def main(root):
    assert (transformers.__version__, accelerate.__version__) == ("5.23.0", "1.15.0")
    numbers = sequences()
    for name, case in CASES.items():
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        fields = dict(case.pop("model"))
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(fields.pop("model_type"), **fields)).train()
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        (folder / "tokens.bin").write_bytes(array.array("H", numbers).tobytes())
        losses, norms = train(model, case, numbers)
        answer = {"sequence": SEQUENCE, "sequences": SEQUENCES, "steps": STEPS, **case}
        answer |= {"losses": losses, "gradient_norms": norms}
        (folder / "answer.json").write_text(json.dumps(answer, indent=1) + "\n")
        print(f"{name}: {losses[0]:.4f} to {losses[-1]:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
