#!/usr/bin/env python3
"""Asks the real transformers how many parameters every model of `presets/models/` has.

    make oracle-models     (needs transformers==5.23.0, torch and diffusers; writes tests/fixtures/models/counts.json)

Each model is built without weights (meta device). Recorded are the number of parameters, the number
of tensors, the classes that FSDP wraps by when the config names none (`_no_split_modules`), and a fingerprint (FNV-1a, 64 bit) of the sorted lines `name [shape]`: equal fingerprints
mean equal names and shapes throughout. With names as arguments the lines themselves are printed,
to lay beside `cargo run --example model_tensors`.
"""

import json
import logging
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "presets" / "models"
COUNTS = ROOT / "tests" / "fixtures" / "models" / "counts.json"


def fingerprint(lines):
    value = 0xCBF29CE484222325
    for byte in "".join(line + "\n" for line in lines).encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def build(config):
    """The model of a config, without weights."""
    import torch

    config = dict(config)
    with torch.device("meta"):
        if "_class_name" in config:
            import diffusers

            return getattr(diffusers, config["_class_name"]).from_config(config)
        import transformers

        cls = getattr(transformers, config["architectures"][0])
        return cls(transformers.AutoConfig.for_model(config.pop("model_type"), **config))


def lines_of(model):
    """Parameters as transformers has them, tied matrices once, not under the name of the head."""
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    names = {}
    for name, each in model.named_parameters(remove_duplicate=False):
        if id(each) not in names or "head" in names[id(each)][0] and "head" not in name:
            names[id(each)] = (name, each)
    return sorted(f"{name} {list(each.shape)}" for name, each in names.values())


def main():
    logging.disable(logging.ERROR)
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            print("\n".join(lines_of(build(json.loads((MODELS / f"{name}.json").read_text())))))
        return
    counts = {}
    for path in sorted(MODELS.glob("*.json")):
        model = build(json.loads(path.read_text()))
        lines = lines_of(model)
        total = sum(each.numel() for each in model.parameters())
        kept = sorted(getattr(model, "_no_split_modules", None) or [])
        counts[path.stem] = {"parameters": total, "tensors": len(lines), "names": fingerprint(lines), "no_split": kept}
    COUNTS.write_text("{\n" + ",\n".join(f' "{name}": {json.dumps(each)}' for name, each in counts.items()) + "\n}" + "\n")
    print(f"{len(counts)} models")


if __name__ == "__main__":
    main()
