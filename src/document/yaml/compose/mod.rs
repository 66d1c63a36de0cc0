//! Words to a tree.
//!
//! One document: directives, `---`, one value, `...`. Knows the grammar, anchors and tags; what text
//! without quotes means is [`super::scalar`]'s business.

mod block;
mod document;
mod flow;
mod limits;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::scalar;
use super::scan::Scanner;
use super::token::{Kind, Token};
use crate::document::Frame;
use crate::document::{Data, Fault, FaultKind, Node, Span, Style};
use limits::Limits;

/// What a tag of YAML itself starts with when it is written in full.
const YAML_TAG: &str = "tag:yaml.org,2002:";

/// A list or a mapping that has been read.
type Collection = (Span, Style, Data);

/// Where a value stands: decides which values may stand there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inside brackets.
    Flow,
    /// Among indented lines.
    Block,
    /// After a key: a list needs no further indentation.
    AfterKey,
}

/// What an anchor stands for.
enum Anchored {
    /// Its value is being read: an alias to it here would contain itself.
    Open,
    /// Its value, how many values that is, and how deep they are nested.
    Done(Arc<Node>, usize, usize),
}

/// What may stand before a value.
#[derive(Default)]
struct Properties<'t> {
    anchor: Option<(&'t str, Span)>,
    tag: Option<(String, Span)>,
    /// From the first to the last of them.
    span: Option<Span>,
}

/// Builds the tree of one document.
pub(super) struct Composer<'t> {
    scanner: Scanner<'t>,
    handles: HashMap<&'t str, Cow<'t, str>>,
    anchors: HashMap<&'t str, (Span, Anchored)>,
    limits: Limits,
    /// The first value that has the look of a type but cannot be one. PyYAML looks at values only
    /// after all syntax.
    bad_scalar: Option<Fault>,
    frame: Frame,
}

impl<'t> Composer<'t> {
    /// A composer at the start of a text without control characters.
    pub fn new(text: &'t str) -> Composer<'t> {
        Composer {
            scanner: Scanner::new(text),
            handles: HashMap::new(),
            anchors: HashMap::new(),
            limits: Limits::default(),
            bad_scalar: None,
            frame: Frame::default(),
        }
    }

    /// What was seen around the value, and the first value of impossible type.
    pub fn into_remarks(self) -> (Frame, Option<Fault>) {
        (self.frame, self.bad_scalar)
    }

    /// Any value, with its anchor and tag.
    fn value(&mut self, place: Place) -> Result<Node, Fault> {
        if matches!(self.scanner.peek()?.kind, Kind::Alias(_)) {
            return self.alias();
        }
        let properties = self.properties()?;
        let Some((name, span)) = properties.anchor else { return self.bare_value(place, properties) };
        self.open_anchor(name, span)?;
        let before = self.limits.begin();
        let node = self.bare_value(place, properties)?;
        let (size, height) = self.limits.end(before);
        self.limits.add(size, node.span)?;
        self.anchors.insert(name, (span, Anchored::Done(Arc::new(node.clone()), size, height)));
        Ok(node)
    }

    /// A value whose anchor and tag are already read.
    fn bare_value(&mut self, place: Place, properties: Properties<'t>) -> Result<Node, Fault> {
        let token = self.scanner.peek()?;
        let span = token.span;
        self.limits.add(1, span)?;
        let is_block = place != Place::Flow;
        match token.kind {
            Kind::Scalar(..) => self.scalar(properties),
            Kind::BlockEntry if place == Place::AfterKey => {
                self.collection(properties, Self::unindented_list)
            }
            Kind::FlowListStart => self.collection(properties, Self::flow_list),
            Kind::FlowMapStart => self.collection(properties, Self::flow_map),
            Kind::BlockListStart if is_block => self.collection(properties, Self::block_list),
            Kind::BlockMapStart if is_block => self.collection(properties, Self::block_map),
            _ => match properties.span {
                Some(span) => Ok(self.empty(span.end, properties)),
                None => Err(unexpected(token, place)),
            },
        }
    }

    /// A list or a mapping: one level deeper.
    fn collection(
        &mut self,
        properties: Properties<'t>,
        read: fn(&mut Self) -> Result<Collection, Fault>,
    ) -> Result<Node, Fault> {
        let here = self.scanner.peek()?.span;
        self.limits.descend(here)?;
        let (span, style, data) = read(self)?;
        self.limits.ascend();
        Ok(properties.onto(span, style, data))
    }

    fn scalar(&mut self, properties: Properties<'t>) -> Result<Node, Fault> {
        let token = self.scanner.next()?;
        let Kind::Scalar(text, style) = token.kind else { unreachable!("the caller has seen a scalar") };
        Ok(self.typed(text, style, token.span, properties))
    }

    /// A value that is not written: null, unless its tag says otherwise.
    fn empty(&mut self, at: usize, properties: Properties<'t>) -> Node {
        self.typed(Cow::Borrowed(""), Style::Plain, Span { start: at, end: at }, properties)
    }

    /// A value that is not written, where not even an anchor or a tag stands.
    fn nothing(&mut self, at: usize) -> Result<Node, Fault> {
        self.limits.add(1, Span { start: at, end: at })?;
        Ok(self.empty(at, Properties::default()))
    }

    fn typed(&mut self, text: Cow<'t, str>, style: Style, span: Span, properties: Properties<'t>) -> Node {
        let tag = properties.tag.as_ref().map(|(tag, _)| tag.as_str());
        let value = scalar::read(text, style, tag).unwrap_or_else(|(kind, message)| {
            let place = if span.start < span.end { span } else { properties.span.unwrap_or(span) };
            self.bad_scalar.get_or_insert(Fault::new(kind, message, place));
            crate::value::Value::Null
        });
        properties.onto(span, style, Data::Scalar(value))
    }

    /// Anchor and tag, in either order, each at most once.
    fn properties(&mut self) -> Result<Properties<'t>, Fault> {
        let mut found = Properties::default();
        loop {
            match &self.scanner.peek()?.kind {
                Kind::Anchor(_) if found.anchor.is_none() => {}
                Kind::Tag(..) if found.tag.is_none() => {}
                _ => return Ok(found),
            }
            let Token { kind, span } = self.scanner.next()?;
            let start = found.span.map_or(span.start, |before| before.start);
            found.span = Some(Span { start, end: span.end });
            match kind {
                Kind::Anchor(name) => found.anchor = Some((name, span)),
                Kind::Tag(handle, text) => found.tag = Some((self.full_tag(handle, &text, span)?, span)),
                _ => unreachable!("only anchors and tags come here"),
            }
        }
    }

