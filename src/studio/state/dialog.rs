//! What can lie above the panes. Dialogs are a stack: the top one has the keys.

use std::path::PathBuf;

use ratatui::layout::Size;
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use crate::document::diff::DiffLine;
use crate::key::KeyPath;
use crate::memory::solve::Change;
use crate::presets::Preset;
use crate::studio::command::Command;
use crate::studio::fit::{broken, wrap};
use crate::studio::inbox::Prepared;
use crate::studio::keymap::Context;
use crate::value::Value;

/// Columns of a window for reading.
const READING: u16 = 92;

/// Columns that several words of a term share before they wrap.
const TERM: usize = 14;
/// Columns between a term and what it means.
pub(in crate::studio) const GAP: usize = 3;

/// Columns by which a paragraph below a line stands to the right.
pub(in crate::studio) const INDENT: usize = 4;

/// One dialog.
#[derive(Clone, Debug)]
pub(in crate::studio) enum Dialog {
    /// A value is typed in its row.
    Typing(Typing),
    /// A word of the memory pane is typed in its row.
    Telling(Typing),
    /// A word of the memory pane is chosen from a list.
    Picking(Choosing),
    /// Ways to make it fit are chosen from.
    Remedies(Remedies),
    /// A value is chosen from a list.
    Choosing(Choosing),
    /// The items of a list are edited.
    Items(Items),
    /// A name for the file is typed.
    Naming(Typing),
    /// A field is searched.
    Finding(Search<KeyPath>),
    /// A command is searched.
    Palette(Search<Command>),
    /// Something is read.
    Reading(Reading),
    /// What will be written is shown before it is.
    Saving(Reading),
    /// The file on disk is not what it was.
    Conflict(Conflict),
    /// There are unsaved changes.
    Leaving,
    /// A new config is begun.
    Starting(Starting),
    /// The script to launch is typed.
    Scripting(Typing),
    /// What is searched in a log is typed.
    Searching(Typing),
    /// What will be launched is shown before it is.
    Launching(Launching),
    /// A job is running.
    LeavingJob,
}

/// A launch to be agreed to.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Launching {
    pub prepared: Box<Prepared>,
    pub reading: Reading,
}

/// A line of text being typed.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Typing {
    /// The field that it is for; the root for a file's name.
    pub path: KeyPath,
    pub input: Input,
    /// What is wrong with what is typed so far.
    pub complaint: Option<String>,
}

/// Values to choose from.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Choosing {
    pub path: KeyPath,
    pub title: String,
    pub options: Vec<Choice>,
    pub selected: usize,
    /// What is written now, if it is one of them.
    pub current: Option<usize>,
}

/// One value to choose.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Choice {
    pub value: Value,
    pub word: String,
    /// A sentence for a person choosing.
    pub says: &'static str,
}

/// Ways to make it fit, the cheapest first.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Remedies {
    pub options: Vec<Remedy>,
    pub selected: usize,
}

/// One way to make it fit.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Remedy {
    /// What to do.
    pub name: String,
    /// Bytes that a GPU needs afterwards.
    pub needed: u64,
    /// What it costs.
    pub says: String,
    /// What changes in config and workload.
    pub changes: Vec<Change>,
}

/// A list being edited, item by item; each step is a change of its own.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Items {
    pub path: KeyPath,
    pub title: String,
    pub items: Vec<Value>,
    pub selected: usize,
    /// Exactly so many booleans, which can be flipped but not added or removed.
    pub is_fixed: bool,
    /// The item that is being typed.
    pub typing: Option<Input>,
}

/// A search and what it has found, best first.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Search<T> {
    pub input: Input,
    pub hits: Vec<Hit<T>>,
    pub selected: usize,
}

/// Something that was found.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Hit<T> {
    pub what: T,
    pub name: String,
    /// Where it is, or which keys do the same.
    pub place: String,
    pub says: String,
}

/// Something to read.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Reading {
    pub title: String,
    pub body: Body,
    /// First visible line.
    pub scroll: usize,
}

/// What there is to read.
#[derive(Clone, Debug)]
pub(in crate::studio) enum Body {
    /// Paragraphs and lists.
    Page(Vec<Line>),
    /// What changes between two texts; `bool`: whether the old one is an existing file.
    Diff(Vec<DiffLine>),
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::studio) enum Line {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Words(String),
    /// A paragraph that belongs to the line above.
    Below(String),
    /// A term and what it means.
    Term(String, String),
    /// What a program printed, letter for letter.
    Printed(String),
    /// Nothing.
    Gap,
}

/// The save that was refused.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Conflict {
    pub path: PathBuf,
    /// Why, in a sentence.
    pub says: String,
    /// False where the file could not be written over even on purpose.
    pub can_overwrite: bool,
}

/// The beginning of a new config.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Starting {
    pub options: Vec<Beginning>,
    pub selected: usize,
}

