//! All that is visible, and all that decides what a key does. Cloneable, without widgets: `update`
//! changes it, the views draw it, nothing here draws or touches the world.

pub(super) mod dialog;
pub(super) mod history;
pub(super) mod job;
pub(super) mod judge;
pub(super) mod outlook;
pub(super) mod sheet;
pub(super) mod shell;
pub(super) mod source;

use ratatui::layout::{Rect, Size};

use self::dialog::Dialog;
use self::history::History;
use self::job::Job;
use self::judge::Judge;
use self::outlook::Outlook;
use self::sheet::{Row, Section, Sheet};
use self::shell::Shell;
use self::source::Source;
use super::Outcome;
use super::layout::{self, Areas, Wish};
use crate::config::Config;
use crate::document::Document;
use crate::finding::Finding;
use crate::key::KeyPath;
use crate::schema::Platform;

/// Which part of the screen has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Sections,
    Form,
    Text,
    Memory,
    Findings,
}

/// What can stand beside the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Text,
    Memory,
}

/// A few words about what has just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The words.
    pub says: String,
    /// True for a refusal or a failure.
    pub is_bad: bool,
}

/// First visible line of each pane that scrolls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scroll {
    pub sections: usize,
    pub form: usize,
    pub text: usize,
    pub findings: usize,
}

/// The studio at one moment.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Columns and rows of the terminal.
    pub size: Size,
    pub source: Source,
    pub history: History,
    /// What the document would be if the value being typed or chosen were taken.
    pub draft: Option<Document>,
    /// What the shown document says, with its findings.
    pub sheet: Sheet,
    /// What counts as a mistake.
    pub judge: Judge,
    /// What the shell says beside the document.
    pub shell: Shell,
    pub pane: Pane,
    /// Index into the sheet's sections.
    pub section: usize,
    /// Index into the visible rows of the section.
    pub row: usize,
    /// Index into the findings.
    pub finding: usize,
    /// Selected line of the text, from 0.
    pub line: usize,
    pub scroll: Scroll,
    /// What is wanted beside the form.
    pub beside: Option<Beside>,
    /// Whether it fits.
    pub outlook: Outlook,
    /// Fields that do not matter now are left out.
    pub hides_idle: bool,
    /// The top one has the keys.
    pub dialogs: Vec<Dialog>,
    pub note: Option<Note>,
    /// Leaving follows the save that is under way.
    pub quits_after_save: bool,
    /// The job that was launched, running or over.
    pub job: Option<Job>,
    /// The script that was launched last, with its arguments.
    pub script: String,
    /// Leaving follows the end of the job.
    pub leaves_after_job: bool,
    /// The job begins again when it has ended.
    pub restarts_job: bool,
    /// Set when the studio is to end.
    pub outcome: Option<Outcome>,
}

impl State {
    /// The studio with a document, nothing selected but the first field.
    pub fn new(document: Document, source: Source, judge: Judge) -> State {
        let sheet = look(&document, &source, &judge);
        State {
            size: Size::default(),
            source,
            history: History::new(document),
            draft: None,
            sheet,
            judge,
            shell: Shell::default(),
            pane: Pane::Form,
            section: 0,
            row: 0,
            finding: 0,
            line: 0,
            scroll: Scroll::default(),
            beside: Some(Beside::Text),
            outlook: Outlook::default(),
            hides_idle: false,
            dialogs: Vec::new(),
            note: None,
            quits_after_save: false,
            job: None,
            script: String::new(),
            leaves_after_job: false,
            restarts_job: false,
            outcome: None,
        }
    }

    /// The document as it is shown: the draft where there is one.
    pub fn shown(&self) -> &Document {
        self.draft.as_ref().unwrap_or_else(|| self.history.now())
    }

    /// True when there is something that the file on disk does not say.
    pub fn is_modified(&self) -> bool {
        self.source.saved_text() != self.history.now().text()
    }

    /// True when the text is no config, so that there is no form.
    pub fn is_faulty(&self) -> bool {
        self.shown().fault().is_some()
    }

    /// Which sort of config it is.
    pub fn platform(&self) -> Platform {
        Platform::of(Config::read(self.history.now()).get("compute_environment"))
    }

    /// The job, while it has the screen.
    pub fn open_job(&self) -> Option<&Job> {
        self.job.as_ref().filter(|job| job.is_open)
    }

    /// The areas of the screen; `None` where it is too small.
    pub fn areas(&self) -> Option<Areas> {
        let wish = Wish { pane: self.pane, beside: self.beside, is_faulty: self.is_faulty() };
        layout::areas(self.size, wish)
    }

