#!/usr/bin/env python3
"""Asks Accelerate's own tools that write configs what they make of a file.

    make oracle-rewrites       (needs accelerate==1.15.0; writes tests/fixtures/oracle/rewrites.json)

For each of our files: the text before, and the text that the real tool leaves behind, or Python's name for its
refusal. Nothing is pretended but the number of GPUs, for `config default`.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "tests/fixtures/oracle/rewrites.json"
FSDP = "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n"
UPDATES = {
    "comments, order and empty values": (
        "a.yaml",
        "# why we train so\nnum_processes: 2  # two cards\nmixed_precision: 'bf16'\ndistributed_type: MULTI_GPU\n"
        "main_process_ip: null\nfsdp_config: {}\n",
    ),
    "words without quotes": ("a.yaml", "distributed_type: NO\nmixed_precision: no\nnum_processes: 1\n"),
    "words in quotes": ("a.yaml", "distributed_type: 'NO'\nmixed_precision: 'no'\nnum_processes: 1\n"),
    "JSON": ("a.json", '{"num_processes": 2, "distributed_type": "MULTI_GPU", "main_process_ip": null}\n'),
    "an unknown key": ("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_procs: 2\n"),
    "an unknown key of a section": ("a.yaml", f"{FSDP}  fsdp_versoin: 2\n"),
}
STRATEGIES = ("FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2", "NO_SHARD", "full_shard", "1")
CONVERSIONS = {
    **{f"strategy {word}": f"{FSDP}  fsdp_sharding_strategy: {word}\n" for word in STRATEGIES},
    "comments": f"# ours\n{FSDP}  fsdp_sharding_strategy: FULL_SHARD  # all of it\n",
    "keys of FSDP1 only": f"{FSDP}  fsdp_use_orig_params: true\n  fsdp_sync_module_states: true\n"
    "  fsdp_backward_prefetch: BACKWARD_PRE\n  fsdp_forward_prefetch: true\n",
    "keys without prefix": f"{FSDP}  sharding_strategy: SHARD_GRAD_OP\n  use_orig_params: true\n",
    "version without prefix": f"{FSDP}  version: 1\n  fsdp_sharding_strategy: FULL_SHARD\n",
    "words without quotes": f"{FSDP}  fsdp_sharding_strategy: FULL_SHARD\nmixed_precision: no\n",
    "no section": "distributed_type: FSDP\nnum_processes: 8\n",
    "already FSDP2": f"{FSDP}  fsdp_version: 2\n  fsdp_sharding_strategy: FULL_SHARD\n",
}


def left(action, path):
    """The text that a tool leaves behind."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            action()
        except Exception as error:
            return {"error": type(error).__name__}
    return {"after": path.read_text()}


def updated(folder):
    from accelerate.commands.config.update import update_config_command

    for name, (file, text) in UPDATES.items():
        path = folder / file
        path.write_text(text)
        action = lambda: update_config_command(argparse.Namespace(config_file=str(path)))
        yield {"tool": "config update", "name": name, "file": file, "before": text, **left(action, path)}


def converted(folder):
    from accelerate.commands.to_fsdp2 import to_fsdp2_command

    for name, text in CONVERSIONS.items():
        path = folder / "a.yaml"
        path.write_text(text)
        wishes = argparse.Namespace(config_file=str(path), overwrite=True, output_file=None)
        yield {"tool": "to-fsdp2", "name": name, "file": "a.yaml", "before": text, **left(lambda: to_fsdp2_command(wishes), path)}


def made(home):
    import torch
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.config.default import default_command_parser, write_basic_config

    parser = default_command_parser(argparse.ArgumentParser().add_subparsers(), [])
    path = home / "accelerate/default_config.yaml"
    for gpus, words in ((0, []), (1, ["--mixed_precision", "bf16"]), (8, [])):
        path.unlink(missing_ok=True)
        torch.cuda.is_available = lambda: gpus > 0
        torch.cuda.device_count = lambda: gpus
        arguments = parser.parse_args(words)
        name = f"{gpus} GPUs"
        yield {"tool": "config default", "name": name, "file": path.name, "before": None, **left(lambda: arguments.func(arguments), path)}
    path.write_text("# ours\ndistributed_type: 'NO'\n")
    yield {
        "tool": "config default", "name": "a file that is there", "file": path.name, "before": path.read_text(),
        **left(lambda: write_basic_config(), path),
    }  # fmt: skip
    path.unlink()
    (home / "accelerate/default_config.json").write_text('{"distributed_type": "MULTI_GPU", "num_processes": 2}\n')
    yield {"tool": "load", "name": "default_config.json", "file": path.name, "before": None, **left(lambda: load_config_from_file(None), path)}


def main():
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        os.environ["HF_HOME"] = str(home)
        import accelerate

        (home / "accelerate").mkdir()
        rows = [*updated(home), *converted(home), *made(home)]
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    TARGET.write_text(f'{{\n "accelerate": {json.dumps(accelerate.__version__)},\n "rewrites": [\n{lines}\n ]\n}}\n')
    print(f"{len(rows)} files asked about, {TARGET.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
