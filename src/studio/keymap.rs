//! Which key means which verb, where: one row each. Dispatch, footer, help, palette and
//! `docs/keys.md` read these rows, so a key that works is a key that is written down.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{COMMANDS, Command};

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Any pane.
    Anywhere,
    /// The list of sections.
    Sections,
    /// The fields of a section.
    Form,
    /// The file's text.
    Text,
    /// What it needs of memory.
    Memory,
    /// The list of findings.
    Findings,
    /// A text is being typed; other keys go into it.
    Typing,
    /// One of several is being chosen.
    Choosing,
    /// A way to make it fit is being chosen.
    Remedies,
    /// A new config is begun.
    Starting,
    /// The items of a list are being edited.
    Items,
    /// A text is typed and the list below it narrows.
    Searching,
    /// Something is read: help, keys, a diff.
    Reading,
    /// What will be written is shown.
    Saving,
    /// The file on disk has changed.
    Conflict,
    /// There are unsaved changes.
    Leaving,
    /// A job has the screen.
    Job,
    /// What will be launched is shown.
    Launching,
    /// A job is running.
    LeavingJob,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Held with Control?
    pub with_control: bool,
}

/// One row: in this context this key means this verb.
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which key.
    pub key: Key,
    /// Which verb.
    pub command: Command,
    /// True where the footer names it, if there is room.
    pub is_shown: bool,
}

const fn plain(code: KeyCode) -> Key {
    Key { code, with_control: false }
}

const fn key(letter: char) -> Key {
    plain(KeyCode::Char(letter))
}

const fn control(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), with_control: true }
}

const fn bind(context: Context, key: Key, command: Command) -> Binding {
    Binding { context, key, command, is_shown: false }
}

const fn shown(context: Context, key: Key, command: Command) -> Binding {
    Binding { context, key, command, is_shown: true }
}

const UP: Key = plain(KeyCode::Up);
const DOWN: Key = plain(KeyCode::Down);
const LEFT: Key = plain(KeyCode::Left);
const RIGHT: Key = plain(KeyCode::Right);
const PAGE_UP: Key = plain(KeyCode::PageUp);
const PAGE_DOWN: Key = plain(KeyCode::PageDown);
const HOME: Key = plain(KeyCode::Home);
const END: Key = plain(KeyCode::End);
const ENTER: Key = plain(KeyCode::Enter);
const ESCAPE: Key = plain(KeyCode::Esc);
const TAB: Key = plain(KeyCode::Tab);
const BACK_TAB: Key = plain(KeyCode::BackTab);
const DELETE: Key = plain(KeyCode::Delete);
const F1: Key = plain(KeyCode::F(1));
/// Any of the digits 1 to 9; see [`Key::of`].
const DIGIT: Key = key('1');

