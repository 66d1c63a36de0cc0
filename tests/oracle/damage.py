"""Texts to compare readers on: what people do to a config by accident, what only an attacker does, and
words of YAML, of its values and of JSON in any order.
"""

import json

ODD_VALUES = """no NO yes off True ~ null .nan .inf 1e5 1.0e-5 1_000 010 08 0x1F 0b101 12:30 1:60 -1:30 2024-01-01 2024-13-45
2001-12-14T21:59:43Z '' "" 'it''s' "a\\nb" 'open "open [1, [1,2] {a: 1} {a:1} {a} [a: b] [] {} &x *x &x\\x201 !!str\\x20no !!int\\x203
!!int\\x20x !foo <<  = | > |- >+ |2 a:b a:\\x20b #c a#b a\\x20#b @a `a` %a , ] } ? - : -\\x20a ?\\x20a http://host:80/path C:\\dir 0,1
"0,1" fp16 "\\q" "\\x41" "\\u00e9" é 1,000 +.5 1. 5.e+1 \\x20 - --- ...""".split()
ODD_VALUES = [value.replace("\\x20", " ") for value in ODD_VALUES]

ODD_LINES = ["---", "...", "# comment", "", "   ", "\t", "- a", "-", "key", "key:", ": value", "? key", "<<: *x", "<<: {a: 1}",
             "%YAML 1.1", "}", "]", "'", '"', "  nested: 1", "a: |", "  text", "a: b: c", "{", "1: 2", "true: 3", "[a, b]: c"]

HOSTILE = ["\0", "\x07", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\r", "\t", "&a ", "&b ", "*a", "*b ",
           "!", "!! ", "!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!map ", "!!seq ", "!!set ", "!!binary ", "!<x> ",
           "!<tag:yaml.org,2002:str> ", "!e!x ", "!a%41 ", "%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%YAML 2.0\n---\n",
           "%TAG ! tag:yaml.org,2002:\n---\n", "%TAG !e! tag:yaml.org,2002:\n---\n", "%FOO bar\n---\n", "---\n", "...\n", "--- ",
           "\n", "\n\n", " ", "  ", ":", ": ", "? ", "- ", "-", ",", "[", "]", "{", "}", "'", '"', "|\n", ">\n", "|+\n ", ">-2\n", "#", " #",
           "<<: ", "=", "<<", "~", "\\", "\\u2028", "\\x", "\\\n", "\U0001f600", "é", "@", "`", "%", "1:30", "0x", "2024-02-30", "k" * 1030]


SOUP = ["a", "b", "c: ", "k:", "- ", "- ", "? ", ": ", ":", "\n", "\n", "\n  ", "\n    ", "\n ", "\r\n", "\r", "\t", " ", "  ", "#c", " # c",
        "[", "]", "{", "}", ",", "'", '"', "''", '""', "|\n", "|", "> ", "|2\n", ">-\n", "|+\n\n", "&a ", "&b", "*a", "*a ", "*b", "!!str ",
        "!x ", "!<y> ", "!", "!!set ", "!!omap ", "!!pairs ", "!!map ", "!!seq ", "!!null ", "!!int ", "---", "\n---\n", "\n...\n",
        "%YAML 1.1\n", "%TAG ! tag:yaml.org,2002:\n---\n", "<<: ", "<<: *b", "=", "~", "1", "0x", "1:30", "2024-01-01", "null", "true",
        "-", "1e", "?", "é", "\x85", "\u2028", "\ufeff", "\U0001f600", "\\", "\\x41", "\\u"]

VALUE = ["0", "1", "2", "5", "6", "9", "00", "10", "59", "60", "_", ".", ":", "-", "+", "e", "E", "x", "b", "o", "0x", "0b", "a", "f", "T", "t",
         "Z", " ", "inf", "Inf", "nan", "NaN", ".inf", ".nan", "2024", "-01", "-12", "-31", "-1", "12:30", "12:30:45", ".5", "+1", "+01:00",
         "-05:30", "\t", "=", "<<", "~", "null", "yes", "No", "ON", "off", "true", "é"]

TAGS = ["", "", "", "", "! ", "!!int ", "!!float ", "!!bool ", "!!timestamp ", "!!null ", "!!str ", "!!binary ", "!!merge ", "!!value "]

JSON = ["{", "}", "[", "]", ",", ":", '"', '"a"', '"b"', " ", "\n", "\r", "\t", "1", "-", "0", ".5", "e", "E+", "12", "NaN", "Infinity",
        "-Infinity", "null", "true", "false", "None", "\\", "\\n", "\\u00e9", "\\ud83d", "\\ude00", '"\\ud83d\\ude00"', "//", "#", "é",
        "\u2028", "\0", "\x7f", "\ufeff", '"a":', '"a": 1,', "[1,", "2]", "1e400", "-0", "01", "+1"]

