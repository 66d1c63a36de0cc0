//! Faults of the text: what PyYAML or Python's json refuses, so that Accelerate reads nothing at all.

use super::sample::{file, yaml};
use super::{Facts, Findings, Rule};
use crate::document::{Document, Edit, FaultKind, Span};
use crate::finding::{Finding, Place, Severity};

pub(super) const RULES: &[Rule] = &[
    NOT_UTF8,
    CONTROL_CHARACTER,
    TAB,
    SYNTAX,
    SEVERAL_DOCUMENTS,
    TAG,
    UNHASHABLE_KEY,
    IMPOSSIBLE_VALUE,
    ANCHOR,
    TOO_LARGE,
    JSON_SYNTAX,
    JSON_BYTE_ORDER_MARK,
];

const NOT_UTF8: Rule = Rule {
    name: "file/not-utf8",
    says: "the file is not UTF-8 text",
    severity: Severity::Error,
    why: "Accelerate opens a config as UTF-8 and stops with a UnicodeDecodeError at the first byte that is \
          none. Files saved by old Windows editors as Latin-1 or UTF-16 look fine until then.",
    bad: file("config.yaml", b"distributed_type: MULTI_GPU\nnum_processes: 2  # f\xfcr zwei Karten\n"),
    good: file(
        "config.yaml",
        "distributed_type: MULTI_GPU\nnum_processes: 2  # für zwei Karten\n".as_bytes(),
    ),
    check: |facts, found| report(facts, found, FaultKind::NotUtf8),
    ..Rule::BLANK
};

const CONTROL_CHARACTER: Rule = Rule {
    name: "yaml/control-character",
    says: "a control character stands in the file",
    severity: Severity::Error,
    why: "PyYAML refuses NUL and other control characters anywhere, even in comments. They come from \
          copying out of terminals and from damaged files.",
    bad: yaml("debug: false # \u{0}"),
    good: yaml("debug: false #"),
    check: |facts, found| report(facts, found, FaultKind::ControlCharacter),
    ..Rule::BLANK
};

const TAB: Rule = Rule {
    name: "yaml/tab",
    says: "a tab stands where YAML allows only spaces",
    severity: Severity::Error,
    why: "YAML forbids tabs for indentation and before a value begins, so Accelerate stops with a \
          ScannerError before it has read a single key.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n\tfsdp_auto_wrap_policy: NO_WRAP\n"),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    check: tab,
    ..Rule::BLANK
};

const SYNTAX: Rule = Rule {
    name: "yaml/syntax",
    says: "the file is not valid YAML",
    severity: Severity::Error,
    why: "PyYAML stops at this place, and Accelerate with it. Often the cause stands a little before: a \
          quote that is not closed, a missing space after a colon, or a value with a colon in it.",
    bad: yaml("gpu_ids: \"0,1\n"),
    good: yaml("gpu_ids: \"0,1\"\n"),
    check: |facts, found| report(facts, found, FaultKind::Yaml),
    ..Rule::BLANK
};

const SEVERAL_DOCUMENTS: Rule = Rule {
    name: "yaml/several-documents",
    says: "the file holds more than one YAML document",
    severity: Severity::Error,
    why: "A line of three dashes begins another document. Accelerate reads exactly one and refuses the \
          file when there are more.",
    bad: yaml("debug: false\n---\ndebug: true\n"),
    good: yaml("---\ndebug: false\n"),
    check: |facts, found| report(facts, found, FaultKind::SeveralDocuments),
    ..Rule::BLANK
};

const TAG: Rule = Rule {
    name: "yaml/tag",
    says: "a tag that Accelerate does not read",
    severity: Severity::Error,
    why: "Accelerate reads with PyYAML's safe loader, which knows only YAML's own tags. Tags that create \
          Python objects or tuples are refused with a ConstructorError.",
    bad: yaml("gpu_ids: !!python/tuple [0, 1]\n"),
    good: yaml("gpu_ids: 0,1\n"),
    check: |facts, found| report(facts, found, FaultKind::Tag),
    ..Rule::BLANK
};