/// All keys. Within a context the footer shows them in this order.
pub const KEYMAP: &[Binding] = &[
    shown(Context::Sections, ENTER, Command::OpenSection),
    bind(Context::Sections, key(' '), Command::OpenSection),
    shown(Context::Form, ENTER, Command::EditField),
    bind(Context::Form, key(' '), Command::EditField),
    shown(Context::Form, key('x'), Command::UnsetField),
    bind(Context::Form, DELETE, Command::UnsetField),
    shown(Context::Text, ENTER, Command::ShowField),
    shown(Context::Memory, key('M'), Command::MakeFit),
    shown(Context::Memory, ENTER, Command::EditPlan),
    bind(Context::Memory, key(' '), Command::EditPlan),
    shown(Context::Memory, key('x'), Command::UnsetPlan),
    bind(Context::Memory, DELETE, Command::UnsetPlan),
    shown(Context::Findings, ENTER, Command::ShowField),
    shown(Context::Anywhere, key('f'), Command::Fix),
    shown(Context::Anywhere, key('?'), Command::FieldHelp),
    shown(Context::Anywhere, key('/'), Command::Find),
    shown(Context::Anywhere, key('m'), Command::Memory),
    shown(Context::Anywhere, key('s'), Command::Save),
    shown(Context::Anywhere, key('u'), Command::Undo),
    shown(Context::Anywhere, key('e'), Command::ExternalEditor),
    shown(Context::Anywhere, key('t'), Command::ToggleText),
    shown(Context::Anywhere, key('L'), Command::Launch),
    shown(Context::Anywhere, key('T'), Command::Train),
    shown(Context::Anywhere, key('q'), Command::Quit),
    shown(Context::Anywhere, F1, Command::KeyHelp),
    bind(Context::Anywhere, key('F'), Command::FixAll),
    bind(Context::Anywhere, key('M'), Command::MakeFit),
    bind(Context::Anywhere, key('n'), Command::NextFinding),
    bind(Context::Anywhere, key('N'), Command::PreviousFinding),
    bind(Context::Anywhere, control('r'), Command::Redo),
    bind(Context::Anywhere, key('d'), Command::Diff),
    bind(Context::Anywhere, control('s'), Command::Save),
    bind(Context::Anywhere, key('S'), Command::SaveAs),
    bind(Context::Anywhere, key('R'), Command::Reload),
    bind(Context::Anywhere, key('z'), Command::ToggleIdle),
    bind(Context::Anywhere, key(':'), Command::Palette),
    bind(Context::Anywhere, control('p'), Command::Palette),
    bind(Context::Anywhere, TAB, Command::NextPane),
    bind(Context::Anywhere, BACK_TAB, Command::PreviousPane),
    bind(Context::Anywhere, DIGIT, Command::GoToSection),
    bind(Context::Anywhere, key('j'), Command::Down),
    bind(Context::Anywhere, DOWN, Command::Down),
    bind(Context::Anywhere, key('k'), Command::Up),
    bind(Context::Anywhere, UP, Command::Up),
    bind(Context::Anywhere, key('h'), Command::Left),
    bind(Context::Anywhere, LEFT, Command::Left),
    bind(Context::Anywhere, key('l'), Command::Right),
    bind(Context::Anywhere, RIGHT, Command::Right),
    bind(Context::Anywhere, PAGE_UP, Command::PageUp),
    bind(Context::Anywhere, control('b'), Command::PageUp),
    bind(Context::Anywhere, PAGE_DOWN, Command::PageDown),
    bind(Context::Anywhere, control('f'), Command::PageDown),
    bind(Context::Anywhere, key('g'), Command::First),
    bind(Context::Anywhere, HOME, Command::First),
    bind(Context::Anywhere, key('G'), Command::Last),
    bind(Context::Anywhere, END, Command::Last),
    bind(Context::Anywhere, control('l'), Command::Redraw),
    bind(Context::Anywhere, control('z'), Command::Suspend),
    bind(Context::Anywhere, control('c'), Command::Quit),
    shown(Context::Typing, ENTER, Command::Accept),
    shown(Context::Typing, ESCAPE, Command::Cancel),
    bind(Context::Typing, control('c'), Command::Cancel),
    shown(Context::Choosing, ENTER, Command::Accept),
    bind(Context::Choosing, key(' '), Command::Accept),
    shown(Context::Choosing, ESCAPE, Command::Cancel),
    bind(Context::Choosing, key('q'), Command::Cancel),
    bind(Context::Choosing, control('c'), Command::Cancel),
    shown(Context::Choosing, key('x'), Command::UnsetField),
    bind(Context::Choosing, DELETE, Command::UnsetField),
    bind(Context::Choosing, key('j'), Command::Down),
    bind(Context::Choosing, DOWN, Command::Down),
    bind(Context::Choosing, key('k'), Command::Up),
    bind(Context::Choosing, UP, Command::Up),
    bind(Context::Choosing, key('g'), Command::First),
    bind(Context::Choosing, HOME, Command::First),
    bind(Context::Choosing, key('G'), Command::Last),
    bind(Context::Choosing, END, Command::Last),
    bind(Context::Choosing, PAGE_UP, Command::PageUp),
    bind(Context::Choosing, PAGE_DOWN, Command::PageDown),
    shown(Context::Remedies, ENTER, Command::Accept),
    bind(Context::Remedies, key(' '), Command::Accept),
    shown(Context::Remedies, ESCAPE, Command::Cancel),
    bind(Context::Remedies, key('q'), Command::Cancel),
    bind(Context::Remedies, control('c'), Command::Cancel),
    bind(Context::Remedies, key('j'), Command::Down),
    bind(Context::Remedies, DOWN, Command::Down),
    bind(Context::Remedies, key('k'), Command::Up),
    bind(Context::Remedies, UP, Command::Up),
    shown(Context::Starting, ENTER, Command::Accept),
    bind(Context::Starting, key(' '), Command::Accept),
    shown(Context::Starting, key('q'), Command::Quit),
    bind(Context::Starting, ESCAPE, Command::Quit),
    bind(Context::Starting, control('c'), Command::Quit),
    bind(Context::Starting, key('j'), Command::Down),
    bind(Context::Starting, DOWN, Command::Down),
    bind(Context::Starting, key('k'), Command::Up),
    bind(Context::Starting, UP, Command::Up),
    bind(Context::Starting, key('g'), Command::First),
    bind(Context::Starting, key('G'), Command::Last),
    shown(Context::Items, ENTER, Command::EditItem),
    bind(Context::Items, key(' '), Command::EditItem),
    shown(Context::Items, key('a'), Command::AddItem),
    shown(Context::Items, key('x'), Command::RemoveItem),
    bind(Context::Items, DELETE, Command::RemoveItem),
    shown(Context::Items, key('K'), Command::RaiseItem),
    shown(Context::Items, key('J'), Command::LowerItem),
    shown(Context::Items, ESCAPE, Command::Close),
    bind(Context::Items, key('q'), Command::Close),
    bind(Context::Items, control('c'), Command::Close),
    bind(Context::Items, key('j'), Command::Down),
    bind(Context::Items, DOWN, Command::Down),
    bind(Context::Items, key('k'), Command::Up),
    bind(Context::Items, UP, Command::Up),
    bind(Context::Items, key('g'), Command::First),
    bind(Context::Items, key('G'), Command::Last),
    shown(Context::Searching, ENTER, Command::Accept),
    shown(Context::Searching, ESCAPE, Command::Cancel),
    bind(Context::Searching, control('c'), Command::Cancel),
    bind(Context::Searching, DOWN, Command::Down),
    bind(Context::Searching, control('n'), Command::Down),
    bind(Context::Searching, UP, Command::Up),
    bind(Context::Searching, control('p'), Command::Up),
    bind(Context::Searching, PAGE_UP, Command::PageUp),
    bind(Context::Searching, PAGE_DOWN, Command::PageDown),
    shown(Context::Reading, ESCAPE, Command::Close),
    bind(Context::Reading, key('q'), Command::Close),
    bind(Context::Reading, ENTER, Command::Close),
    bind(Context::Reading, key('?'), Command::Close),
    bind(Context::Reading, control('c'), Command::Close),
    shown(Context::Reading, F1, Command::KeyHelp),
    bind(Context::Reading, key('j'), Command::Down),
    bind(Context::Reading, DOWN, Command::Down),
    bind(Context::Reading, key('k'), Command::Up),
    bind(Context::Reading, UP, Command::Up),
    bind(Context::Reading, PAGE_UP, Command::PageUp),
    bind(Context::Reading, control('b'), Command::PageUp),
    shown(Context::Reading, PAGE_DOWN, Command::PageDown),
    bind(Context::Reading, key(' '), Command::PageDown),
    bind(Context::Reading, control('f'), Command::PageDown),
    bind(Context::Reading, key('g'), Command::First),
    bind(Context::Reading, HOME, Command::First),
    bind(Context::Reading, key('G'), Command::Last),
    bind(Context::Reading, END, Command::Last),
    shown(Context::Saving, ENTER, Command::Accept),
    bind(Context::Saving, key('y'), Command::Accept),
    bind(Context::Saving, key('s'), Command::Accept),
    bind(Context::Saving, control('s'), Command::Accept),
    shown(Context::Saving, ESCAPE, Command::Cancel),
    bind(Context::Saving, key('q'), Command::Cancel),
    bind(Context::Saving, key('n'), Command::Cancel),
    bind(Context::Saving, control('c'), Command::Cancel),
    bind(Context::Saving, key('j'), Command::Down),
    bind(Context::Saving, DOWN, Command::Down),
    bind(Context::Saving, key('k'), Command::Up),
    bind(Context::Saving, UP, Command::Up),
    bind(Context::Saving, PAGE_UP, Command::PageUp),
    shown(Context::Saving, PAGE_DOWN, Command::PageDown),
    shown(Context::Conflict, key('o'), Command::Overwrite),
    shown(Context::Conflict, key('r'), Command::Reload),
    shown(Context::Conflict, key('a'), Command::SaveAs),
    shown(Context::Conflict, ESCAPE, Command::Cancel),
    bind(Context::Conflict, key('q'), Command::Cancel),
    bind(Context::Conflict, control('c'), Command::Cancel),
    shown(Context::Leaving, key('s'), Command::Save),
    shown(Context::Leaving, key('d'), Command::Discard),
    bind(Context::Leaving, control('c'), Command::Discard),
    shown(Context::Leaving, ESCAPE, Command::Cancel),
    bind(Context::Leaving, key('q'), Command::Cancel),
    shown(Context::Job, key('s'), Command::StopJob),
    bind(Context::Job, control('c'), Command::StopJob),
    shown(Context::Job, key('r'), Command::RestartJob),
    shown(Context::Job, TAB, Command::NextPane),
    shown(Context::Job, ENTER, Command::ReadLog),
    shown(Context::Job, key('/'), Command::FindInLog),
    shown(Context::Job, ESCAPE, Command::Close),
    shown(Context::Job, key('w'), Command::SaveLogs),
    shown(Context::Job, key('K'), Command::KillJob),
    shown(Context::Job, key('q'), Command::Quit),
    shown(Context::Job, F1, Command::KeyHelp),
    bind(Context::Job, key('?'), Command::KeyHelp),
    bind(Context::Job, BACK_TAB, Command::PreviousPane),
    bind(Context::Job, key('h'), Command::Left),
    bind(Context::Job, LEFT, Command::Left),
    bind(Context::Job, key('l'), Command::Right),
    bind(Context::Job, RIGHT, Command::Right),
    bind(Context::Job, DIGIT, Command::GoToLog),
    bind(Context::Job, key('n'), Command::NextMatch),
    bind(Context::Job, key('N'), Command::PreviousMatch),
    bind(Context::Job, key('j'), Command::Down),
    bind(Context::Job, DOWN, Command::Down),
    bind(Context::Job, key('k'), Command::Up),
    bind(Context::Job, UP, Command::Up),
    bind(Context::Job, PAGE_UP, Command::PageUp),
    bind(Context::Job, control('b'), Command::PageUp),
    bind(Context::Job, PAGE_DOWN, Command::PageDown),
    bind(Context::Job, key(' '), Command::PageDown),
    bind(Context::Job, control('f'), Command::PageDown),
    bind(Context::Job, key('g'), Command::First),
    bind(Context::Job, HOME, Command::First),
    bind(Context::Job, key('G'), Command::Last),
    bind(Context::Job, END, Command::Last),
    bind(Context::Job, control('l'), Command::Redraw),
    bind(Context::Job, control('z'), Command::Suspend),
    shown(Context::Launching, ENTER, Command::Accept),
    shown(Context::Launching, key('!'), Command::LaunchAnyway),
    shown(Context::Launching, ESCAPE, Command::Cancel),
    bind(Context::Launching, key('q'), Command::Cancel),
    bind(Context::Launching, control('c'), Command::Cancel),
    bind(Context::Launching, key('j'), Command::Down),
    bind(Context::Launching, DOWN, Command::Down),
    bind(Context::Launching, key('k'), Command::Up),
    bind(Context::Launching, UP, Command::Up),
    bind(Context::Launching, PAGE_UP, Command::PageUp),
    shown(Context::Launching, PAGE_DOWN, Command::PageDown),
    bind(Context::Launching, key(' '), Command::PageDown),
    bind(Context::Launching, key('g'), Command::First),
    bind(Context::Launching, key('G'), Command::Last),
    shown(Context::LeavingJob, key('s'), Command::StopJob),
    shown(Context::LeavingJob, key('k'), Command::KillJob),
    shown(Context::LeavingJob, ESCAPE, Command::Cancel),
    bind(Context::LeavingJob, key('q'), Command::Cancel),
    bind(Context::LeavingJob, control('c'), Command::Cancel),
];

