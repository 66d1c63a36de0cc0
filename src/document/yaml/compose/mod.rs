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

pub(in crate::document) use limits::{DEEPEST, MOST_VALUES};

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
    remarks: Remarks,
}

/// What is known of a text besides its tree.
#[derive(Default)]
pub(super) struct Remarks {
    /// What was seen around the value.
    pub frame: Frame,
    /// The first scalar that cannot be what its form or its tag says. PyYAML looks at this only after
    /// all syntax.
    pub misfit: Option<Box<Fault>>,
    /// The tags of lists and mappings, by the offset at which these begin.
    pub tags: HashMap<usize, Span>,
}

impl<'t> Composer<'t> {
    /// A composer at the start of a text without control characters.
    pub fn new(text: &'t str) -> Composer<'t> {
        Composer {
            scanner: Scanner::new(text),
            handles: HashMap::new(),
            anchors: HashMap::new(),
            limits: Limits::default(),
            remarks: Remarks::default(),
        }
    }

    /// What was noticed on the way.
    pub fn into_remarks(self) -> Remarks {
        self.remarks
    }

    /// Any value, with its anchor and tag.
    fn value(&mut self, place: Place) -> Result<Node, Box<Fault>> {
        if matches!(self.scanner.peek()?.kind, Kind::Alias(_)) {
            return self.alias();
        }
        let properties = self.properties()?;
        match properties.anchor {
            Some((name, span)) => self.anchored(place, properties, name, span),
            None => self.bare_value(place, properties),
        }
    }

    fn anchored(
        &mut self,
        place: Place,
        properties: Properties<'t>,
        name: &'t str,
        span: Span,
    ) -> Result<Node, Box<Fault>> {
        self.open_anchor(name, span)?;
        let before = self.limits.begin();
        let node = self.bare_value(place, properties)?;
        let (size, height) = self.limits.end(before);
        self.limits.add(size, node.span)?;
        self.anchors.insert(name, (span, Anchored::Done(Arc::new(node.clone()), size, height)));
        Ok(node)
    }

    /// A value whose anchor and tag are already read.
    fn bare_value(&mut self, place: Place, properties: Properties<'t>) -> Result<Node, Box<Fault>> {
        let token = self.scanner.peek()?;
        let span = token.span;
        self.limits.add(1, span)?;
        let is_block = place != Place::Flow;
        let read: fn(&mut Self) -> Result<Collection, Box<Fault>> = match token.kind {
            Kind::Scalar(..) => return self.scalar(properties),
            Kind::BlockEntry if place == Place::AfterKey => Self::unindented_list,
            Kind::FlowListStart => Self::flow_list,
            Kind::FlowMapStart => Self::flow_map,
            Kind::BlockListStart if is_block => Self::block_list,
            Kind::BlockMapStart if is_block => Self::block_map,
            _ => return self.no_value(place, properties),
        };
        // One level deeper. All levels lie on the stack: what is not needed further down stays out of here.
        self.limits.descend(span)?;
        let collection = read(self)?;
        self.limits.ascend();
        Ok(self.tagged(properties, collection))
    }

    fn tagged(&mut self, properties: Properties<'t>, (span, style, data): Collection) -> Node {
        if let Some((_, tag)) = &properties.tag {
            self.remarks.tags.insert(span.start, *tag);
        }
        properties.onto(span, style, data)
    }

    /// Nothing that could be a value: null, if at least an anchor or a tag stands here.
    fn no_value(&mut self, place: Place, properties: Properties<'t>) -> Result<Node, Box<Fault>> {
        match properties.span {
            Some(span) => Ok(self.empty(span.end, properties)),
            None => Err(unexpected(self.scanner.peek()?, place)),
        }
    }

    fn scalar(&mut self, properties: Properties<'t>) -> Result<Node, Box<Fault>> {
        let token = self.scanner.next()?;
        let Kind::Scalar(text, style) = token.kind else { unreachable!("the caller has seen a scalar") };
        Ok(self.typed(text, style, token.span, properties))
    }

    /// A value that is not written: null, unless its tag says otherwise.
    fn empty(&mut self, at: usize, properties: Properties<'t>) -> Node {
        self.typed(Cow::Borrowed(""), Style::Plain, Span { start: at, end: at }, properties)
    }

    /// A value that is not written, where not even an anchor or a tag stands.
    fn nothing(&mut self, at: usize) -> Result<Node, Box<Fault>> {
        self.limits.add(1, Span { start: at, end: at })?;
        Ok(self.empty(at, Properties::default()))
    }

    fn typed(&mut self, text: Cow<'t, str>, style: Style, span: Span, properties: Properties<'t>) -> Node {
        let tag = properties.tag.as_ref().map(|(tag, _)| tag.as_str());
        let value = scalar::read(text, style, tag).unwrap_or_else(|refusal| {
            let tagged = properties.tag.as_ref().map(|(_, span)| *span);
            let place = match tagged {
                Some(tag) if refusal.kind == FaultKind::Tag || span.start == span.end => tag,
                _ => span,
            };
            self.remarks.misfit.get_or_insert(refusal.at(place));
            crate::value::Value::Null
        });
        properties.onto(span, style, Data::Scalar(value))
    }

    /// Anchor and tag, in either order, each at most once.
    fn properties(&mut self) -> Result<Properties<'t>, Box<Fault>> {
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
    fn full_tag(&self, handle: Option<&str>, text: &str, span: Span) -> Result<String, Box<Fault>> {
        let full = match handle {
            None => text.to_owned(),
            Some(handle) => match (self.handles.get(handle), handle) {
                (Some(prefix), _) => format!("{prefix}{text}"),
                (None, "!") => format!("!{text}"),
                (None, "!!") => format!("{YAML_TAG}{text}"),
                (None, _) => {
                    let message = format!("the tag handle `{handle}` is not declared");
                    return Err(Fault::new(FaultKind::Tag, span, message, "remove the tag"));
                }
            },
        };
        Ok(full.strip_prefix(YAML_TAG).map_or(full.clone(), |name| format!("!!{name}")))
    }

    fn open_anchor(&mut self, name: &'t str, span: Span) -> Result<(), Box<Fault>> {
        if let Some((first, _)) = self.anchors.get(name) {
            let message = format!("the anchor `&{name}` is already used");
            let fault = Fault::new(FaultKind::Anchor, span, message, "give this one another name");
            return Err(fault.began(*first, "first used here"));
        }
        self.anchors.insert(name, (span, Anchored::Open));
        Ok(())
    }

    fn alias(&mut self) -> Result<Node, Box<Fault>> {
        let Token { kind, span } = self.scanner.next()?;
        let Kind::Alias(name) = kind else { unreachable!("the caller has seen an alias") };
        match self.anchors.get(name) {
            Some((_, Anchored::Done(node, size, height))) => {
                self.limits.add(*size, span)?;
                self.limits.reach(*height, span)?;
                Ok(Properties::default().onto(span, Style::Plain, Data::Alias(name.to_owned(), node.clone())))
            }
            Some((anchor, Anchored::Open)) => {
                let message = format!("`*{name}` makes a value that contains itself");
                let fault = Fault::new(FaultKind::Anchor, span, message, "write the value that is meant");
                Err(fault.began(*anchor, "the value begins here"))
            }
            None => {
                let message = format!("there is no anchor `&{name}` above");
                let advice = "put a value that starts with `*` in quotes, or write `&name` before the value that is meant";
                Err(Fault::new(FaultKind::Anchor, span, message, advice))
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
fn unexpected(token: &Token<'_>, place: Place) -> Box<Fault> {
    let advice = match (place, &token.kind) {
        (Place::Flow, Kind::End) => "close the bracket or brace",
        (Place::Flow, _) => "write a value between the commas and brackets",
        (_, Kind::FlowListEnd | Kind::FlowMapEnd | Kind::FlowEntry) => {
            "put a value that starts with this character in quotes"
        }
        _ => "write a value here",
    };
    let message = format!("{} where a value should be", token.kind.name());
    Fault::new(FaultKind::Yaml, token.span, message, advice)
}
