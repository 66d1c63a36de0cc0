//! Lists in brackets and mappings in braces.

use super::super::token::Kind;
use super::{Collection, Composer, Place, Properties};
use crate::document::{Data, Fault, FaultKind, Node, Pair, Span, Style};

/// An open bracket or brace.
#[derive(Clone, Copy)]
struct Bracket {
    open: Span,
    is_list: bool,
}

impl<'t> Composer<'t> {
    /// `[a, b]`; `[a: b]` is a list of one mapping.
    pub(super) fn flow_list(&mut self) -> Result<Collection, Box<Fault>> {
        let bracket = Bracket { open: self.scanner.next()?.span, is_list: true };
        let mut items = Vec::new();
        while self.goes_on(bracket, items.is_empty())? {
            let item = match self.scanner.peek()?.kind {
                Kind::Key => self.lone_pair()?,
                _ => self.value(Place::Flow)?,
            };
            items.push(item);
        }
        let close = self.scanner.next()?.span;
        Ok((Span { start: bracket.open.start, end: close.end }, Style::Flow, Data::List(items)))
    }

    /// `{a: b}`; a key alone has the value null.
    pub(super) fn flow_map(&mut self) -> Result<Collection, Box<Fault>> {
        let bracket = Bracket { open: self.scanner.next()?.span, is_list: false };
        let mut pairs = Vec::new();
        while self.goes_on(bracket, pairs.is_empty())? {
            let pair = match self.scanner.peek()?.kind {
                Kind::Key => self.flow_pair()?,
                _ => {
                    let key = self.value(Place::Flow)?;
                    let value = self.nothing(key.span.end)?;
                    Pair { key, value }
                }
            };
            pairs.push(pair);
        }
        let close = self.scanner.next()?.span;
        Ok((Span { start: bracket.open.start, end: close.end }, Style::Flow, Data::Map(pairs)))
    }

    /// True while something stands before the closing bracket; steps over the comma between two items.
    fn goes_on(&mut self, bracket: Bracket, is_first: bool) -> Result<bool, Box<Fault>> {
        if !is_first && !self.at_close(bracket)? {
            self.comma(bracket)?;
        }
        Ok(!self.at_close(bracket)?)
    }

    fn at_close(&mut self, bracket: Bracket) -> Result<bool, Box<Fault>> {
        Ok(match self.scanner.peek()?.kind {
            Kind::FlowListEnd => bracket.is_list,
            Kind::FlowMapEnd => !bracket.is_list,
            _ => false,
        })
    }

    fn comma(&mut self, bracket: Bracket) -> Result<(), Box<Fault>> {
        let token = self.scanner.next()?;
        if matches!(token.kind, Kind::FlowEntry) {
            return Ok(());
        }
        let close = if bracket.is_list { "]" } else { "}" };
        let (message, advice) = match token.kind {
            Kind::End => (format!("the file ends before the closing `{close}`"), format!("write `{close}`")),
            _ => (
                format!("{} where `,` or `{close}` should be", token.kind.name()),
                format!("close it with `{close}`, or put values with special characters in quotes"),
            ),
        };
        Err(Fault::new(FaultKind::Yaml, token.span, message, advice).began(bracket.open, "opened here"))
    }

    /// `a: b` inside square brackets: a mapping of its own.
    fn lone_pair(&mut self) -> Result<Node, Box<Fault>> {
        let start = self.scanner.peek()?.span;
        self.limits.add(1, start)?;
        self.limits.descend(start)?;
        let pair = self.flow_pair()?;
        self.limits.ascend();
        let span = Span { start: start.start, end: pair.value.span.end };
        Ok(Properties::default().onto(span, Style::Flow, Data::Map(vec![pair])))
    }

    fn flow_pair(&mut self) -> Result<Pair, Box<Fault>> {
        let indicator = self.scanner.next()?.span;
        let key = self.after_indicator(indicator.end)?;
        let value = if matches!(self.scanner.peek()?.kind, Kind::Value) {
            let colon = self.scanner.next()?.span;
            self.after_indicator(colon.end)?
        } else {
            self.nothing(key.span.end)?
        };
        Ok(Pair { key, value })
    }

    fn after_indicator(&mut self, at: usize) -> Result<Node, Box<Fault>> {
        match self.scanner.peek()?.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowListEnd | Kind::FlowMapEnd => self.nothing(at),
            _ => self.value(Place::Flow),
        }
    }
}
