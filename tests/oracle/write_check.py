"""Asks PyYAML whether texts come back that our writer wrote.

    cargo build --example write_yaml
    python tests/oracle/write_check.py target/debug/examples/write_yaml [EXTRA.json ...]

Needs PyYAML 6.0.3. Each text is written at eight kinds of places (see examples/write_yaml.rs); PyYAML
must read every one back as the same text. EXTRA.json: files in which every string is tried as well.
Exit code 1 when a text comes back as something else.
"""

import itertools
import json
import random
import string
import subprocess
import sys

import yaml

WORDS = """yes no on off true false null y n ~ = << .inf -.inf .nan inf nan 0 08 010 0x1F 0o17 0b1 1_000
1e5 1e-5 1.0e5 1.0e-5 .5 5. -.5 +1 1:30 12:30:45 190:20:30.15 2024-01-01 2024-13-45 2001-12-14t21:59:43.10-05:00
2001-12-14 21:59:43 --- ... - ? : -- %YAML @a `a *a &a !a !!str |- >+ [a] {a} a,b a:b a:1 http://x:1/y a#b
0,1 all MULTI_GPU LOCAL_MACHINE bf16 fp16 127.0.0.1 ::1 [::1] 4.17.0 0.30 C:\\x ~/x $HOME/x it's "q" """.split()


def texts(extra):
    found = set(WORDS) | {word.upper() for word in WORDS} | {word.title() for word in WORDS}
    found |= {"", " ", "a ", " a", "a: b", "a #b", "a:", "- a", "? a", "a\nb", "a\n", "\ta", "'", '"', "\\"}
    printable = string.digits + string.ascii_letters[:6] + string.punctuation + " \t\n"
    found |= {a + b for a, b in itertools.product(printable, printable)}
    found |= {chr(code) for code in itertools.chain(range(0x250), range(0x2020, 0x2040))}
    found |= {"a" + chr(code) + "b" for code in (0, 7, 0x7F, 0x80, 0x85, 0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0x1F600)}
    rng = random.Random(20261120)
    pieces = WORDS + list(string.punctuation) + [" ", "\n", "\r\n", "\t", "é", "\u2028", "1", "e"]
    found |= {"".join(rng.choices(pieces, k=rng.randint(1, 6))) for _ in range(4000)}
    for path in extra:
        found |= set(strings(json.load(open(path, encoding="utf-8"))))
    return sorted(text for text in found if not any(0xD800 <= ord(each) < 0xE000 for each in text))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        yield from strings(list(value.items()))
    elif isinstance(value, tuple):
        yield from strings(list(value))


def expected(text):
    return [{"k": text}] * 4 + [{"k": [text]}] * 2 + [{text: 1}] * 2


def main():
    program, *extra = sys.argv[1:]
    tried = texts(extra)
    lines = "".join(json.dumps(text) + "\n" for text in tried)
    answer = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    wrong = refused = 0
    for text, line in zip(tried, answer.stdout.decode().splitlines(), strict=True):
        for written, wanted in zip(json.loads(line), expected(text), strict=True):
            if written is None:
                refused += 1
                print("refused", repr(text)[:60])
                continue
            try:
                read = yaml.safe_load(written)
            except Exception as error:
                read = type(error).__name__
            if read != wanted:
                wrong += 1
                print(f"{text!r}: wrote {written!r}, which says {read!r}")
    print(f"{len(tried)} texts at 8 places: {wrong} come back differently, {refused} refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
