"""Records what the real transformers computes for tiny models of every family that the worker trains.

Each case is a random model with a few thousand parameters: its `config.json` and weights as transformers saves them,
logits for fixed tokens in fp32, the loss, and the norm of every parameter's gradient.

    record_logits.py tests/fixtures/worker/logits
"""

import copy
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

BATCH, TOKENS, VOCABULARY = 2, 16, 32
# small and wide in values: attention must depend on positions, or wrong ones would not show
DECODER = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}
GPT2 = {
    "model_type": "gpt2",
    "vocab_size": VOCABULARY,
    "n_positions": 24,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 4,
    "initializer_range": 0.3,
    "bos_token_id": None,
    "eos_token_id": None,
}


def decoder(kind, **fields):
    return {"model_type": kind, **DECODER, **fields}


def rope(**fields):
    return decoder("llama", rope_parameters={"rope_theta": 100.0, **fields})


CASES = {
    "llama": decoder("llama"),
    "llama-tied": decoder("llama", tie_word_embeddings=True, rms_norm_eps=1e-3),
    "llama-no-groups": decoder("llama", num_key_value_heads=4, head_dim=4),
    "llama-one-key-head": decoder("llama", num_key_value_heads=1),
    "llama-biases": decoder("llama", attention_bias=True, mlp_bias=True, hidden_act="gelu"),
    "llama-padding": decoder("llama", pad_token_id=3),
    "llama-linear": rope(rope_type="linear", factor=4.0),
    "llama-dynamic": {**rope(rope_type="dynamic", factor=4.0), "max_position_embeddings": 8},
    "llama-llama3": rope(
        rope_type="llama3",
        factor=8.0,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=32,
    ),
    "llama-yarn": rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16),
    "llama-yarn-scaled": rope(
        rope_type="yarn",
        factor=4.0,
        original_max_position_embeddings=16,
        beta_fast=2.0,
        beta_slow=0.5,
        mscale=1.0,
        mscale_all_dim=0.5,
        truncate=False,
    ),
    "mistral-window": decoder("mistral", sliding_window=5),
    "mistral-no-window": decoder("mistral", sliding_window=None, rope_parameters={"rope_theta": 1e6}),
    "qwen2": decoder("qwen2", tie_word_embeddings=True),
    "qwen2-window": decoder("qwen2", use_sliding_window=True, sliding_window=4, max_window_layers=1),
    "qwen3": decoder("qwen3"),
    "qwen3-window": decoder(
        "qwen3",
        attention_bias=True,
        tie_word_embeddings=True,
        use_sliding_window=True,
        sliding_window=6,
        layer_types=["sliding_attention", "full_attention"],
    ),
    "gpt2": GPT2,
    "gpt2-untied": {**GPT2, "tie_word_embeddings": False, "n_inner": 40, "activation_function": "relu"},
    "gpt2-scaled": {**GPT2, "scale_attn_by_inverse_layer_idx": True, "scale_attn_weights": False},
}
# how a case's weights are stored, where not as one file in fp32
STORED = {"llama-biases": {"dtype": torch.bfloat16}, "qwen2-window": {"dtype": torch.float16}, "qwen3": {"shard": "10KB"}}


def model_of(config, seed):
    fields = dict(config)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(fields.pop("model_type"), **fields))
    with torch.no_grad():  # norms and biases begin as ones and zeros, which would hide their absence
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.2)
    return model.eval()


def record(folder, name, config, seed):
    stored = STORED.get(name, {})
    model = model_of(config, seed)
    with torch.no_grad():  # parameters alone: `model.to` would round the frequencies of rotary positions as well
        for parameter in model.parameters():
            parameter.copy_(parameter.to(stored.get("dtype", torch.float32)))
    saved = copy.deepcopy(model).to(stored.get("dtype", torch.float32))
    saved.save_pretrained(folder, max_shard_size=stored.get("shard", "1GB"))
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens = torch.randint(0, VOCABULARY, (BATCH, TOKENS + 1), generator=torch.Generator().manual_seed(seed))
    logits = model(tokens[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1))
    loss.backward()
    save_file({"logits": logits.detach().contiguous()}, folder / "logits.safetensors")
    gradients = {key: float(it.grad.norm()) for key, it in model.named_parameters()}
    answer = {"tokens": tokens.tolist(), "loss": loss.item(), "gradients": gradients}
    (folder / "answer.json").write_text(json.dumps(answer, indent=1) + "\n")


def as_transformers_4(folder):
    """The config as transformers 4 wrote it: `rope_theta` at the top, `rope_scaling` with `type`."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = {"type": rope.pop("rope_type"), **rope}
    path.write_text(json.dumps(config, indent=2) + "\n")


def without_prefix(folder):
    """Names as those of the first GPT-2 on the hub: without `transformer.`, and with the mask as a tensor."""
    path = folder / "model.safetensors"
    tensors = {key.removeprefix("transformer."): it for key, it in load_file(path).items()}
    tensors["h.0.attn.bias"] = torch.ones(1, 1, 4, 4).tril()
    save_file(tensors, path, {"format": "pt"})


def check(folder):
    """What was changed by hand must mean the same to transformers."""
    model, told = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not told["missing_keys"], (folder, told)
    answer = json.loads((folder / "answer.json").read_text())
    with torch.no_grad():
        logits = model.eval()(torch.tensor(answer["tokens"])[:, :-1]).logits
    difference = (logits - load_file(folder / "logits.safetensors")["logits"]).abs().max().item()
    assert difference < 1e-5, (folder, difference)


def main(root):
    assert transformers.__version__ == "5.23.0", transformers.__version__
    for seed, (name, config) in enumerate(CASES.items()):
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        record(folder, name, config, seed)
        if name == "llama-linear":
            as_transformers_4(folder)
        if name == "gpt2-scaled":
            without_prefix(folder)
        check(folder)
    print(f"{len(CASES)} models recorded in {root}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
