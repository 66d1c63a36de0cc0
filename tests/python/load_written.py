"""Whether transformers loads folders of weights as they are, and computes what was recorded for them.

    load_written.py WRITTEN RECORDED [WRITTEN RECORDED ...]
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

for written, recorded in zip(sys.argv[1::2], sys.argv[2::2]):
    model, told = AutoModelForCausalLM.from_pretrained(written, output_loading_info=True)
    amiss = {key: value for key, value in told.items() if value}
    assert not amiss, (recorded, amiss)
    assert model.dtype == torch.float32, (recorded, model.dtype)
    answer = json.loads((Path(recorded) / "answer.json").read_text())
    with torch.no_grad():
        logits = model.eval()(torch.tensor(answer["tokens"])[:, :-1]).logits
    expected = load_file(Path(recorded) / "logits.safetensors")["logits"]
    difference = (logits - expected).abs().max().item()
    assert difference < 1e-5, (recorded, difference)
    print(recorded)
