"""Does our reader say what PyYAML says, of thousands of damaged configs?

    make differential
    python3 tests/oracle/differential.py READER [--kind realistic] [--count 20000] [--seed 1] [--show 10]
    python3 tests/oracle/differential.py READER --files FOLDER...

READER is the built example `read_yaml`. The documents of kind `realistic` and `hostile` are damaged
copies of presets/ and of tests/fixtures/configs/, those of kind `words`, `values` and `json` are made
up; with --files they are the files of the folders, read as their suffix says.
Two answers are the same when both refuse, or both give the same typed value. Lines of refusals are
compared and counted apart. Exits with 1 when fewer than 99.9 % are the same.

Known and wanted differences: values that contain themselves, more than 128 levels, more than a million values.
"""

import argparse
import json
import random
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import answers
import damage

ROOT = Path(__file__).resolve().parent.parent.parent
ENOUGH = 0.999
KINDS = {
    "realistic": (damage.by_accident, answers.of_yaml, []),
    "hostile": (damage.by_malice, answers.of_yaml, []),
    "words": (damage.of_words, answers.of_yaml, []),
    "values": (damage.of_values, answers.of_yaml, []),
    "json": (damage.of_json, answers.of_json, ["--json"]),
}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("reader")
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kind", choices=KINDS, default="realistic")
    options.add_argument("--show", type=int, default=10)
    options.add_argument("--files", nargs="+")
    options = options.parse_args()
    if options.files:
        sys.exit(not compare_files(options))
    make, oracle, flags = KINDS[options.kind]
    documents = made_up(options, make)
    same = compare(options, documents, oracle, flags)
    sys.exit(same < ENOUGH * len(documents))


def made_up(options, make):
    folders = [ROOT / "presets", ROOT / "tests" / "fixtures" / "configs"]
    seeds = [read(path) for folder in folders for path in sorted(folder.rglob("*.yaml"))]
    seeds = [seed for seed in seeds if seed]
    rng = random.Random(options.seed)
    print(f"{options.count} {options.kind} documents, {len(seeds)} configs to start from, seed {options.seed}")
    return [make(rng.choice(seeds), rng) for _ in range(options.count)]


def read(path):
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


def compare_files(options):
    paths = [path for folder in options.files for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    texts = {path: read(path) for path in paths}
    kinds = [(answers.of_yaml, [], lambda path: path.suffix != ".json"), (answers.of_json, ["--json"], lambda path: path.suffix == ".json")]
    all_same = True
    for oracle, flags, belongs in kinds:
        documents = [text for path, text in texts.items() if belongs(path) and text is not None]
        print(f"{len(documents)} files {' '.join(flags)}")
        all_same &= compare(options, documents, oracle, flags) == len(documents)
    print(f"{sum(text is None for text in texts.values())} files are not UTF-8")
    return all_same


def compare(options, documents, oracle, flags):
    """How many documents get the same answer; prints the others."""
    ours = ask_reader(options.reader, flags, documents)
    with ProcessPoolExecutor() as pool:
        theirs = list(pool.map(oracle, documents, chunksize=200))
    different = [triple for triple in zip(documents, ours, theirs) if not is_same(*triple[1:])]
    same = len(documents) - len(different)
    accepted = sum("value" in answer for answer in theirs)
    print(f"same {same}, different {len(different)} ({accepted} accepted, {len(documents) - accepted} refused)")
    report_lines(options, documents, ours, theirs)
    for document, our, their in different[: options.show]:
        print(f"--- different\n{document!r}\n  ours   {shorten(our)}\n  theirs {shorten(their)}")
    return same


def ask_reader(reader, flags, documents):
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    run = subprocess.run([reader, *flags], input=lines, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in run.stdout.split("\n") if line]


def is_same(ours, theirs):
    if "value" in ours and "value" in theirs:
        return in_order(ours["value"]) == in_order(theirs["value"])
    return ("value" in ours) == ("value" in theirs)


def in_order(value):
    """Members of sets have no order."""
    match value:
        case ["set", members]:
            return ["set", sorted(map(in_order, members), key=answers.compact)]
        case ["map" | "seq" as kind, items]:
            return [kind, [list(map(in_order, item)) if kind == "map" else in_order(item) for item in items]]
        case _:
            return value


def report_lines(options, documents, ours, theirs):
    """Of the refusals whose line Python names: how many have it in ours."""
    named = [(d, o, t) for d, o, t in zip(documents, ours, theirs) if "error" in o and t.get("line")]
    apart = [(d, o, t) for d, o, t in named if o["line"] != t["line"]]
    print(f"refused at the same line {len(named) - len(apart)} of {len(named)}")
    for document, our, their in apart[: options.show // 2]:
        print(f"--- other line\n{document!r}\n  ours   {shorten(our)}\n  theirs {shorten(their)}")


def shorten(answer):
    return answers.compact(answer)[:400]


if __name__ == "__main__":
    main()