/// One way to begin.
#[derive(Clone, Debug)]
pub(in crate::studio) enum Beginning {
    /// Accelerate's own default file.
    DefaultFile(PathBuf),
    /// A preset.
    Preset(&'static Preset),
    /// The presets that are not in the short list.
    MorePresets,
    /// Nothing at all.
    Empty,
}

impl Dialog {
    /// Which keys count.
    pub fn context(&self) -> Context {
        match self {
            Dialog::Typing(_) | Dialog::Naming(_) | Dialog::Telling(_) => Context::Typing,
            Dialog::Items(items) if items.typing.is_some() => Context::Typing,
            Dialog::Items(_) => Context::Items,
            Dialog::Choosing(_) | Dialog::Picking(_) => Context::Choosing,
            Dialog::Remedies(_) => Context::Remedies,
            Dialog::Starting(_) => Context::Starting,
            Dialog::Scripting(_) | Dialog::Searching(_) => Context::Typing,
            Dialog::Launching(_) => Context::Launching,
            Dialog::LeavingJob => Context::LeavingJob,
            Dialog::Finding(_) | Dialog::Palette(_) => Context::Searching,
            Dialog::Reading(_) => Context::Reading,
            Dialog::Saving(_) => Context::Saving,
            Dialog::Conflict(_) => Context::Conflict,
            Dialog::Leaving => Context::Leaving,
        }
    }

    /// Columns and rows of the window that it would like; `None` for one that is drawn in the form.
    pub fn size(&self) -> Option<Size> {
        let lines = |count: usize, more: u16| u16::try_from(count).unwrap_or(u16::MAX).saturating_add(more);
        let (width, height) = match self {
            Dialog::Typing(_) | Dialog::Telling(_) => return None,
            Dialog::Naming(_) | Dialog::Scripting(_) => (64, 6),
            Dialog::Searching(_) => (56, 4),
            Dialog::LeavingJob => (62, 6),
            Dialog::Launching(it) => (READING, lines(it.reading.body.height(READING - 4), 2).clamp(6, 40)),
            Dialog::Choosing(choosing) | Dialog::Picking(choosing) => (92, lines(choosing.options.len(), 5)),
            Dialog::Remedies(remedies) => (96, lines(remedies.options.len(), 7)),
            Dialog::Items(items) => (76, lines(items.items.len(), 3).max(7)),
            Dialog::Finding(_) => (96, 24),
            Dialog::Palette(_) => (84, 26),
            Dialog::Reading(it) | Dialog::Saving(it) => {
                (READING, lines(it.body.height(READING - 4), 2).clamp(6, 40))
            }
            Dialog::Conflict(_) => (70, 9),
            Dialog::Leaving => (58, 6),
            Dialog::Starting(starting) => (76, lines(starting.options.len(), 8)),
        };
        Some(Size { width, height })
    }

    /// True for one that shows what it would change: the findings below stay in sight.
    pub fn is_preview(&self) -> bool {
        matches!(self, Dialog::Choosing(_) | Dialog::Items(_))
    }

    /// The selected line and how many there are, for a dialog that is a list.
    pub fn list(&mut self) -> Option<(&mut usize, usize)> {
        match self {
            Dialog::Choosing(it) | Dialog::Picking(it) => Some((&mut it.selected, it.options.len())),
            Dialog::Remedies(it) => Some((&mut it.selected, it.options.len())),
            Dialog::Items(it) => Some((&mut it.selected, it.items.len())),
            Dialog::Finding(it) => Some((&mut it.selected, it.hits.len())),
            Dialog::Palette(it) => Some((&mut it.selected, it.hits.len())),
            Dialog::Starting(it) => Some((&mut it.selected, it.options.len())),
            _ => None,
        }
    }
}

impl Body {
    /// How many rows it takes at a width.
    pub fn height(&self, width: u16) -> usize {
        match self {
            Body::Page(lines) => page_height(lines, usize::from(width)),
            Body::Diff(lines) => lines.len(),
        }
    }
}

/// Columns of the terms of a page.
pub(in crate::studio) fn term_width(lines: &[Line]) -> usize {
    let terms = || {
        lines.iter().filter_map(|line| match line {
            Line::Term(term, _) => Some(term.as_str()),
            _ => None,
        })
    };
    let widest = terms().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let word = terms().flat_map(str::split_whitespace).map(UnicodeWidthStr::width).max().unwrap_or(0);
    widest.min(word.clamp(TERM, 2 * TERM))
}

fn page_height(lines: &[Line], width: usize) -> usize {
    let terms = term_width(lines);
    let rows = |text: &str, width: usize| wrap(text, width).len();
    lines
        .iter()
        .map(|line| match line {
            Line::Words(text) => rows(text, width),
            Line::Below(text) => rows(text, width.saturating_sub(INDENT)),
            Line::Printed(text) => broken(text, width).len(),
            Line::Term(term, says) => rows(term, terms).max(rows(says, width.saturating_sub(terms + GAP))),
            Line::Heading(_) | Line::Gap => 1,
        })
        .sum()
}

impl Beginning {
    /// A few words.
    pub fn name(&self) -> String {
        match self {
            Beginning::DefaultFile(_) => "Accelerate's default file".to_owned(),
            Beginning::Preset(preset) => preset.title().to_owned(),
            Beginning::MorePresets => "More presets".to_owned(),
            Beginning::Empty => "An empty file".to_owned(),
        }
    }

    /// The name of the preset, as `accel-studio init --preset` takes it.
    pub fn word(&self) -> &'static str {
        match self {
            Beginning::Preset(preset) => preset.name,
            _ => "",
        }
    }

    /// A sentence or two.
    pub fn says(&self) -> String {
        match self {
            Beginning::DefaultFile(path) => {
                format!("Open {}, which `accelerate launch` reads when no file is named.", path.display())
            }
            Beginning::Preset(preset) => preset.description(),
            Beginning::MorePresets => {
                "Two machines, long context, CPU, and other starting points.".to_owned()
            }
            Beginning::Empty => "Begin with nothing and set each field yourself.".to_owned(),
        }
    }
}
