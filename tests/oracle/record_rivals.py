"""Records what other estimators say of the cases of a truth file.

usage: record_rivals.py TRUTH.jsonl OUT.jsonl

One line per case: `id`, and the bytes per GPU that DeepSpeed's helpers and Accelerate's `estimate-memory` give.
* DeepSpeed: `estimate_zero3_model_states_mem_needs` for a sharded model, `estimate_zero2_model_states_mem_needs`
  with one GPU for one that is not; neither with offload. They know no batch and no sequence.
* Accelerate: what `estimate-memory` prints as "Training using Adam", from the same functions on the same empty
  model; the command itself takes only models of the hub. It knows no sharding.
Neither knows adapters, so cases with `lora` are left out. Needs deepspeed==0.19.8, accelerate==1.15.0,
transformers==5.23.0, torch==2.11.0.
"""

import json
import sys

import torch
from accelerate.commands.estimate import calculate_maximum_sizes, estimate_training_usage
from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs
from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs
from transformers import CONFIG_MAPPING, AutoModel

from record_memory import CLASSES


def config_of(case):
    fields = dict(case["config"])
    return CONFIG_MAPPING[fields.pop("model_type")](**fields)


def empty(make, config):
    with torch.device("meta"):  # as `init_empty_weights` does, without filling each matrix first
        return make.from_config(config)


def accelerate_says(case):
    total, _ = calculate_maximum_sizes(empty(AutoModel, config_of(case)))
    settings = case["settings"]
    is_half = settings.get("mixed_precision", "no") != "no" or settings.get("weights_dtype", "fp32") != "fp32"
    return int(max(estimate_training_usage(total, "float16" if is_half else "float32").values()))


def deepspeed_says(case):
    import transformers

    model = empty(getattr(transformers, CLASSES[case["task"]]), config_of(case))
    model.tie_weights()  # a real model's shared parameters are counted once
    total = sum(parameter.numel() for parameter in model.parameters())
    settings = case["settings"]
    if not settings.get("dist", "single").startswith("fsdp"):
        return estimate_zero2_model_states_mem_needs(total, 1, 1, cpu_offload=False)[1]
    largest = max(sum(parameter.numel() for parameter in module.parameters(recurse=False)) for module in model.modules())
    gpus = settings["world"] // settings.get("replicate", 1)
    return estimate_zero3_model_states_mem_needs(total, largest, gpus, 1, cpu_offload=False, cpu_offload_params=False)[1]


def main():
    truth, out = sys.argv[1:]
    said = {}
    with open(truth) as file, open(out, "w") as result:
        for case in map(json.loads, file):
            settings = case["settings"]
            if settings.get("lora"):
                continue
            names = ("weights_dtype", "mixed_precision", "dist", "world", "replicate")
            key = json.dumps([case["config"], case["task"], [settings.get(name) for name in names]], sort_keys=True)
            if key not in said:
                said[key] = {"deepspeed": deepspeed_says(case), "accelerate": accelerate_says(case)}
            result.write(json.dumps({"id": case["id"], **said[key]}) + "\n")


if __name__ == "__main__":
    main()
