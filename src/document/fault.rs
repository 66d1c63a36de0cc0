//! Why a text cannot be read.

use super::Span;

/// Why a text is not a config: what PyYAML or Python's json would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of refusal.
    pub kind: FaultKind,
    /// What is wrong, one sentence in lower case without full stop.
    pub message: String,
    /// What to do about it, as an instruction.
    pub advice: String,
    /// Where it is noticed.
    pub span: Span,
    /// Where it began, with a few words: the quote that is never closed, the first of two anchors.
    pub began: Option<(Span, String)>,
}

/// Kinds of faults that deserve their own advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// NUL or another character that PyYAML refuses anywhere.
    ControlCharacter,
    /// A tab where YAML allows none.
    Tab,
    /// Any other syntax error of YAML.
    Yaml,
    /// Any syntax error of JSON.
    Json,
    /// A `.json` that starts with a byte order mark.
    JsonByteOrderMark,
    /// More than one YAML document.
    SeveralDocuments,
    /// A tag that SafeLoader does not know.
    Tag,
    /// A mapping or list as a key, or another value Python cannot hash.
    UnhashableKey,
    /// A value whose text matches a type but cannot be one: `2024-13-45`, `0b_`.
    BadScalar,
    /// An alias without its anchor, an anchor written twice, a value that contains itself.
    Anchor,
    /// Nested deeper or expanding to more values than any config needs.
    TooLarge,
}

impl Fault {
    /// A fault at its place. Boxed, because readers pass results through many levels of the stack.
    pub(super) fn new(
        kind: FaultKind,
        span: Span,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Box<Fault> {
        Box::new(Fault { kind, message: message.into(), advice: advice.into(), span, began: None })
    }

    /// The same fault with the place where it began.
    pub(super) fn began(mut self: Box<Self>, span: Span, words: impl Into<String>) -> Box<Fault> {
        self.began = Some((span, words.into()));
        self
    }

    /// Bytes that are no UTF-8 text from an offset on.
    pub(super) fn not_utf8(bytes: &[u8], offset: usize) -> Box<Fault> {
        let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let message = if is_utf16 { "the file is UTF-16, not UTF-8" } else { "the file is not UTF-8 text" };
        let span = Span { start: offset, end: offset + 1 };
        Fault::new(FaultKind::NotUtf8, span, message, "save it as UTF-8 in your editor")
    }
}
