//! Lists and mappings by indentation.

use super::super::token::{Kind, Token};
use super::{Collection, Composer, Place};
use crate::document::{Data, Fault, FaultKind, Node, Pair, Span, Style};

impl<'t> Composer<'t> {
    /// `- item` lines, indented further than what they belong to.
    pub(super) fn block_list(&mut self) -> Result<Collection, Box<Fault>> {
        let first = self.scanner.next()?.span;
        let (items, end) = self.items()?;
        let token = self.scanner.next()?;
        match token.kind {
            Kind::BlockEnd => Ok((Span { start: first.start, end }, Style::Block, Data::List(items))),
            _ => Err(misplaced(&token, first, "list")),
        }
    }

    /// `- item` lines at the indentation of the key they belong to.
    pub(super) fn unindented_list(&mut self) -> Result<Collection, Box<Fault>> {
        let start = self.scanner.peek()?.span.start;
        let (items, end) = self.items()?;
        Ok((Span { start, end }, Style::Block, Data::List(items)))
    }

    /// Items and the end of the last one.
    fn items(&mut self) -> Result<(Vec<Node>, usize), Box<Fault>> {
        let mut items = Vec::new();
        let mut end = 0;
        while matches!(self.scanner.peek()?.kind, Kind::BlockEntry) {
            let dash = self.scanner.next()?.span;
            let item = match self.scanner.peek()?.kind {
                Kind::BlockEntry | Kind::BlockEnd | Kind::Key | Kind::Value => self.nothing(dash.end)?,
                _ => self.value(Place::Block)?,
            };
            end = item.span.end;
            items.push(item);
        }
        Ok((items, end))
    }

    /// `key: value` lines.
    pub(super) fn block_map(&mut self) -> Result<Collection, Box<Fault>> {
        let first = self.scanner.next()?.span;
        let mut pairs = Vec::new();
        while matches!(self.scanner.peek()?.kind, Kind::Key) {
            let indicator = self.scanner.next()?.span;
            let key = self.after_key_or_colon(indicator.end)?;
            let value = if matches!(self.scanner.peek()?.kind, Kind::Value) {
                let colon = self.scanner.next()?.span;
                self.after_key_or_colon(colon.end)?
            } else {
                self.nothing(key.span.end)?
            };
            pairs.push(Pair { key, value });
        }
        let token = self.scanner.next()?;
        if !matches!(token.kind, Kind::BlockEnd) {
            return Err(misplaced(&token, first, "mapping"));
        }
        let end = pairs.last().map_or(first.end, |pair| pair.value.span.end);
        Ok((Span { start: first.start, end }, Style::Block, Data::Map(pairs)))
    }

    fn after_key_or_colon(&mut self, at: usize) -> Result<Node, Box<Fault>> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.nothing(at),
            _ => self.value(Place::AfterKey),
        }
    }
}

/// Something that belongs neither to a block nor behind it.
fn misplaced(token: &Token<'_>, first: Span, what: &str) -> Box<Fault> {
    let found = token.kind.name();
    let (message, advice) = match token.kind {
        Kind::BlockMapStart | Kind::BlockListStart => (
            "this line is indented between two levels".to_owned(),
            format!("align it with the lines of the {what} it belongs to"),
        ),
        Kind::BlockEntry | Kind::Key | Kind::Value => {
            (format!("{found} among the lines of a {what}"), "check how this line is indented".to_owned())
        }
        Kind::Scalar(..) => (
            "text after a value that has already ended".to_owned(),
            "put the whole value in one pair of quotes".to_owned(),
        ),
        _ => (
            format!("{found} where the {what} should go on"),
            "remove it, or put the whole value in quotes".to_owned(),
        ),
    };
    Fault::new(FaultKind::Yaml, token.span, message, advice).began(first, format!("the {what} begins here"))
}
