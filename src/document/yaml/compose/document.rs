//! What stands around the one value of a file: directives, `---` and `...`.

use std::borrow::Cow;

use super::super::token::{Directive, Kind};
use super::{Composer, Place};
use crate::document::{Fault, FaultKind, Node, Span};

impl<'t> Composer<'t> {
    /// The whole text: one document, or none.
    pub fn document(&mut self) -> Result<Option<Node>, Fault> {
        let root = match self.scanner.peek()?.kind {
            Kind::End => return Ok(None),
            Kind::Directive(_) | Kind::DocumentStart => self.marked_document()?,
            _ => self.value(Place::Block)?,
        };
        self.demand_end(root.span)?;
        Ok(Some(root))
    }

    fn marked_document(&mut self) -> Result<Node, Fault> {
        let marker = self.document_start()?;
        self.frame.start = Some(marker);
        match self.scanner.peek()?.kind {
            Kind::Directive(_) | Kind::DocumentStart | Kind::DocumentEnd | Kind::End => {
                self.nothing(marker.end)
            }
            _ => self.value(Place::Block),
        }
    }

    /// Directives and `---`.
    fn document_start(&mut self) -> Result<Span, Fault> {
        self.handles.clear();
        let mut has_version = false;
        while let Kind::Directive(_) = self.scanner.peek()?.kind {
            let token = self.scanner.next()?;
            self.frame.directives.push(token.span);
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
                format!("{} where `---` should be; write `---` on the line before", token.kind.name()),
                token.span,
            )),
        }
    }

    fn declare(&mut self, handle: &'t str, prefix: Cow<'t, str>, span: Span) -> Result<(), Fault> {
        if self.handles.insert(handle, prefix).is_some() {
            let message = format!("the tag handle `{handle}` is declared twice; remove one");
            return Err(Fault::new(FaultKind::Yaml, message, span));
        }
        Ok(())
    }

    /// Only `...` and comments may follow the value.
    fn demand_end(&mut self, first: Span) -> Result<(), Fault> {
        while matches!(self.scanner.peek()?.kind, Kind::DocumentEnd) {
            self.frame.end = Some(self.scanner.next()?.span);
        }
        let next = self.scanner.peek()?.span;
        match self.scanner.peek()?.kind {
            Kind::End => return Ok(()),
            Kind::DocumentStart | Kind::Directive(_) => {}
            _ if self.frame.end.is_none() => return Err(self.left_over()?),
            _ => {}
        }
        self.document_start()?;
        let message = "a second document begins here; a configuration is one document, remove this line";
        Err(Fault::new(FaultKind::SeveralDocuments, message, next).began(first, "the first document"))
    }

    /// A value behind the value.
    fn left_over(&mut self) -> Result<Fault, Fault> {
        let token = self.scanner.peek()?;
        let message = format!(
            "{} after the end of the value; check how the line is indented, and quote text that holds special characters",
            token.kind.name()
        );
        Ok(Fault::new(FaultKind::Yaml, message, token.span))
    }
}

/// PyYAML takes any 1.x, and reads it as 1.1.
fn check_version(major: &str, is_second: bool, span: Span) -> Result<(), Fault> {
    let message = if is_second {
        "`%YAML` stands here a second time; remove the line"
    } else if major.trim_start_matches('0') != "1" {
        "this is not YAML 1; write `%YAML 1.1` or remove the line"
    } else {
        return Ok(());
    };
    Err(Fault::new(FaultKind::Yaml, message, span))
}
