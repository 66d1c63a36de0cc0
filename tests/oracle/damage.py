"""Damaged copies of configs: what people do to a file by accident, and what only an attacker does."""

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
