//! What stands around the one value of a file: directives, `---` and `...`.

use std::borrow::Cow;

use super::super::token::{Directive, Kind};
use super::{Composer, Place};
use crate::document::{Fault, FaultKind, Node, Span};

impl<'t> Composer<'t> {
    /// The whole text: one document, or none.
    pub fn document(&mut self) -> Result<Option<Node>, Box<Fault>> {
        let root = match self.scanner.peek()?.kind {
            Kind::End => return Ok(None),
            Kind::Directive(_) | Kind::DocumentStart => self.marked_document()?,
            _ => self.value(Place::Block)?,
        };
        self.demand_end(root.span)?;
        Ok(Some(root))
    }

    fn marked_document(&mut self) -> Result<Node, Box<Fault>> {
        let marker = self.document_start()?;
        self.remarks.frame.start = Some(marker);
        match self.scanner.peek()?.kind {
            Kind::Directive(_) | Kind::DocumentStart | Kind::DocumentEnd | Kind::End => {
                self.nothing(marker.end)
            }
            _ => self.value(Place::Block),
        }
    }

    /// Directives and `---`.
    fn document_start(&mut self) -> Result<Span, Box<Fault>> {
        self.handles.clear();
        let mut has_version = false;
        while let Kind::Directive(_) = self.scanner.peek()?.kind {
            let token = self.scanner.next()?;
            self.remarks.frame.directives.push(token.span);
            match token.kind {
                Kind::Directive(Directive::Yaml(major)) => {
                    check_version(major, has_version, token.span)?;
                    has_version = true;
                }
                Kind::Directive(Directive::Tag(handle, prefix)) => {
                    self.declare(handle, prefix, token.span)?
                }
                _ => {}
            }
        }
        let token = self.scanner.next()?;
        match token.kind {
            Kind::DocumentStart => Ok(token.span),
            _ => Err(Fault::new(
                FaultKind::Yaml,
                token.span,
                format!("{} where `---` should be", token.kind.name()),
                "write `---` on the line before, or remove the `%` or `...` line above",
            )),
        }
    }

    fn declare(&mut self, handle: &'t str, prefix: Cow<'t, str>, span: Span) -> Result<(), Box<Fault>> {
        if self.handles.insert(handle, prefix).is_some() {
            let message = format!("the tag handle `{handle}` is declared twice");
            return Err(Fault::new(FaultKind::Yaml, span, message, "remove one of the two lines"));
        }
        Ok(())
    }

    /// Only `...` and comments may follow the value.
    fn demand_end(&mut self, first: Span) -> Result<(), Box<Fault>> {
        while matches!(self.scanner.peek()?.kind, Kind::DocumentEnd) {
            self.remarks.frame.end = Some(self.scanner.next()?.span);
        }
        let next = self.scanner.peek()?.span;
        match self.scanner.peek()?.kind {
            Kind::End => return Ok(()),
            Kind::DocumentStart | Kind::Directive(_) => {}
            _ if self.remarks.frame.end.is_none() => return self.left_over(),
            _ => {}
        }
        self.document_start()?;
        let message = "a second document begins here";
        let advice = "keep one document in each file: remove this line, or move what follows to another file";
        Err(Fault::new(FaultKind::SeveralDocuments, next, message, advice).began(first, "the first document"))
    }

    /// A value behind the value.
    fn left_over(&mut self) -> Result<(), Box<Fault>> {
        let token = self.scanner.peek()?;
        let message = format!("{} after the end of the value", token.kind.name());
        let advice = "check how the line is indented, and put text with special characters in quotes";
        Err(Fault::new(FaultKind::Yaml, token.span, message, advice))
    }
}

/// PyYAML takes any 1.x, and reads it as 1.1.
fn check_version(major: &str, is_second: bool, span: Span) -> Result<(), Box<Fault>> {
    let message = if is_second {
        "`%YAML` stands here a second time"
    } else if major.trim_start_matches('0') != "1" {
        "this says that the file is not YAML 1"
    } else {
        return Ok(());
    };
    Err(Fault::new(FaultKind::Yaml, span, message, "remove the line"))
}
