//! The words of YAML: what the scanner hands to the composer.

use std::borrow::Cow;

use crate::document::{Span, Style};

/// A word of YAML and its bytes. Words that are not written have those of the character they stand before.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub kind: Kind<'t>,
    pub span: Span,
}

/// Which word.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    /// A line that starts with `%`.
    Directive(Directive<'t>),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// The end of the text.
    End,
    /// A list by indentation begins: before its first `-`.
    BlockListStart,
    /// A mapping by indentation begins: before its first key.
    BlockMapStart,
    /// A list or mapping by indentation ends: before the first word that is indented less.
    BlockEnd,
    /// `[`
    FlowListStart,
    /// `]`
    FlowListEnd,
    /// `{`
    FlowMapStart,
    /// `}`
    FlowMapEnd,
    /// `,`
    FlowEntry,
    /// `-`
    BlockEntry,
    /// A key follows; `?`, or nothing at all before a key on one line.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias(&'t str),
    /// `&name`
    Anchor(&'t str),
    /// `!handle!suffix`; no handle for `!<suffix>` and `!` alone.
    Tag(Option<&'t str>, Cow<'t, str>),
    /// A value without parts: its text, unquoted and unfolded.
    Scalar(Cow<'t, str>, Style),
}

/// A directive.
#[derive(Clone, Debug)]
pub(super) enum Directive<'t> {
    /// `%YAML major.minor`, the major number as written.
    Yaml(&'t str),
    /// `%TAG handle prefix`
    Tag(&'t str, Cow<'t, str>),
    /// Any other name; ignored.
    Unknown,
}

impl Kind<'_> {
    /// What a person calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Directive(_) => "a directive",
            Kind::DocumentStart => "`---`",
            Kind::DocumentEnd => "`...`",
            Kind::End => "the end of the file",
            Kind::BlockListStart | Kind::BlockEntry => "a list item",
            Kind::BlockMapStart | Kind::Key => "a key",
            Kind::BlockEnd => "a line that is indented less",
            Kind::FlowListStart => "`[`",
            Kind::FlowListEnd => "`]`",
            Kind::FlowMapStart => "`{`",
            Kind::FlowMapEnd => "`}`",
            Kind::FlowEntry => "`,`",
            Kind::Value => "`:`",
            Kind::Alias(_) => "an alias",
            Kind::Anchor(_) => "an anchor",
            Kind::Tag(..) => "a tag",
            Kind::Scalar(..) => "text",
        }
    }
}
