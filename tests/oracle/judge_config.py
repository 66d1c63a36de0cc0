#!/usr/bin/env python3
"""What the real Accelerate does with config files, from reading to `Accelerator.prepare`.

    python tests/oracle/judge_config.py FILE ...        one JSON line each

`refused` is as in record_samples.py, with the message; `built` is what the first worker finally has. A
DeepSpeed file is looked for beside the config. Needs the packages of worker.py.
"""

import json
import os
import pathlib
import sys
import tempfile

import record_load
import worker


def main():
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
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
        built = pathlib.Path(home, "built.json")
        note = lambda _started: built.write_text(json.dumps(worker.state()))
        steps = (("worker", worker.build), ("worker", note), ("prepare", worker.prepare))
        for path in files:
            built.unlink(missing_ok=True)
            os.chdir(path.parent)
            refused = record_load.ask_in_child(path, steps)
            state = json.loads(built.read_text()) if built.exists() else None
            print(json.dumps({"file": path.name, "refused": refused, "built": state}), flush=True)


if __name__ == "__main__":
    main()
