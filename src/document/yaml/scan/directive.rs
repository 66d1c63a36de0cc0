//! Lines that start with `%`.

use super::super::cursor::ends_line;
use super::super::token::{Directive, Kind};
use super::Scanner;
use super::property::is_name;
use crate::document::{Fault, FaultKind};

impl<'t> Scanner<'t> {
    /// `%YAML 1.1`, `%TAG ! prefix`, or any other name, whose line is ignored.
    pub(super) fn directive(&mut self) -> Result<(), Box<Fault>> {
        self.leave_all_blocks()?;
        let start = self.cursor.at();
        self.cursor.skip(1);
        let name = self.cursor.take_while(is_name);
        if name.is_empty() || !self.at_blank() {
            return Err(self.bad_directive("a line cannot start with `%`", "put the value in quotes"));
        }
        let directive = match name {
            "YAML" => Directive::Yaml(self.version()?),
            "TAG" => self.tag_directive()?,
            _ => {
                self.cursor.take_line();
                Directive::Unknown
            }
        };
        self.push(Kind::Directive(directive), start);
        self.finish_header_line()
    }

    /// `major.minor`; gives back the major number.
    fn version(&mut self) -> Result<&'t str, Box<Fault>> {
        self.cursor.skip_spaces();
        let major = self.cursor.take_while(|c| c.is_ascii_digit());
        if major.is_empty() || self.cursor.peek() != '.' {
            return Err(
                self.bad_directive("`%YAML` needs a version", "write `%YAML 1.1`, or remove the line")
            );
        }
        self.cursor.skip(1);
        let minor = self.cursor.take_while(|c| c.is_ascii_digit());
        if minor.is_empty() || !self.at_blank() {
            return Err(
                self.bad_directive("`%YAML` needs a version", "write `%YAML 1.1`, or remove the line")
            );
        }
        Ok(major)
    }

    fn tag_directive(&mut self) -> Result<Directive<'t>, Box<Fault>> {
        self.cursor.skip_spaces();
        let handle = self.named_handle()?;
        if self.cursor.peek() != ' ' {
            return Err(self.bad_directive("`%TAG` needs a handle, a space and a prefix", "remove the line"));
        }
        self.cursor.skip_spaces();
        let prefix = self.tag_text()?;
        if !self.at_blank() {
            return Err(
                self.bad_directive("only a comment can follow the prefix of `%TAG`", "remove the line")
            );
        }
        Ok(Directive::Tag(handle, prefix))
    }

    fn at_blank(&self) -> bool {
        let next = self.cursor.peek();
        next == ' ' || ends_line(next)
    }

    fn bad_directive(&self, message: &str, advice: &str) -> Box<Fault> {
        Fault::new(FaultKind::Yaml, self.cursor.here(), message, advice)
    }
}