    /// The window of the top dialog, where it has one.
    pub fn window(&self) -> Option<Rect> {
        self.window_of(self.dialogs.last()?)
    }

    /// The window of a dialog, where it has one.
    pub fn window_of(&self, dialog: &Dialog) -> Option<Rect> {
        let wish = dialog.size()?;
        let areas = self.areas()?;
        let width = self.size.width.saturating_sub(2);
        let room = Rect { x: 1, y: 1, width, height: areas.footer.y.saturating_sub(1) };
        match areas.form.filter(|_| dialog.is_preview()) {
            Some(form) => Some(layout::beside(areas, form, self.row_y(form), wish)),
            None => Some(layout::middle(room, wish)),
        }
    }

    /// The row of cells in which the selected field is.
    fn row_y(&self, form: Rect) -> u16 {
        let line = u16::try_from(self.row.saturating_sub(self.scroll.form)).unwrap_or(0);
        form.y.saturating_add(1).saturating_add(line)
    }

    /// The selected section.
    pub fn section(&self) -> Option<&Section> {
        self.sheet.sections.get(self.section)
    }

    /// The rows of the selected section that are shown.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        let rows = self.section().map_or(&[][..], |section| &section.rows);
        rows.iter().filter(|row| !self.hides_idle || row.is_written() || row.idle.is_none())
    }

    /// The selected row.
    pub fn row(&self) -> Option<&Row> {
        self.rows().nth(self.row)
    }

    /// The selected finding.
    pub fn finding(&self) -> Option<&Finding> {
        self.sheet.findings.get(self.finding)
    }

    /// Selects the row of a place, or the nearest place above it that has one. False where none has.
    pub fn select(&mut self, path: &KeyPath) -> bool {
        let Some((section, place)) = self.sheet.row_of(path) else { return false };
        self.section = section;
        let wanted = self.sheet.sections[section].rows[place].path.clone();
        if self.rows().all(|row| row.path != wanted) {
            self.hides_idle = false;
        }
        let row = self.rows().position(|row| row.path == wanted);
        self.row = row.unwrap_or(0);
        true
    }

    /// Reads the shown document anew, and keeps what was selected as far as it is still there.
    pub fn refresh(&mut self) {
        let selected = self.row().map(|row| row.path.clone());
        let finding = self.finding().map(|finding| (finding.rule, finding.place.clone()));
        self.weigh();
        self.sheet = look(self.shown(), &self.source, &self.judge);
        self.listen();
        if let Some(path) = selected {
            self.select(&path);
        }
        if let Some((rule, place)) = finding {
            let same = |other: &Finding| other.rule == rule && other.place == place;
            self.finding = self.sheet.findings.iter().position(same).unwrap_or(self.finding);
        }
        self.keep_in_range();
    }

    /// Hears which fields the shell decides.
    pub fn listen(&mut self) {
        let heard = self.shell.heard(self.shown());
        self.sheet.hear(&heard);
    }

    /// Estimates the shown document anew, and lets the rules know what they need of machine and model.
    fn weigh(&mut self) {
        let is_draft = self.draft.is_some();
        let document = self.draft.as_ref().unwrap_or_else(|| self.history.now());
        self.outlook.weigh(document, self.judge.deepspeed().as_ref(), is_draft);
        if std::mem::take(&mut self.outlook.has_news) {
            self.judge.learn(self.outlook.training(), self.outlook.named_machine());
        }
    }

    /// Indices that point past the end go to the last one.
    pub fn keep_in_range(&mut self) {
        self.section = self.section.min(self.sheet.sections.len().saturating_sub(1));
        self.row = self.row.min(self.rows().count().saturating_sub(1));
        self.finding = self.finding.min(self.sheet.findings.len().saturating_sub(1));
        self.line = self.line.min(self.sheet.lines.len().saturating_sub(1));
        if self.is_faulty() && matches!(self.pane, Pane::Sections | Pane::Form | Pane::Memory) {
            self.pane = Pane::Text;
        }
    }

    /// Says something in the footer until the next key.
    pub fn say(&mut self, says: impl Into<String>) {
        self.note = Some(Note { says: says.into(), is_bad: false });
    }

    /// Says in the footer what could not be done.
    pub fn refuse(&mut self, says: impl Into<String>) {
        self.note = Some(Note { says: says.into(), is_bad: true });
    }
}

/// Lays out a document. One that is not begun yet is not judged.
fn look(document: &Document, source: &Source, judge: &Judge) -> Sheet {
    let is_begun = source.stored.is_some() || !document.text().is_empty();
    let findings = is_begun.then(|| judge.findings(document, &source.as_given()));
    Sheet::of(document, findings.unwrap_or_default(), judge.release())
}
