//! Findings as pictures of the source, drawn by miette.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Checked, Entry, clean, visible_span};
use crate::document::Document;
use crate::finding::{Finding, Place, Severity};

/// How a picture may look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colour may be used; meaning never hangs on it.
    pub colour: bool,
}

/// Most findings of one file that are drawn: nobody reads more pictures, and each costs a walk
/// through the text.
const DRAWN: usize = 100;

/// All checked files of a run.
pub fn report(entries: &[Entry], look: Look) -> String {
    let brush = brush(look);
    let mut out = String::new();
    entries.iter().flatten().for_each(|checked| draw_file(&mut out, &brush, checked));
    out
}

fn brush(look: Look) -> GraphicalReportHandler {
    let theme = if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    // Narrower than this and miette wraps inside words.
    let width = look.width.clamp(40, 160);
    GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1)
}

fn draw_file(out: &mut String, brush: &GraphicalReportHandler, checked: &Checked) {
    let source =
        NamedSource::new(clean::words(&checked.name), clean::source(checked.document.text()).into_owned());
    for finding in checked.findings.iter().take(DRAWN) {
        let picture = Picture { checked, finding, source: &source, other: Other::of(checked, finding) };
        // Writing to a String cannot fail; what miette cannot draw is still said in words.
        if brush.render_report(out, &picture).is_err() {
            out.push_str(&format!("{}: {}\n", checked.name, clean::words(&finding.message)));
        }
        out.push('\n');
    }
    if let Some(more) = checked.findings.len().checked_sub(DRAWN).filter(|more| *more > 0) {
        let name = clean::words(&checked.name);
        out.push_str(&format!("{name}: {more} more, all listed by `--format text`\n\n"));
    }
}

/// One finding beside its source, as miette wants to see it.
struct Picture<'a> {
    checked: &'a Checked,
    finding: &'a Finding,
    source: &'a NamedSource<String>,
    other: Option<Other>,
}

impl Picture<'_> {
    fn label(&self, place: &Place, words: &str) -> LabeledSpan {
        label(&self.checked.document, place, words)
    }
}

impl Diagnostic for Picture<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.finding.rule))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(shade(self.finding.severity))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.finding.help.as_ref()?;
        Some(Box::new(clean::words(help)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let other = self.other.as_ref()?;
        Some(Box::new(std::iter::once(other as &dyn Diagnostic)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        // An empty text has no place to point at.
        (!self.checked.document.text().is_empty()).then_some(self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = self.label(&self.finding.place, &self.finding.label);
        let words = first.label().map(str::to_owned);
        let first = LabeledSpan::new_primary_with_span(words, *first.inner());
        let others = self.finding.related.iter().map(|(place, words)| self.label(place, words));
        Some(Box::new(std::iter::once(first).chain(others)))
    }
}

impl std::error::Error for Picture<'_> {}

/// The places of a finding that lie in another file, beside its source.
struct Other {
    severity: Severity,
    source: NamedSource<String>,
    labels: Vec<LabeledSpan>,
}

impl Other {
    fn of(checked: &Checked, finding: &Finding) -> Option<Other> {
        let places: Vec<_> = checked.elsewhere(finding).collect();
        let (document, first) = places.first()?;
        let source = NamedSource::new(clean::words(&first.file), clean::source(document.text()).into_owned());
        let labels =
            places.iter().map(|(document, elsewhere)| label(document, &elsewhere.place, &elsewhere.words));
        Some(Other { severity: finding.severity, source, labels: labels.collect() })
    }
}

impl Diagnostic for Other {
    fn severity(&self) -> Option<miette::Severity> {
        Some(shade(self.severity))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.source.inner().is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl std::error::Error for Other {}

impl fmt::Display for Other {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "in {}", self.source.name())
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

fn label(document: &Document, place: &Place, words: &str) -> LabeledSpan {
    let span = visible_span(document, place);
    let words = (!words.is_empty()).then(|| clean::words(words).into_owned());
    LabeledSpan::new_with_span(words, (span.start, span.end - span.start))
}

fn shade(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Hint => miette::Severity::Advice,
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.checked.document.text().is_empty() {
            // There is no line to show, so nothing else would name the file.
            write!(out, "{}: ", clean::words(&self.checked.name))?;
        }
        out.write_str(&clean::words(&self.finding.message))
    }
}

impl fmt::Debug for Picture<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
