"""What Python itself says of a text: PyYAML's SafeLoader for YAML, the json module for JSON.

An answer is `{"value": [type, payload]}`, or `{"error": exception, "line": line}` with the line that the
exception points at, from 1, or None. Integers are text, floats are their bits, sets are sorted.
"""

import datetime
import json
import struct
import sys

import yaml

assert yaml.__version__ == "6.0.3", "the answers are those of PyYAML 6.0.3"
ORACLE = "PyYAML 6.0.3 yaml.safe_load"


class Recursive(Exception):
    """A value that contains itself: PyYAML takes it, we refuse it."""


def of_yaml(text):
    """What yaml.safe_load says of a text."""
    return _answer(text, yaml.safe_load)


def of_json(text):
    """What json.loads says of a text."""
    return _answer(text, json.loads)


def compact(answer):
    """One line of JSON, always the same for the same answer."""
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


def _answer(text, load):
    try:
        return {"value": _typed(load(text), ())}
    except RecursionError:
        return {"error": "RecursionError", "line": None}
    except Exception as error:  # every exception is a refusal
        return {"error": type(error).__name__, "line": _line(error, text)}


def _line(error, text):
    if isinstance(error, json.JSONDecodeError):
        return line_at(text, error.pos)
    if isinstance(error, yaml.reader.ReaderError):
        return line_at(text, error.position)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark and line_at(text, mark.index)


def line_at(text, index):
    """The line of a character as an editor counts lines, from 1; behind the last character, that of the last."""
    before = text[: max(0, min(index, len(text) - 1))]
    return 1 + before.count("\n") + before.replace("\r\n", "").count("\r") - (before.endswith("\r") and text[len(before)] == "\n")


def _typed(value, above):
    if isinstance(value, (dict, list, set, tuple)):
        if any(value is other for other in above):
            raise Recursive
        above = (*above, value)
    match value:
        case None:
            return ["null"]
        case bool():
            return ["bool", value]
        case int():
            return ["int", _decimal(value)]
        case float():
            bits = "nan" if value != value else struct.pack(">d", value).hex()
            return ["float", bits]
        case str():
            return ["str", "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)]
        case bytes():
            return ["bin", value.hex()]
        case datetime.date():
            return ["ts", value.isoformat()]
        case set():
            return ["set", sorted((_typed(member, above) for member in value), key=compact)]
        case dict():
            return ["map", [[_typed(k, above), _typed(v, above)] for k, v in value.items()]]
        case list() | tuple():
            return ["seq", [_typed(item, above) for item in value]]
    raise TypeError(type(value))


def _decimal(number):
    """str() without Python's limit of 4300 digits, which is a limit on reading too and stays on for that."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return str(number)
    finally:
        sys.set_int_max_str_digits(limit)