JSON_CONFIG = json.dumps({"fp16": {"enabled": "auto", "x": [1, 2.5, None, True]}, "zero": {"stage": 3, "é": "x\ny"}}, indent=2)


def of_words(text, rng):
    """Up to fourteen words of YAML."""
    return "".join(rng.choices(SOUP, k=rng.randint(1, 14)))


def of_values(text, rng):
    """One value without quotes, as a key, a value or an item."""
    value = "".join(rng.choices(VALUE, k=rng.randint(1, 6)))
    tag = rng.choice(TAGS)
    value = f"'{value}'" if tag and rng.random() < 0.5 else value
    return rng.choices(["k: {}{}\n", "{}{}: 1\n", "[{}{}]\n"], [4, 1, 1])[0].format(tag, value)


def of_json(text, rng):
    """Up to eight words of JSON, or a JSON config with one to three of them inserted."""
    if rng.random() < 0.5:
        return "".join(rng.choices(JSON, k=rng.randint(1, 8)))
    text = JSON_CONFIG
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice([*JSON, ""]) + text[at + rng.choice([0, 0, 1, 2, 3]):]
    return text


def by_accident(text, rng):
    """One to four slips in a text."""
    lines = text.split("\n")
    for _ in range(rng.randint(1, 4)):
        if not lines:
            break
        at = rng.randrange(len(lines))
        lines[at:at + 1] = rng.choice(SLIPS)(lines[at], lines, rng)
    ending = rng.choices(["\n", "\r\n", "\r"], [20, 3, 1])[0]
    text = ending.join(lines)
    return text[: rng.randrange(len(text) + 1)] if rng.random() < 0.03 else text


def by_malice(text, rng):
    """One to six insertions, deletions and swaps of pieces."""
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.randint(0, 8))
        roll = rng.random()
        if roll < 0.65:
            text = text[:at] + rng.choice(HOSTILE) + text[at:]
        elif roll < 0.8:
            text = text[:at] + text[end:]
        elif roll < 0.9:
            text = text[:at] + rng.choice(HOSTILE) + text[end:]
        else:
            other = rng.randrange(len(text) + 1)
            text = text[:other] + text[at:end] + text[other:]
    return text


def _value(change):
    """A slip in what follows the colon."""
    def slip(line, lines, rng):
        key, colon, value = line.partition(":")
        return [key + colon + change(value, rng)] if colon else [line]
    return slip


def _somewhere(piece):
    def slip(line, lines, rng):
        at = rng.randrange(len(line) + 1)
        return [line[:at] + piece(rng) + line[at:]]
    return slip


SLIPS = [
    lambda line, lines, rng: [" " * rng.randint(1, 4) + line],
    lambda line, lines, rng: [line[rng.randint(1, 2):]],
    lambda line, lines, rng: [line.lstrip()],
    lambda line, lines, rng: ["\t" + line],
    lambda line, lines, rng: [line.replace("  ", "\t", 1)],
    lambda line, lines, rng: [line.replace(": ", ":\t", 1)],
    lambda line, lines, rng: [line + rng.choice(["\t", " ", " \t", "\t# c", " # c", "#c", "  #", " :", ":", ","])],
    lambda line, lines, rng: [line.replace(":", "", 1)],
    lambda line, lines, rng: [line.replace(": ", ":", 1)],
    lambda line, lines, rng: [line.replace(": ", " = ", 1)],
    lambda line, lines, rng: [line.replace(": ", " : ", 1)],
    lambda line, lines, rng: [line, line],
    lambda line, lines, rng: [],
    lambda line, lines, rng: [rng.choice(lines), line],
    lambda line, lines, rng: [line, rng.choice(ODD_LINES)],
    lambda line, lines, rng: [" " * rng.randint(0, 4) + rng.choice(ODD_LINES), line],
    lambda line, lines, rng: ["# " + line],
    lambda line, lines, rng: ["- " + line],
    lambda line, lines, rng: ['"' + line + rng.choice(['"', ""])],
    _value(lambda value, rng: " " + rng.choice(ODD_VALUES)),
    _value(lambda value, rng: " " + rng.choice(ODD_VALUES)),
    _value(lambda value, rng: " " + rng.choice(ODD_VALUES) + " # c"),
    _value(lambda value, rng: rng.choice([" '{}'", ' "{}"', " '{}", ' {}"', " [{}]", " {{a: {}}}", " [{}", " {}]"]).format(value.strip())),
    _value(lambda value, rng: "\n" + " " * rng.randint(0, 4) + value.strip()),
    _value(lambda value, rng: value + "\n" + " " * rng.randint(0, 6) + rng.choice(ODD_VALUES)),
    _value(lambda value, rng: ""),
    _somewhere(lambda rng: rng.choice("'\":#-?,[]{}&*!|>%@` \t=~\\")),
    _somewhere(lambda rng: "\n"),
]