impl Context {
    /// All of them, in the order of help.
    pub const ALL: [Context; 19] = [
        Context::Anywhere,
        Context::Sections,
        Context::Form,
        Context::Text,
        Context::Memory,
        Context::Findings,
        Context::Typing,
        Context::Choosing,
        Context::Remedies,
        Context::Starting,
        Context::Items,
        Context::Searching,
        Context::Reading,
        Context::Saving,
        Context::Conflict,
        Context::Leaving,
        Context::Job,
        Context::Launching,
        Context::LeavingJob,
    ];

    /// A heading for help.
    pub fn title(self) -> &'static str {
        match self {
            Context::Anywhere => "Anywhere",
            Context::Sections => "In the sections",
            Context::Form => "In the form",
            Context::Text => "In the text",
            Context::Memory => "In the memory pane",
            Context::Findings => "In the findings",
            Context::Typing => "While typing a value",
            Context::Choosing => "In a list of choices",
            Context::Remedies => "When it is made to fit",
            Context::Starting => "When a new file is begun",
            Context::Items => "In a list of items",
            Context::Searching => "While searching",
            Context::Reading => "While reading help or a diff",
            Context::Saving => "Before saving",
            Context::Conflict => "When the file on disk has changed",
            Context::Leaving => "When leaving with unsaved changes",
            Context::Job => "While a job has the screen",
            Context::Launching => "Before a launch",
            Context::LeavingJob => "When leaving while a job runs",
        }
    }

    /// True where the keys of every pane work too.
    fn is_pane(self) -> bool {
        matches!(
            self,
            Context::Sections | Context::Form | Context::Text | Context::Memory | Context::Findings
        )
    }
}

