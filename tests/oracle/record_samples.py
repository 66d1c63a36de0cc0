#!/usr/bin/env python3
"""Asks the real Accelerate about the bad and the good sample of every rule.

    make oracle        (needs the packages of worker.py; writes tests/fixtures/oracle/samples.json)

The first argument is the folder that `cargo run --example rule_samples FOLDER` has written. Answers are
those of record_load.py, by "<rule> <bad|good|fixed>", and go further:
  {"stage": "worker",     "error": "<type>"}   the real `Accelerator()` refuses
  {"stage": "prepare",    "error": "<type>"}   `Accelerator.prepare` or Megatron-LM's core refuses
  {"stage": "rendezvous", "error": "<type>"}   the machines never find each other (machines.py)
Samples for another release are left out, and so are
those of DeepSpeed's own file: record_deepspeed.py asks about them; and those that need another machine than
the one that is pretended here. A DeepSpeed file `ds.json` is there,
with the text that stands beside the sample or with a plain one.
"""

import json
import os
import pathlib
import sys
import tempfile

import machines
import record_load
import worker

RELEASE = "1.15"
STEPS = (("worker", worker.build), ("prepare", worker.prepare))
# The rules about how machines meet, with the rank that the bad and the good sample give.
MEETINGS = {"network/port-zero": {"bad": 0, "good": 0}, "processes/machine-rank": {"bad": 2, "good": 1}}
PLAIN = '{"train_micro_batch_size_per_gpu": "auto", "zero_optimization": {"stage": 3}}\n'


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    samples = [sample for sample in json.loads((folder / "samples.json").read_text()) if sample["release"] == RELEASE]
    samples = [sample for sample in samples if not sample["rule"].startswith(("deepspeed-file/", "hardware/"))]
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    os.environ.clear()
    os.environ.update(keep)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HF_HOME"] = home
        os.chdir(home)
        worker.load()
        record_load.pretend_hardware()
        record_load.pretend_packages()
        record_load.stop_at_the_start()
        record = {}
        for sample in samples:
            path = folder / sample["path"]
            name = f"{sample['rule']} {sample['kind']}"
            pathlib.Path(home, "ds.json").write_text(sample["beside"] or PLAIN)
            mark = record_load.fingerprint(path.read_bytes())
            refused = record_load.ask_in_child(path, STEPS)
            if refused is None and sample["rule"] in MEETINGS:
                refused = machines.meet(path, MEETINGS[sample["rule"]][sample["kind"]], pathlib.Path(home))
            record[name] = {"fingerprint": mark, "refused": refused}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(record.items()))
    target = record_load.ROOT / "tests/fixtures/oracle/samples.json"
    target.write_text(f"{{\n{lines}\n}}\n")
    print(f"{len(record)} samples asked about, {target.relative_to(record_load.ROOT)} written")


if __name__ == "__main__":
    main()
