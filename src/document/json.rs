//! JSON text to a tree, as Python's json module reads it: strict, except that `NaN` and `Infinity`
//! are numbers and that of repeated keys the last one counts.

pub(super) mod write;

use num_bigint::BigInt;

use super::{Data, Fault, FaultKind, Frame, Node, Pair, Reading, Span, Style};
use crate::value::Value;

/// Lists and mappings inside each other; Python's own limit is its recursion limit, near 1000.
const DEEPEST: usize = 250;

/// Python refuses longer integers (`sys.get_int_max_str_digits`, since 3.11).
const MOST_DIGITS: usize = 4300;

/// Reads one JSON value.
pub(super) fn read(text: &str) -> Reading {
    let mut reader = Reader { text, at: 0, depth: 0 };
    Reading { tree: reader.document().map(Some), frame: Frame::default() }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, Fault> {
        if self.text.starts_with('\u{feff}') {
            let message =
                "the file starts with a byte order mark, which Python's json refuses; save it without one";
            return Err(Fault::new(FaultKind::JsonByteOrderMark, message, Span { start: 0, end: 3 }));
        }
        let root = self.value()?;
        self.skip_blanks();
        if self.at < self.text.len() {
            return Err(self.fault(self.at, "something follows the end of the value; remove it"));
        }
        Ok(root)
    }

    fn value(&mut self) -> Result<Node, Fault> {
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.deeper(Self::map),
            Some(b'[') => self.deeper(Self::list),
            Some(b'"') => self.text_node(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Data, Fault>) -> Result<Node, Fault> {
        let start = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            let message =
                format!("more than {DEEPEST} lists and mappings inside each other; flatten the file");
            return Err(Fault::new(FaultKind::TooLarge, message, self.here(start)));
        }
        self.at += 1;
        let data = read(self)?;
        self.depth -= 1;
        Ok(node(Span { start, end: self.at }, Style::Flow, data))
    }

    fn list(&mut self) -> Result<Data, Fault> {
        let open = self.at - 1;
        let mut items = Vec::new();
        while self.goes_on(open, b']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Data::List(items))
    }

    fn map(&mut self) -> Result<Data, Fault> {
        let open = self.at - 1;
        let mut pairs = Vec::new();
        while self.goes_on(open, b'}', pairs.is_empty())? {
            pairs.push(self.pair()?);
        }
        Ok(Data::Map(pairs))
    }

    fn pair(&mut self) -> Result<Pair, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.text_node()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:` after the key"));
        }
        self.at += 1;
        Ok(Pair { key, value: self.value()? })
    }

    /// True while an item follows; steps over the comma before it, or over the closing bracket.
    fn goes_on(&mut self, open: usize, close: u8, is_first: bool) -> Result<bool, Fault> {
        self.skip_blanks();
        let next = self.peek();
        if next == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        let comma = self.at;
        if next != Some(b',') {
            let close = char::from(close);
            let fault = self.unexpected(&format!("`,` or `{close}`"));
            return Err(fault.began(Span { start: open, end: open + 1 }, "opened here"));
        }
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(close) {
            return Err(self.fault(comma, "JSON allows no comma after the last item; remove it"));
        }
        Ok(true)
    }

    fn number(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let rest = &self.text[start..];
        if let Some(infinity) = rest.strip_prefix('-').filter(|rest| rest.starts_with("Infinity")) {
            self.at = self.text.len() - infinity.len() + "Infinity".len();
            return Ok(self.scalar(start, Value::Float(f64::NEG_INFINITY)));
        }
        let length = number_length(rest);
        let Some((length, is_float)) = length else { return Err(self.unexpected("a value")) };
        let written = &rest[..length];
        self.at += length;
        let value = if is_float { written.parse().ok().map(Value::Float) } else { integer(written) };
        match value {
            Some(value) => Ok(self.scalar(start, value)),
            None => {
                let message = format!("a number of more than {MOST_DIGITS} digits, which Python refuses");
                Err(Fault::new(FaultKind::BadScalar, message, Span { start, end: self.at }))
            }
        }
    }

    fn word(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        let found = words.into_iter().find(|(word, _)| self.text[start..].starts_with(word));
        let Some((word, value)) = found else { return Err(self.unexpected("a value")) };
        self.at += word.len();
        Ok(self.scalar(start, value))
    }

    fn scalar(&self, start: usize, value: Value) -> Node {
        node(Span { start, end: self.at }, Style::Plain, Data::Scalar(value))
    }

    fn text_node(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let text = self.string()?;
        Ok(node(Span { start, end: self.at }, Style::Double, Data::Scalar(Value::Text(text))))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\u{1f}')) else {
                let end = self.here(self.text.len());
                let quote = Span { start: open, end: open + 1 };
                let message = "the file ends inside quotes; close them";
                return Err(Fault::new(FaultKind::Json, message, end).began(quote, "the quote opens here"));
            };
            text.push_str(&rest[..length]);
            self.at += length;
            match rest.as_bytes()[length] {
                b'"' => {
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => text.push(self.escape()?),
                b'\n' | b'\r' => {
                    let quote = Span { start: open, end: open + 1 };
                    let fault =
                        self.fault(self.at, "the line ends inside quotes; close them, or write `\\n`");
                    return Err(fault.began(quote, "the quote opens here"));
                }
                _ => {
                    return Err(self.fault(
                        self.at,
                        "a control character inside quotes; write it as `\\t` or `\\u0000`",
                    ));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let backslash = self.at;
        self.at += 2;
        Ok(match self.text.as_bytes().get(backslash + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.escaped_number(backslash),
            _ => {
                return Err(
                    self.fault(backslash, "this escape means nothing in JSON; write `\\\\` for a backslash")
                );
            }
        })
    }

    /// `\uXXXX`, or two of them that make one character. A lone half becomes U+FFFD.
    fn escaped_number(&mut self, backslash: usize) -> Result<char, Fault> {
        let high = self.four_digits(backslash)?;
        let follows = self.text[self.at..].starts_with("\\u");
        if (0xd800..0xdc00).contains(&high) && follows {
            let after_high = self.at;
            self.at += 2;
            let low = self.four_digits(after_high)?;
            if (0xdc00..0xe000).contains(&low) {
                let number = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after_high;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self, backslash: usize) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|four| four.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|four| u32::from_str_radix(four, 16).ok());
        self.at += 4;
        number.ok_or_else(|| self.fault(backslash, "`\\u` needs four hexadecimal digits"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn here(&self, at: usize) -> Span {
        super::yaml::char_at(self.text, at)
    }

    fn fault(&self, at: usize, message: &str) -> Fault {
        Fault::new(FaultKind::Json, message, self.here(at))
    }

    /// Something else than what must stand here, with advice for what people bring from other languages.
    fn unexpected(&self, expected: &str) -> Fault {
        let rest = &self.text[self.at..];
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
        let advice = match (rest.chars().next(), word.as_str()) {
            (None, _) => "the file ends here".to_owned(),
            (Some('#'), _) => "JSON has no comments; remove this one".to_owned(),
            (Some('/'), _) if rest.starts_with("//") || rest.starts_with("/*") => {
                "JSON has no comments; remove this one".to_owned()
            }
            (Some('\''), _) => "JSON knows only double quotes".to_owned(),
            (_, "True" | "False") => format!("JSON writes it `{}`", word.to_lowercase()),
            (_, "None") => "JSON writes it `null`".to_owned(),
            (Some(found), "") => format!("`{found}` stands here"),
            (_, word) => format!("`{word}` stands here; put text in double quotes"),
        };
        self.fault(self.at, &format!("{expected} is expected: {advice}"))
    }
}

fn node(span: Span, style: Style, data: Data) -> Node {
    Node { span, style, tag: None, anchor: None, data }
}

/// The length of the number at the start of a text, and whether it is a float.
fn number_length(text: &str) -> Option<(usize, bool)> {
    let digits =
        |from: usize| text.as_bytes()[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = if text[sign..].starts_with('0') { 1 } else { digits(sign) };
    if whole == 0 {
        return None;
    }
    let mut end = sign + whole;
    let mut is_float = false;
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
        is_float = true;
    }
    if text[end..].starts_with(['e', 'E']) {
        let power = end + 1 + usize::from(text[end + 1..].starts_with(['-', '+']));
        if digits(power) > 0 {
            end = power + digits(power);
            is_float = true;
        }
    }
    Some((end, is_float))
}

fn integer(written: &str) -> Option<Value> {
    let digits = written.trim_start_matches('-');
    if digits.len() > MOST_DIGITS {
        return None;
    }
    written.parse::<BigInt>().ok().map(Value::Int)
}