const UNHASHABLE_KEY: Rule = Rule {
    name: "yaml/complex-key",
    says: "a list or mapping stands where a key is needed",
    severity: Severity::Error,
    why: "Python cannot use a list or a mapping as a key, so PyYAML refuses the file. Usually a template \
          such as `{{ name }}` was not filled in.",
    bad: yaml("{{ port }}: 1\n"),
    good: yaml("main_process_port: 29501\n"),
    check: |facts, found| report(facts, found, FaultKind::UnhashableKey),
    ..Rule::BLANK
};

const IMPOSSIBLE_VALUE: Rule = Rule {
    name: "yaml/impossible-value",
    says: "a value looks like a date or number but cannot be one",
    severity: Severity::Error,
    why: "PyYAML sees the shape of a date or a number, tries to convert the text and fails with a \
          ValueError. The file is not read.",
    bad: yaml("distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: 2024-13-45\n"),
    good: yaml("distributed_type: XLA\ntpu_use_cluster: true\ntpu_name: \"2024-13-45\"\n"),
    check: impossible_value,
    ..Rule::BLANK
};

const ANCHOR: Rule = Rule {
    name: "yaml/anchor",
    says: "an anchor or alias does not fit",
    severity: Severity::Error,
    why: "An alias (`*name`) stands for the value marked earlier with an anchor (`&name`). PyYAML refuses \
          an alias without its anchor.",
    bad: yaml("use_cpu: *off\n"),
    good: yaml("debug: &off false\nuse_cpu: *off\n"),
    check: |facts, found| report(facts, found, FaultKind::Anchor),
    ..Rule::BLANK
};

const TOO_LARGE: Rule = Rule {
    name: "yaml/too-large",
    says: "the file is nested or repeated beyond any config",
    severity: Severity::Error,
    why: "Deep nesting overflows Python's stack (a RecursionError). Aliases of aliases load, and fill the memory as \
          soon as the launcher writes the value out. No config needs either, so reading stops here.",
    bad: yaml(BOMB),
    good: yaml("commands: []\n"),
    check: |facts, found| report(facts, found, FaultKind::TooLarge),
    ..Rule::BLANK
};

const JSON_SYNTAX: Rule = Rule {
    name: "json/syntax",
    says: "the file is not strict JSON",
    severity: Severity::Error,
    why: "A name that ends in .json makes Accelerate use Python's json reader: no comments, no trailing \
          comma, double quotes only. YAML in a .json file is refused.",
    bad: file("config.json", b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2,}\n"),
    good: file("config.json", b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n"),
    check: |facts, found| report(facts, found, FaultKind::Json),
    ..Rule::BLANK
};

const JSON_BYTE_ORDER_MARK: Rule = Rule {
    name: "json/byte-order-mark",
    says: "the JSON file begins with a byte order mark",
    severity: Severity::Error,
    why: "Some Windows editors put three invisible bytes at the start of a file. Python's json refuses \
          them; in YAML they are harmless.",
    bad: file("config.json", b"\xef\xbb\xbf{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n"),
    good: file("config.json", b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n"),
    check: json_byte_order_mark,
    ..Rule::BLANK
};

/// Nine steps of nine aliases each: a few lines that stand for 387 million names.
const BOMB: &str = "distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_transformer_layer_cls_to_wrap:
    - &a [GPT2Block, GPT2Block, GPT2Block, GPT2Block, GPT2Block, GPT2Block, GPT2Block, GPT2Block, GPT2Block]
    - &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
    - &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
    - &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
    - &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
    - &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
    - &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]
    - &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]
    - [*h, *h, *h, *h, *h, *h, *h, *h, *h]
";

