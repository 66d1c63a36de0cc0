"""Asks PyYAML 6.0.3 again about every case of the two reading fixtures, and writes its answers.

To add a case, add `{"yaml": "..."}` or `{"text": "..."}` to a fixture and run

    pip install pyyaml==6.0.3
    python3 tests/oracle/record_yaml.py
"""

import json
from pathlib import Path

import answers

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "oracle"


def record(name, text_of):
    path = FIXTURES / name
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    for case in cases:
        for old in ("value", "error", "line"):
            case.pop(old, None)
        case.update(answers.of_yaml(text_of(case)))
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"oracle": "{answers.ORACLE}", "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path.name}: {len(cases)} cases, {sum('error' in case for case in cases)} of them refused")


record("yaml_cases.json", lambda case: case["yaml"])
record("yaml_scalars.json", lambda case: f"key: {case['text']}\n")
