//! Every verb a person can perform in the studio: a name and a sentence, one row each.
//!
//! Keys are in `keymap.rs`, deeds in `update`. Help, palette and `docs/keys.md` read these rows.

/// A verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    NextPane,
    PreviousPane,
    GoToSection,
    OpenSection,
    EditField,
    UnsetField,
    FieldHelp,
    ShowField,
    NextFinding,
    PreviousFinding,
    Fix,
    FixAll,
    Find,
    Palette,
    KeyHelp,
    Undo,
    Redo,
    Diff,
    Save,
    SaveAs,
    Reload,
    ExternalEditor,
    ToggleText,
    Memory,
    EditPlan,
    UnsetPlan,
    MakeFit,
    ToggleIdle,
    Redraw,
    Suspend,
    Quit,
    Accept,
    Cancel,
    Close,
    EditItem,
    AddItem,
    RemoveItem,
    RaiseItem,
    LowerItem,
    Overwrite,
    Discard,
    Launch,
    Train,
    LaunchAnyway,
    StopJob,
    KillJob,
    RestartJob,
    SaveLogs,
    FindInLog,
    ReadLog,
    NextMatch,
    PreviousMatch,
    GoToLog,
}

/// What is told about a verb.
pub struct Row {
    /// Which verb.
    pub command: Command,
    /// One or two words for the footer and the palette.
    pub name: &'static str,
    /// A sentence.
    pub says: &'static str,
    /// True where the palette offers it: verbs that mean something without a dialog.
    pub is_offered: bool,
}

const fn row(command: Command, name: &'static str, says: &'static str) -> Row {
    Row { command, name, says, is_offered: false }
}

const fn offered(command: Command, name: &'static str, says: &'static str) -> Row {
    Row { command, name, says, is_offered: true }
}

/// All verbs, in the order of help and palette.
pub const COMMANDS: &[Row] = &[
    offered(Command::EditField, "edit", "Change the selected field: flip it, choose from a list, or type."),
    offered(
        Command::UnsetField,
        "unset",
        "Take the selected key out of the file, so that its default counts.",
    ),
    offered(
        Command::FieldHelp,
        "about",
        "Explain the selected field: choices, range, flag, variables, findings.",
    ),
    offered(Command::Find, "find", "Search all fields of all sections by label, key or meaning."),
    offered(
        Command::Fix,
        "fix",
        "Apply the fix of the selected finding, or of the selected field's finding.",
    ),
    offered(Command::FixAll, "fix all", "Apply every safe fix at once."),
    offered(Command::NextFinding, "next finding", "Go to the field of the next finding."),
    offered(Command::PreviousFinding, "previous finding", "Go to the field of the previous finding."),
    offered(Command::Undo, "undo", "Take back the last change."),
    offered(Command::Redo, "redo", "Make the change again that was taken back."),
    offered(Command::Diff, "diff", "Show what differs from the file on disk."),
    offered(Command::Save, "save", "Show what will change, then write the file."),
    offered(Command::SaveAs, "save as", "Write to a file of another name."),
    offered(Command::Reload, "reload", "Read the file from disk again; undo brings your changes back."),
    offered(Command::ExternalEditor, "editor", "Edit the text in $VISUAL or $EDITOR, then come back."),
    offered(Command::Memory, "memory", "Show whether it fits: name model and machine, describe a step."),
    offered(Command::MakeFit, "make it fit", "List what to change so that it fits, the cheapest first."),
    offered(
        Command::Launch,
        "launch",
        "Show what a launch would start, then start it; or go back to the running job.",
    ),
    offered(
        Command::Train,
        "train",
        "Plan a run of the bundled worker with this config, then start it: the model of the memory pane, else a tiny one.",
    ),
    offered(Command::ToggleText, "text", "Show or hide the file's text."),
    offered(
        Command::ToggleIdle,
        "hide idle",
        "Hide or show the fields that do not matter with these settings.",
    ),
    offered(Command::Palette, "commands", "List every command and run one by name."),
    offered(Command::KeyHelp, "keys", "List every key."),
    offered(Command::Redraw, "redraw", "Draw the whole screen again."),
    offered(Command::Suspend, "suspend", "Go back to the shell; `fg` returns to the studio."),
    offered(Command::Quit, "quit", "Leave the studio; asks first when there are unsaved changes."),
    row(Command::Up, "up", "Go one line up."),
    row(Command::Down, "down", "Go one line down."),
    row(Command::PageUp, "page up", "Go one page up."),
    row(Command::PageDown, "page down", "Go one page down."),
    row(Command::First, "first", "Go to the first line."),
    row(Command::Last, "last", "Go to the last line."),
    row(Command::Left, "left", "Go to the pane on the left."),
    row(Command::Right, "right", "Go to the pane on the right."),
    row(Command::NextPane, "next pane", "Go to the next pane."),
    row(Command::PreviousPane, "previous pane", "Go to the previous pane."),
    row(Command::GoToSection, "section 1-9", "Go to the section of that number."),
    row(Command::OpenSection, "open", "Go to the fields of the selected section."),
    row(Command::ShowField, "go to field", "Go to the field that is meant."),
    row(Command::Accept, "accept", "Take what is typed or selected."),
    row(Command::Cancel, "cancel", "Close this and change nothing."),
    row(Command::Close, "close", "Close this."),
    row(Command::EditPlan, "edit", "Change what is said of model, machine or training step."),
    row(Command::UnsetPlan, "unset", "Take it out of the project's settings, so that its default counts."),
    row(Command::EditItem, "edit", "Type the selected item anew, or flip it."),
    row(Command::AddItem, "add", "Add an item to the list."),
    row(Command::RemoveItem, "remove", "Remove the selected item."),
    row(Command::RaiseItem, "move up", "Move the selected item up."),
    row(Command::LowerItem, "move down", "Move the selected item down."),
    row(Command::Overwrite, "overwrite", "Write although the file on disk has changed since it was read."),
    row(Command::LaunchAnyway, "launch anyway", "Start the job although it would fail."),
    row(Command::StopJob, "stop", "Tell all ranks to end; the second time, end them at once."),
    row(Command::KillJob, "kill", "End all ranks at once, by SIGKILL."),
    row(Command::RestartJob, "restart", "Start the same job again; a running one is stopped first."),
    row(Command::SaveLogs, "save logs", "Copy all that the ranks have said to a folder here."),
    row(Command::FindInLog, "search", "Search the log, from its end."),
    row(Command::ReadLog, "read", "Read why it failed, or the lines on the screen, with long lines whole."),
    row(Command::NextMatch, "next match", "Go to the next line that has what is searched."),
    row(Command::PreviousMatch, "previous match", "Go to the line before that has what is searched."),
    row(Command::GoToLog, "log 1-9", "Show the log of that number: all ranks, or one of them."),
    row(Command::Discard, "discard", "Leave and forget the unsaved changes."),
];

impl Command {
    /// What is told about this verb.
    pub fn row(self) -> &'static Row {
        COMMANDS.iter().find(|row| row.command == self).expect("a test finds a row for each key's verb")
    }
}