/// Reports the document's fault when it is of this kind.
fn fault<'f>(facts: &Facts, found: &'f mut Findings, kind: FaultKind) -> Option<&'f mut Finding> {
    let fault = facts.document.fault().filter(|fault| fault.kind == kind)?;
    let finding = found.report(Place::Bytes(fault.span), fault.message.clone());
    finding.advise(fault.advice.clone());
    if let Some((span, words)) = &fault.began {
        finding.relate(Place::Bytes(*span), words.clone());
    }
    Some(finding)
}

fn report(facts: &Facts, found: &mut Findings, kind: FaultKind) {
    fault(facts, found, kind);
}

fn impossible_value(facts: &Facts, found: &mut Findings) {
    let Some(finding) = fault(facts, found, FaultKind::BadScalar) else { return };
    if let Some(edit) = quoted(facts) {
        finding.offer("put the value in quotes", vec![edit]);
    }
}

fn json_byte_order_mark(facts: &Facts, found: &mut Findings) {
    let Some(finding) = fault(facts, found, FaultKind::JsonByteOrderMark) else { return };
    let span = Span { start: 0, end: '\u{feff}'.len_utf8() };
    let edit = Edit::Replace { span, text: String::new() };
    finding.repair("remove the byte order mark", vec![edit]);
}

fn tab(facts: &Facts, found: &mut Findings) {
    let Some(finding) = fault(facts, found, FaultKind::Tab) else { return };
    let edits = without_tabs(facts.document);
    if !edits.is_empty() {
        finding.repair("write spaces instead of tabs", edits);
    }
}

/// Most lines whose tabs are replaced: each takes one more reading of the text.
const TAB_LINES: usize = 500;

/// Edits that turn every tab that YAML refuses into spaces; none where the text has other faults too.
fn without_tabs(document: &Document) -> Vec<Edit> {
    let step = indent_step(document.text());
    let mut text = document.text().to_owned();
    for _ in 0..TAB_LINES {
        let now = Document::parse(text.as_str(), document.format());
        match now.fault() {
            None => return line_edits(document.text(), &text),
            Some(fault) if fault.kind == FaultKind::Tab => replace_tabs(&mut text, fault.span.start, step),
            Some(_) => break,
        }
    }
    Vec::new()
}

/// The smallest indentation by spaces in use; two where there is none.
fn indent_step(text: &str) -> usize {
    let widths = text.lines().map(|line| line.len() - line.trim_start_matches(' ').len());
    widths.filter(|width| *width > 0).min().unwrap_or(2)
}

/// Replaces the tabs before the first word of the line, or else the run of blanks at `at`.
fn replace_tabs(text: &mut String, at: usize, step: usize) {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let is_blank = |letter: char| letter == ' ' || letter == '\t';
    let margin_end = start + (text[start..].len() - text[start..].trim_start_matches(is_blank).len());
    if at < margin_end {
        let spaces = text[start..margin_end].replace('\t', &" ".repeat(step));
        text.replace_range(start..margin_end, &spaces);
    } else {
        let end = at + (text[at..].len() - text[at..].trim_start_matches(is_blank).len());
        text.replace_range(at..end.max(at + 1), " ");
    }
}

/// The lines that differ, last first, so that each span is true when its turn comes.
fn line_edits(before: &str, after: &str) -> Vec<Edit> {
    let mut end = before.len();
    let mut edits = Vec::new();
    for (old, new) in before.split_inclusive('\n').rev().zip(after.split_inclusive('\n').rev()) {
        let span = Span { start: end - old.len(), end };
        end = span.start;
        if old != new {
            edits.push(Edit::Replace { span, text: new.to_owned() });
        }
    }
    edits
}

/// The faulty value in single quotes.
fn quoted(facts: &Facts) -> Option<Edit> {
    let span = facts.document.fault()?.span;
    let value = facts.document.text().get(span.start..span.end)?;
    let text = format!("'{}'", value.replace('\'', "''"));
    Some(Edit::Replace { span, text })
}
