//! The studio as a person has it: keys in, picture out. No terminal, no process.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use accel_studio::document::Stored;
use accel_studio::launch::Plan;
use accel_studio::launch::supervise::Wake;
use accel_studio::studio::{Around, Looks, Message, Opening, Outcome, Prepared, Screen, Studio};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The editor that a person calls: gives the text that comes back for the text that goes out.
type Editor = Box<dyn FnMut(&str) -> Result<String, String>>;

/// A screen without a terminal behind it.
struct Board {
    terminal: Terminal<TestBackend>,
    editor: Editor,
    /// What a launch would start.
    planned: Result<Prepared, String>,
    /// What was asked of the world of processes, in order.
    asked: Vec<String>,
}

impl Screen for Board {
    type Backend = TestBackend;

    fn terminal(&mut self) -> &mut Terminal<TestBackend> {
        &mut self.terminal
    }

    fn edit(&mut self, text: &str, _name: &str) -> Result<String, String> {
        (self.editor)(text)
    }

    fn suspend(&mut self) {}

    fn prepare(&mut self, _text: &str, path: Option<&Path>, words: &str) -> Result<Prepared, String> {
        let name = path.and_then(Path::file_name).unwrap_or_default().display();
        self.asked.push(format!("prepare {name} {words}"));
        self.planned.clone()
    }

    fn launch(&mut self, plan: Plan) -> Result<(), String> {
        self.asked.push(format!("launch {}", plan.processes.len()));
        Ok(())
    }

    fn wake(&mut self, wake: Wake) {
        self.asked.push(format!("{wake:?}"));
    }

    fn save_logs(&mut self) -> Result<PathBuf, String> {
        self.asked.push("save logs".to_owned());
        Ok(PathBuf::from("logs-1"))
    }
}

/// Somebody before the studio.
pub struct Person {
    studio: Studio,
    board: Board,
    outcome: Outcome,
}

/// What a usual terminal shows.
pub const USUAL: Looks = Looks { colour: true, unicode: true };

impl Person {
    /// Opens a file on a screen of so many columns and rows.
    pub fn opens(path: &Path, columns: u16, rows: u16) -> Person {
        let stored = Stored::read(path).expect("the file can be read");
        Person::sits_before(Opening::File(Box::new(stored)), USUAL, columns, rows)
    }

    /// Begins a new config.
    pub fn begins(path: Option<&Path>, columns: u16, rows: u16) -> Person {
        let opening = Opening::New { path: path.map(Path::to_owned), default_file: None };
        Person::sits_before(opening, USUAL, columns, rows)
    }

    pub fn sits_before(opening: Opening, looks: Looks, columns: u16, rows: u16) -> Person {
        Person::sits_in(Around::default(), opening, looks, columns, rows)
    }

    /// With all that surrounds the config.
    pub fn sits_in(around: Around, opening: Opening, looks: Looks, columns: u16, rows: u16) -> Person {
        let terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a board needs nothing");
        let editor: Editor = Box::new(|_| Err("no editor here".to_owned()));
        let planned = Err("no plan here".to_owned());
        let board = Board { terminal, editor, planned, asked: Vec::new() };
        let mut person =
            Person { studio: Studio::in_project(around, opening, looks), board, outcome: Outcome::Deserted };
        person.sends([]);
        person
    }

    /// Puts an editor on the path of `e`.
    pub fn has_editor(mut self, editor: impl FnMut(&str) -> Result<String, String> + 'static) -> Person {
        self.board.editor = Box::new(editor);
        self
    }

    /// Has something to launch.
    pub fn has_plan(mut self, prepared: Prepared) -> Person {
        self.board.planned = Ok(prepared);
        self
    }

    /// What was asked of the world of processes since the last call.
    pub fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.board.asked)
    }

    /// Presses keys: words are typed letter by letter, `<enter>` and its like are keys, spaces
    /// separate, `<space>` is one.
    pub fn types(&mut self, keys: &str) -> &mut Person {
        self.sends(keys.split_whitespace().flat_map(keys_of).map(Message::Key))
    }

    /// Clicks a cell.
    pub fn clicks(&mut self, column: u16, row: u16) -> &mut Person {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    /// Does something with the mouse.
    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Person {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        self.sends([Message::Mouse(event)])
    }

    /// Drags the window to another size.
    pub fn resizes(&mut self, columns: u16, rows: u16) -> &mut Person {
        self.board.terminal.backend_mut().resize(columns, rows);
        self.sends([Message::Resized])
    }

    /// Sends messages, and looks on until all are taken in. Each is drawn, as it would be for slow
    /// fingers.
    pub fn sends(&mut self, messages: impl IntoIterator<Item = Message>) -> &mut Person {
        for message in messages.into_iter() {
            self.sends_at_once([message]);
        }
        self.sends_at_once([])
    }

    /// Sends messages faster than frames are drawn.
    pub fn sends_at_once(&mut self, messages: impl IntoIterator<Item = Message>) -> &mut Person {
        let (sender, inbox) = mpsc::channel();
        for message in messages {
            sender.send(message).expect("the inbox is open");
        }
        drop(sender);
        if self.outcome == Outcome::Deserted {
            self.outcome = self.studio.run(&mut self.board, &inbox).expect("a board cannot fail");
        }
        self
    }

    /// How it ended; `Deserted` while the studio is still open.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What the config says now.
    pub fn text(&self) -> &str {
        self.studio.text()
    }

    /// The cells of the screen.
    pub fn cells(&self) -> &Buffer {
        self.board.terminal.backend().buffer()
    }

    /// The screen as text.
    pub fn picture(&self) -> String {
        let cells = self.cells();
        let mut picture = String::new();
        for row in 0..cells.area.height {
            let line: String = (0..cells.area.width).map(|column| cells[(column, row)].symbol()).collect();
            writeln!(picture, "{}", line.trim_end()).expect("text takes text");
        }
        picture
    }

    /// True when the screen shows these words somewhere on one line.
    pub fn sees(&self, words: &str) -> bool {
        self.picture().lines().any(|line| line.contains(words))
    }

    /// Column and row of the first of these words on the screen.
    pub fn finds(&self, words: &str) -> (u16, u16) {
        let picture = self.picture();
        let found = picture.lines().enumerate().find_map(|(row, line)| {
            let at = line.find(words)?;
            Some((line[..at].chars().count(), row))
        });
        let (column, row) = found.unwrap_or_else(|| panic!("`{words}` is not on the screen:\n{picture}"));
        (u16::try_from(column).expect("a screen"), u16::try_from(row).expect("a screen"))
    }

    /// Fails with the whole picture where the words are not on it.
    #[track_caller]
    pub fn must_see(&self, words: &str) {
        assert!(self.sees(words), "`{words}` is not on the screen:\n{}", self.picture());
    }
}

/// The keys of one word of [`Person::types`].
pub fn keys_of(token: &str) -> Vec<KeyEvent> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let named = token.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let Some(name) = named else { return token.chars().map(|letter| plain(KeyCode::Char(letter))).collect() };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "back" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "f1" => KeyCode::F(1),
        name => {
            let letter = name.strip_prefix("c-").and_then(|rest| rest.chars().next());
            let letter = letter.unwrap_or_else(|| panic!("`<{name}>` is no key"));
            return vec![KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)];
        }
    };
    vec![plain(code)]
}
