//! JSON text to a tree, as Python's json module reads it: strict, except that `NaN` and `Infinity`
//! are numbers and that of repeated keys the last one counts.

mod number;
mod string;
pub(super) mod write;

use super::{Data, Fault, FaultKind, Frame, Node, Pair, Reading, Span, Style};
use crate::value::Value;

/// Lists and mappings inside each other; Python gives up near 990 (its recursion limit).
const DEEPEST: usize = super::yaml::DEEPEST;

/// Values in the tree.
const MOST_VALUES: usize = super::yaml::MOST_VALUES;

/// Reads one JSON value.
pub(super) fn read(text: &str) -> Reading {
    let mut reader = Reader { text, at: 0, depth: 0, values: 0 };
    Reading { tree: reader.document().map(Some), frame: Frame::default() }
}

struct Reader<'t> {
    text: &'t str,
    /// Bytes read; always between two characters.
    at: usize,
    depth: usize,
    values: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Box<Fault>> {
        if self.text.starts_with('\u{feff}') {
            let message = "the file starts with a byte order mark, which Python's json refuses";
            let span = Span { start: 0, end: 3 };
            let advice = "save it as UTF-8 without byte order mark";
            return Err(Fault::new(FaultKind::JsonByteOrderMark, span, message, advice));
        }
        self.skip_blanks();
        if self.at == self.text.len() {
            return Err(self.fault(self.at, "the file is empty", "write at least `{}`"));
        }
        let root = self.value()?;
        self.skip_blanks();
        if self.at < self.text.len() {
            return Err(match self.foreign() {
                Some(fault) => fault,
                None => self.fault(self.at, "something follows the end of the value", "remove it"),
            });
        }
        Ok(root)
    }

    fn value(&mut self) -> Result<Node, Box<Fault>> {
        self.skip_blanks();
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(self.too_large(format!("more than {MOST_VALUES} values")));
        }
        match self.peek() {
            Some(b'{') => self.deeper(Self::map),
            Some(b'[') => self.deeper(Self::list),
            Some(b'"') => self.text_node(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Data, Box<Fault>>) -> Result<Node, Box<Fault>> {
        let start = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.too_large(format!("more than {DEEPEST} lists and mappings inside each other")));
        }
        self.at += 1;
        let data = read(self)?;
        self.depth -= 1;
        Ok(node(Span { start, end: self.at }, Style::Flow, data))
    }

    fn list(&mut self) -> Result<Data, Box<Fault>> {
        let open = self.at - 1;
        let mut items = Vec::new();
        while self.goes_on(open, b']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Data::List(items))
    }

    fn map(&mut self) -> Result<Data, Box<Fault>> {
        let open = self.at - 1;
        let mut pairs = Vec::new();
        while self.goes_on(open, b'}', pairs.is_empty())? {
            pairs.push(self.pair()?);
        }
        Ok(Data::Map(pairs))
    }

    fn pair(&mut self) -> Result<Pair, Box<Fault>> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes", "write `\"key\": value`"));
        }
        let key = self.text_node()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`", "write `\"key\": value`"));
        }
        self.at += 1;
        Ok(Pair { key, value: self.value()? })
    }

    /// True while an item follows; steps over the comma before it, or over the closing bracket.
    fn goes_on(&mut self, open: usize, close: u8, is_first: bool) -> Result<bool, Box<Fault>> {
        self.skip_blanks();
        let next = self.peek();
        if next == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        if next != Some(b',') {
            let expected = format!("`,` or `{}`", char::from(close));
            let fault = self.expected(&expected, "write what is missing");
            return Err(fault.began(Span { start: open, end: open + 1 }, "opened here"));
        }
        let comma = self.at;
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(close) {
            return Err(self.fault(comma, "JSON allows no comma after the last item", "remove the comma"));
        }
        Ok(true)
    }

    fn word(&mut self) -> Result<Node, Box<Fault>> {
        let start = self.at;
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        let found = words.into_iter().find(|(word, _)| self.text[start..].starts_with(word));
        let Some((word, value)) = found else {
            let advice = match self.depth {
                0 => "JSON starts with `{`; save YAML with the ending `.yaml`",
                _ => "put text in double quotes",
            };
            return Err(self.expected("a value", advice));
        };
        self.at += word.len();
        Ok(self.scalar(start, value))
    }

    fn scalar(&self, start: usize, value: Value) -> Node {
        node(Span { start, end: self.at }, Style::Plain, Data::Scalar(value))
    }

    fn text_node(&mut self) -> Result<Node, Box<Fault>> {
        let start = self.at;
        let text = self.string()?;
        Ok(node(Span { start, end: self.at }, Style::Double, Data::Scalar(Value::Text(text))))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn fault(&self, at: usize, message: impl Into<String>, advice: impl Into<String>) -> Box<Fault> {
        Fault::new(FaultKind::Json, super::yaml::char_at(self.text, at), message, advice)
    }

    fn too_large(&self, message: String) -> Box<Fault> {
        let place = super::yaml::char_at(self.text, self.at);
        let advice = "no configuration needs so many; check that this is the right file";
        Fault::new(FaultKind::TooLarge, place, message, advice)
    }

    /// Something else stands where `expected` should.
    fn expected(&self, expected: &str, advice: &str) -> Box<Fault> {
        if let Some(fault) = self.foreign() {
            return fault;
        }
        let message = match self.text[self.at..].chars().next() {
            None => format!("the file ends where {expected} should be"),
            Some(_) => format!("{expected} should stand here"),
        };
        self.fault(self.at, message, advice)
    }

    /// What people bring along from YAML, Python and JavaScript.
    fn foreign(&self) -> Option<Box<Fault>> {
        let rest = &self.text[self.at..];
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).take(10).collect();
        let (message, advice) = match word.as_str() {
            "True" | "TRUE" => ("JSON writes this word in lower case", "write `true`"),
            "False" | "FALSE" => ("JSON writes this word in lower case", "write `false`"),
            "None" | "Null" | "NULL" => ("JSON knows this only as `null`", "write `null`"),
            _ if rest.starts_with('\'') => ("JSON knows only double quotes", "write double quotes"),
            _ if rest.starts_with('#') || rest.starts_with("//") || rest.starts_with("/*") => {
                ("JSON has no comments", "remove it, or save the file with the ending `.yaml`")
            }
            _ => return None,
        };
        Some(self.fault(self.at, message, advice))
    }
}

fn node(span: Span, style: Style, data: Data) -> Node {
    Node { span, style, tag: None, anchor: None, data }
}
