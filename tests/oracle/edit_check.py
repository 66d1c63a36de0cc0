"""Asks PyYAML and Python's json whether edits did what they say, and nothing else.

    cargo build --example edit_check
    python tests/oracle/edit_check.py target/debug/examples/edit_check FOLDER... [--damage N] [--every N]

Needs PyYAML 6.0.3. Every key of every config in the folders is set, renamed, removed and followed by
a new one (see examples/edit_check.rs). Python reads both texts; what the second says must be what the
first says, changed by the edit. `--damage N` tries N damaged copies of the configs instead; `--every N`
looks at one edit in N only. Exit code 1 when an edit did something else.
"""

import argparse
import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import yaml

PIECES = [": ", "- ", "? ", "&a ", "*a", "!!str ", "#", " # c", "\n", "\n ", "\n  ", "'", '"', "{", "}", "[", "]",
          ",", "\n<<: *a\n", "\t", "|\n", ">+\n\n", "~", "{a: 1, b}", "[1,\n 2]", "\n- x\n", "\r", "\u2028", "é", "\ufeff"]


def damaged(configs, count, folder):
    rng = random.Random(20261120)
    for number in range(count):
        config = rng.choice(configs)
        text = config.read_bytes().decode("utf-8", "replace")
        for _ in range(rng.randint(1, 3)):
            lines = text.split("\n")
            at = rng.randrange(len(text) + 1)
            line = rng.randrange(len(lines))
            text = rng.choice([
                lambda: text[:at] + rng.choice(PIECES) + text[at:],
                lambda: text[:at] + text[at + rng.randint(1, 4):],
                lambda: "\n".join(lines[:line] + [lines[line]] + lines[line:]),
                lambda: "\n".join(lines[:line] + [" " * rng.randint(1, 4) + lines[line]] + lines[line + 1:]),
                lambda: text.replace("\n", "\r\n"),
                lambda: text[:at],
            ])()
        (folder / f"{number}{config.suffix}").write_bytes(text.encode("utf-8", "replace"))


def load(text, is_json):
    return json.loads(text) if is_json else yaml.safe_load(text)


def expected(value, path, verb, more):
    """The value after the edit; None as the container of something becomes a mapping or a list."""
    if not path:
        return more
    step, rest = path[0], path[1:]
    if value is None:
        value = [] if isinstance(step, int) else {}
    if isinstance(value, list):
        return expected_list(list(value), step, rest, verb, more)
    pairs = list(value.items())
    index = next((at for at, (key, _) in enumerate(pairs) if key == step and isinstance(key, str)), None)
    new = more[0] if verb == "insert" else more
    if verb == "remove" and not rest:
        del pairs[index]
    elif verb == "rename" and not rest:
        pairs[index] = (more, pairs[index][1])
    elif index is not None:
        pairs[index] = (step, expected(pairs[index][1], rest, verb, more))
    else:
        after = more[1] if verb == "insert" and not rest else []
        places = [at + 1 for at, (key, _) in enumerate(pairs) if key in after]
        pairs.insert(places[0] if places else len(pairs), (step, expected(None, rest, "set", new)))
    return dict(pairs)


def expected_list(items, step, rest, verb, more):
    if verb == "remove" and not rest:
        del items[step]
    elif verb == "insert" and not rest:
        items.insert(step, more[0])
    elif step < len(items):
        items[step] = expected(items[step], rest, verb, more)
    else:
        items.append(expected(None, rest, "set", more))
    return items


def says(value):
    """A form in which order, types and numbers that are none compare."""
    if isinstance(value, dict):
        return ["map", [[says(key), says(item)] for key, item in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["list", [says(item) for item in value]]
    return [type(value).__name__, repr(value)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--damage", type=int, default=0)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = options.folders
        if options.damage:
            configs = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
            damaged(configs, options.damage, pathlib.Path(scratch))
            folders = [pathlib.Path(scratch)]
        answer = subprocess.run([options.program, "--lines", *folders], stdout=subprocess.PIPE)
    lines = answer.stdout.decode().split("\n")
    edits = [line for line in lines if line.startswith("{")]
    print("\n".join(line for line in lines if line and not line.startswith(("{", "    "))))
    wrong = 0
    before = (None, None)
    for line in edits[::options.every]:
        edit = json.loads(line)
        if before[0] != edit["before"]:
            before = (edit["before"], load(edit["before"], edit["json"]))
        try:
            wanted = says(expected(copy.deepcopy(before[1]), edit["path"], edit["verb"], edit["more"]))
            found = says(load(edit["after"], edit["json"]))
        except Exception as error:
            wanted, found = None, repr(error)
        if wanted != found:
            wrong += 1
            print(f"{edit['verb']} {edit['path']}: {edit['after']!r}\n  says {found}\n  not  {wanted}")
    print(f"{len(edits[::options.every])} of {len(edits)} edits read by Python: {wrong} wrong")
    return 1 if wrong or answer.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
