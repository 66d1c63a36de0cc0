//! The program in a real terminal: keys go through a pseudo-terminal, the screen is what a terminal
//! makes of the bytes that come back.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser};

/// Longest wait for something to appear: builds may keep the machine busy.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(10);

/// A terminal with a program in it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<Parser>>,
    settings: String,
}

impl Terminal {
    /// Starts a program in a terminal of so many columns and rows, with nothing in its environment
    /// but what a terminal sets and `variables`.
    pub fn starts(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        variables: &[(&str, &str)],
        (columns, rows): (u16, u16),
    ) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let settings = settings(pair.master.as_ref());
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(folder);
        command.env_clear();
        command.env("HOME", folder);
        command.env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let screen = Arc::new(Mutex::new(Parser::new(cells(rows), cells(columns), 0)));
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let seen = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = output.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                seen.lock().expect("no reader panics").process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().expect("a writer");
        Terminal { master: pair.master, keys, child, screen, settings }
    }

    /// Presses keys, as the bytes that a terminal sends.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the program reads");
    }

    /// Waits until the screen shows these words.
    #[track_caller]
    pub fn waits_for(&self, words: &str) {
        self.waits_until(&format!("`{words}`"), |parser| parser.screen().contents().contains(words));
    }

    /// Waits until the screen is as wished.
    #[track_caller]
    pub fn waits_until(&self, wish: &str, is_met: impl Fn(&Parser) -> bool) {
        let start = Instant::now();
        while !is_met(&self.screen.lock().expect("no reader panics")) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {wish}:\n{}", self.contents());
            thread::sleep(GLANCE);
        }
    }

    /// The screen as text.
    pub fn contents(&self) -> String {
        self.screen.lock().expect("no reader panics").screen().contents()
    }

    /// True when any cell has a colour.
    pub fn has_colour(&self) -> bool {
        let parser = self.screen.lock().expect("no reader panics");
        let (rows, columns) = parser.screen().size();
        (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column))).any(
            |(row, column)| {
                let cell = parser.screen().cell(row, column);
                cell.is_some_and(|cell| {
                    cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
                })
            },
        )
    }

    /// Drags the window to another size.
    pub fn resizes(&self, columns: u16, rows: u16) {
        self.screen.lock().expect("no reader panics").screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("a pseudo-terminal has a size");
    }

    /// Sends a signal by name.
    pub fn kill(&self, signal: &str) {
        let pid = self.child.process_id().expect("the program runs").to_string();
        let status = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill is there");
        assert!(status.success());
    }

    /// Waits for the end and gives the exit code.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.contents());
            thread::sleep(GLANCE);
        }
    }

    /// Fails unless the terminal is as it was before the program: main screen, cursor, no mouse, no
    /// pasting mode, the same line settings.
    #[track_caller]
    pub fn must_be_restored(&self) {
        self.waits_until("the main screen", |parser| !parser.screen().alternate_screen());
        let parser = self.screen.lock().expect("no reader panics");
        let screen = parser.screen();
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        assert_eq!(settings(self.master.as_ref()), self.settings);
    }
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has cells")
}

/// The line settings of a terminal: echo, line mode and so on.
fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}