    /// The tag with its handle resolved; tags of YAML itself in their short form, such as `!!int`.
    fn full_tag(&self, handle: Option<&str>, text: &str, span: Span) -> Result<String, Fault> {
        let full = match handle {
            None => text.to_owned(),
            Some(handle) => match (self.handles.get(handle), handle) {
                (Some(prefix), _) => format!("{prefix}{text}"),
                (None, "!") => format!("!{text}"),
                (None, "!!") => format!("{YAML_TAG}{text}"),
                (None, _) => {
                    let message = format!("the tag handle `{handle}` is not declared; remove the tag");
                    return Err(Fault::new(FaultKind::Tag, message, span));
                }
            },
        };
        Ok(full.strip_prefix(YAML_TAG).map_or(full.clone(), |name| format!("!!{name}")))
    }

    fn open_anchor(&mut self, name: &'t str, span: Span) -> Result<(), Fault> {
        if let Some((first, _)) = self.anchors.get(name) {
            let message = format!("the anchor `&{name}` is already used; give this one another name");
            return Err(Fault::new(FaultKind::Anchor, message, span).began(*first, "first used here"));
        }
        self.anchors.insert(name, (span, Anchored::Open));
        Ok(())
    }

    fn alias(&mut self) -> Result<Node, Fault> {
        let Token { kind, span } = self.scanner.next()?;
        let Kind::Alias(name) = kind else { unreachable!("the caller has seen an alias") };
        match self.anchors.get(name) {
            Some((_, Anchored::Done(node, size, height))) => {
                self.limits.add(*size, span)?;
                self.limits.reach(*height, span)?;
                Ok(Properties::default().onto(span, Style::Plain, Data::Alias(name.to_owned(), node.clone())))
            }
            Some((anchor, Anchored::Open)) => {
                let message = format!("`*{name}` makes a value that contains itself; write the value out");
                Err(Fault::new(FaultKind::Anchor, message, span).began(*anchor, "the value begins here"))
            }
            None => {
                let message = format!(
                    "there is no anchor `&{name}` above; define it, or put a value that starts with `*` in quotes"
                );
                Err(Fault::new(FaultKind::Anchor, message, span))
            }
        }
    }
}

impl Properties<'_> {
    fn onto(self, span: Span, style: Style, data: Data) -> Node {
        let tag = self.tag.map(|(tag, _)| tag);
        let anchor = self.anchor.map(|(name, _)| name.to_owned());
        Node { span, style, tag, anchor, data }
    }
}

/// A word that cannot start a value.
fn unexpected(token: &Token<'_>, place: Place) -> Fault {
    let advice = match (place, &token.kind) {
        (Place::Flow, Kind::End) => "close the bracket or brace",
        (Place::Flow, _) => "write a value between the commas and brackets",
        (_, Kind::FlowListEnd | Kind::FlowMapEnd | Kind::FlowEntry) => {
            "put a value that starts with this character in quotes"
        }
        _ => "write a value here",
    };
    let message = format!("{} where a value should be; {advice}", token.kind.name());
    Fault::new(FaultKind::Yaml, message, token.span)
}