impl Key {
    /// The key of an event. The digits 2 to 9 count as 1, because one row stands for all of them;
    /// Shift is part of a letter, not a modifier.
    pub fn of(event: KeyEvent) -> Option<Key> {
        if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
            return None;
        }
        let with_control = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char('1'..='9') if !with_control => DIGIT.code,
            KeyCode::Char(letter) if with_control => KeyCode::Char(letter.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Some(Key { code, with_control })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == DIGIT {
            return out.write_str("1-9");
        }
        match (self.code, self.with_control) {
            (KeyCode::Char(' '), _) => out.write_str("Space"),
            (KeyCode::Char(letter), true) => write!(out, "Ctrl-{}", letter.to_ascii_uppercase()),
            (KeyCode::Char(letter), false) => write!(out, "{letter}"),
            (KeyCode::Esc, _) => out.write_str("Esc"),
            (KeyCode::PageUp, _) => out.write_str("PgUp"),
            (KeyCode::PageDown, _) => out.write_str("PgDn"),
            (KeyCode::BackTab, _) => out.write_str("Shift-Tab"),
            (KeyCode::Delete, _) => out.write_str("Del"),
            (code, _) => write!(out, "{code}"),
        }
    }
}

/// The verb of a key in a context.
pub fn command(context: Context, key: Key) -> Option<Command> {
    let in_context = |wanted: Context| {
        KEYMAP.iter().find(|row| row.context == wanted && row.key == key).map(|row| row.command)
    };
    in_context(context).or_else(|| context.is_pane().then(|| in_context(Context::Anywhere)).flatten())
}

