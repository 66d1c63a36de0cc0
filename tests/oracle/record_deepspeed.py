#!/usr/bin/env python3
"""Asks the real Accelerate and DeepSpeed about every sample of the rules for DeepSpeed's own file.

    make oracle-deepspeed    (writes tests/fixtures/oracle/deepspeed.json)

The first argument is the folder that `cargo run --example rule_samples FOLDER` has written. Only the stage of a refusal is kept,
never the library's sentences. The fingerprint (FNV-1a, 64 bit) of each sample lets the tests notice
that a changed sample has not been asked about again.
"""

import json
import os
import sys
import tempfile

import judge_deepspeed

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, "..", "fixtures", "oracle", "deepspeed.json")


def fingerprint(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def sections():
    """The names that each checked section knows, by DeepSpeed's own classes."""
    from deepspeed.comm.config import CommsLoggerConfig
    from deepspeed.compile.config import CompileConfig
    from deepspeed.inference.config import WeightQuantConfig
    from deepspeed.monitor import config as monitor
    from deepspeed.runtime.config import HybridEngineConfig
    from deepspeed.runtime.precision_config import DeepSpeedBF16Config, DeepSpeedFP16Config
    from deepspeed.runtime.tensor_parallel.config import TPConfig, TPTrainingConfig
    from deepspeed.runtime.zero import config as zero
    from deepspeed.utils.config import DeepSpeedThroughputTimerConfig

    classes = {
        "zero_optimization": zero.DeepSpeedZeroConfig,
        "zero_optimization.leaf_module": zero.DeepSpeedZeroLeafModuleConfig,
        "zero_optimization.zenflow": zero.ZenFlowConfig,
        "zero_optimization.offload_param": zero.DeepSpeedZeroOffloadParamConfig,
        "zero_optimization.offload_optimizer": zero.DeepSpeedZeroOffloadOptimizerConfig,
        "fp16": DeepSpeedFP16Config,
        "bf16": DeepSpeedBF16Config,
        "weight_quantization": WeightQuantConfig,
        "tensor_parallel": TPTrainingConfig,
        "tensor_parallel.tensor_parallel": TPConfig,
        "compile": CompileConfig,
        "tensorboard": monitor.TensorBoardConfig,
        "wandb": monitor.WandbConfig,
        "csv_monitor": monitor.CSVConfig,
        "comet": monitor.CometConfig,
        "comms_logger": CommsLoggerConfig,
        "hybrid_engine": HybridEngineConfig,
        "timers.throughput": DeepSpeedThroughputTimerConfig,
    }
    names = lambda fields: sorted({name for key, field in fields.items() for name in (key, field.alias) if name})
    return {section: names(kind.model_fields) for section, kind in classes.items()}


def already_recorded(deepspeed, accelerate):
    """The samples of the record, where it was made with the same releases."""
    try:
        with open(RECORD, encoding="utf-8") as file:
            record = json.load(file)
    except FileNotFoundError:
        return {}
    is_same = (record["deepspeed"], record["accelerate"]) == (deepspeed, accelerate)
    return record["samples"] if is_same else {}


def main():
    version = judge_deepspeed.load()
    import accelerate

    asked = sys.argv[1]
    with open(os.path.join(asked, "samples.json"), encoding="utf-8") as file:
        listed = json.load(file)
    known = already_recorded(version, accelerate.__version__)
    samples = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ds.json")
        for sample in listed:
            if not sample["rule"].startswith("deepspeed-file/"):
                continue
            with open(os.path.join(asked, sample["path"]), "rb") as file:
                data = file.read()
            name = f"{sample['rule']} {sample['kind']}"
            if known.get(name, {}).get("fingerprint") == fingerprint(data):
                samples[name] = known[name]
                continue
            with open(path, "wb") as file:
                file.write(data)
            verdict = judge_deepspeed.judge(path)
            refused = None if verdict["ok"] else verdict["stage"]
            samples[name] = {"fingerprint": fingerprint(data), "refused": refused}
            print(name, verdict.get("error", "ok"), file=sys.stderr, flush=True)
    record = {"accelerate": accelerate.__version__, "deepspeed": version, "sections": sections(), "samples": samples}
    with open(RECORD, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