/// The rows that the footer may show in a context, best first.
pub fn shown_in(context: Context) -> impl Iterator<Item = &'static Binding> {
    let here = KEYMAP.iter().filter(move |row| row.context == context);
    let anywhere = KEYMAP.iter().filter(move |row| context.is_pane() && row.context == Context::Anywhere);
    here.chain(anywhere).filter(|row| row.is_shown)
}

/// The keys of a verb in a context, as help writes them: "s, Ctrl-S".
pub fn keys_of(context: Context, command: Command) -> String {
    let keys = KEYMAP.iter().filter(|row| row.context == context && row.command == command);
    keys.map(|row| row.key.to_string()).collect::<Vec<_>>().join(", ")
}

/// The verbs that have a key in a context, in the order of the command table.
pub fn commands_in(context: Context) -> impl Iterator<Item = &'static super::command::Row> {
    COMMANDS
        .iter()
        .filter(move |row| KEYMAP.iter().any(|key| key.context == context && key.command == row.command))
}

/// The page `docs/keys.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Keys of the studio\n\n<!-- Generated from src/studio/keymap.rs: BLESS=1 cargo test -->\n",
    );
    for context in Context::ALL {
        page.push_str(&format!("\n## {}\n\n| key | does |\n|---|---|\n", context.title()));
        for row in commands_in(context) {
            let keys = keys_of(context, row.command).replace('|', "\\|");
            page.push_str(&format!("| `{}` | {} |\n", keys.replace(", ", "` `"), row.says));
        }
    }
    page
}

#[cfg(test)]
#[path = "keymap_tests.rs"]
mod tests;
