//! The door to the real terminal: taken over on entering, always given back on leaving, whatever
//! happens in between. Keys and signals become messages here.

use std::io::{self, IsTerminal, Stdout, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs, panic, thread};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::runner::Runner;
use super::{Around, Looks, Message, Opening, Outcome, Prepared, Screen, Studio, StudioError};
use crate::document::{FileError, Stored, exposure};
use crate::launch::Plan;
use crate::launch::supervise::Wake;
use crate::rules::{Companion, Exposed, Surroundings};
use crate::schema::Release;
use crate::settings;

/// Plans a launch of a config's text, which has this path, for a script and its arguments.
type Planner = fn(&str, Option<&Path>, &str) -> Result<Prepared, String>;

/// The number of SIGHUP on every system that has it.
const HANGUP: i32 = 1;
/// How long a key may take to notice that the terminal was lent to a child.
const GLANCE: Duration = Duration::from_millis(50);

/// Opens the studio on this terminal, with a file or with a new config, and stays until the person
/// leaves. The terminal is as it was before whatever comes back. `installed` is the release of
/// Accelerate that counts where the project names none.
pub fn open(path: Option<&Path>, installed: Option<Release>, around: Around) -> Result<Outcome, StudioError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(StudioError::NoTerminal);
    }
    let opening = opening(path)?;
    let folder = path.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let found = settings::above(folder)?;
    let mut settings = found.settings;
    settings.accelerate = settings.accelerate.or(installed);
    let known = surroundings(&opening, folder);
    // What is said of model and machine goes where the project's settings are, or beside the config.
    let kept = found.path.as_deref().and_then(Path::parent).unwrap_or(folder).to_owned();
    let planner = around.plan;
    let first = around.first.clone();
    let around = Around { settings, known, folder: kept, ..around };
    let (sender, inbox) = mpsc::channel();
    let keyboard = Keyboard::default();
    let mut studio = Studio::in_project(around, opening, looks());
    let mut guest = Guest::enter(keyboard.clone(), planner, Runner::new(sender.clone()))
        .map_err(|error| StudioError::Terminal(error.to_string()))?;
    listen_to_signals(&sender).map_err(|error| StudioError::Terminal(error.to_string()))?;
    if let Some(message) = first {
        sender.send(message).ok();
    }
    thread::spawn(move || read_keys(&keyboard, &sender));
    let result = studio.run(&mut guest, &inbox);
    drop(guest);
    result
}

/// The file of that name, or a new config that shall have it.
fn opening(path: Option<&Path>) -> Result<Opening, StudioError> {
    let Some(path) = path else {
        return Ok(Opening::New { path: None, default_file: default_file() });
    };
    match Stored::read(path) {
        Ok(stored) => Ok(Opening::File(Box::new(stored))),
        Err(FileError::Missing { path, .. }) => Ok(Opening::New { path: Some(path), default_file: None }),
        Err(error) => Err(error.into()),
    }
}

/// What is known beside the config: the other file that it names, such as DeepSpeed's, and who may change files.
fn surroundings(opening: &Opening, folder: &Path) -> Surroundings {
    let Opening::File(stored) = opening else { return Surroundings::default() };
    let document = stored.document();
    let companion = Companion::of(document, folder, |path| Ok(Stored::read(path)?.document().clone()));
    Surroundings { exposed: Exposed::of(document, exposure), ..Surroundings::with(companion) }
}

/// The file that `accelerate launch` reads when none is named, if it is there. Accelerate 1.15.0
/// looks in `HF_HOME`, else in `huggingface` of `XDG_CACHE_HOME`, else of `~/.cache`.
fn default_file() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let home = folder("HF_HOME").or_else(|| Some(cache()?.join("huggingface")))?;
    let file = home.join("accelerate").join("default_config.yaml");
    fs::metadata(&file).is_ok_and(|found| found.is_file()).then_some(file)
}

/// What this terminal can show: no colour under `NO_COLOR`, no Unicode where the locale names
/// another character set.
fn looks() -> Looks {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let is_utf8 = |locale: &str| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
    Looks {
        colour: set("NO_COLOR").is_none() && !is_dumb,
        unicode: cfg!(windows) || locale.as_deref().is_some_and(is_utf8),
    }
}

/// The terminal while the studio has it.
struct Guest {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    keyboard: Keyboard,
    planner: Planner,
    runner: Runner,
}

impl Guest {
    fn enter(keyboard: Keyboard, planner: Planner, runner: Runner) -> io::Result<Guest> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |what| {
            give_back();
            before(what);
        }));
        let terminal = take().and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        if terminal.is_err() {
            give_back();
        }
        Ok(Guest { terminal: terminal?, keyboard, planner, runner })
    }

    /// Lends the terminal while something else uses it.
    fn lend<T>(&mut self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let rest = self.keyboard.rest();
        give_back();
        let result = work();
        take()?;
        drop(rest);
        self.forget();
        result
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        give_back();
        drop(panic::take_hook());
    }
}

impl Screen for Guest {
    type Backend = CrosstermBackend<Stdout>;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.terminal
    }

    /// `Terminal::clear` would ask the terminal where the cursor is, and the answer would go to the
    /// thread that reads keys; a new terminal knows nothing of what is on the screen.
    fn forget(&mut self) {
        execute!(io::stdout(), Clear(ClearType::All)).ok();
        if let Ok(terminal) = Terminal::new(CrosstermBackend::new(io::stdout())) {
            self.terminal = terminal;
        }
    }

    fn edit(&mut self, text: &str, name: &str) -> Result<String, String> {
        let editor =
            ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok().filter(|it| !it.is_empty()));
        let editor = editor.ok_or("no editor is set; put the name of yours in the variable EDITOR")?;
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or_default();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                format!("there is no program `{program}`; set EDITOR to one that you have")
            }
            io::ErrorKind::InvalidData => "the edited text is not UTF-8; nothing is taken from it".to_owned(),
            _ => format!("the text could not be edited in `{program}`: {error}"),
        };
        let folder = tempfile::tempdir().map_err(failed)?;
        let path = folder.path().join(if name.is_empty() { "config.yaml" } else { name });
        fs::write(&path, text).map_err(failed)?;
        let mut command = Command::new(program);
        command.args(words).arg(&path);
        let status = self.lend(|| command.status()).map_err(failed)?;
        if !status.success() {
            return Err(format!("`{program}` ended with a failure; nothing is taken from it"));
        }
        fs::read_to_string(&path).map_err(failed)
    }

    fn suspend(&mut self) {
        #[cfg(unix)]
        {
            let stop = || signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
            // Where the terminal cannot be taken again, drawing the next frame fails and is told.
            self.lend(stop).ok();
        }
    }

    fn prepare(&mut self, text: &str, path: Option<&Path>, words: &str) -> Result<Prepared, String> {
        (self.planner)(text, path, words)
    }

    fn launch(&mut self, plan: Plan) -> Result<(), String> {
        self.runner.launch(plan)
    }

    fn wake(&mut self, wake: Wake) {
        self.runner.wake(wake);
    }

    fn save_logs(&mut self) -> Result<PathBuf, String> {
        self.runner.save_logs()
    }
}

/// True while the studio has the terminal: giving it back twice would move the cursor away from what
/// was said in between.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal over.
fn take() -> io::Result<()> {
    IS_TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

/// Gives the terminal back as it was. Each step is tried even where another fails: there is nobody
/// left to tell.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show).ok();
    io::stdout().flush().ok();
    disable_raw_mode().ok();
}

/// Whether the thread that reads keys may read: a child that has the terminal reads its own.
#[derive(Clone, Default)]
struct Keyboard(Arc<(Mutex<Reader>, Condvar)>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Reader {
    #[default]
    Reads,
    ShallRest,
    Rests,
}

/// Lets the reader read again when dropped.
struct Rest(Keyboard);

impl Keyboard {
    fn state(&self) -> MutexGuard<'_, Reader> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, to: Reader) {
        *self.state() = to;
        self.0.1.notify_all();
    }

    fn wait_while(&self, waits: impl Fn(Reader) -> bool) {
        let state = self.state();
        drop(self.0.1.wait_timeout_while(state, GLANCE * 4, |now| waits(*now)));
    }

    /// Makes the reader rest and waits until it does.
    fn rest(&self) -> Rest {
        self.change(Reader::ShallRest);
        self.wait_while(|now| now == Reader::ShallRest);
        Rest(self.clone())
    }

    /// For the reader: rests as long as it shall.
    fn pause(&self) {
        if *self.state() == Reader::ShallRest {
            self.change(Reader::Rests);
        }
        while *self.state() == Reader::Rests {
            self.wait_while(|now| now == Reader::Rests);
        }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.0.change(Reader::Reads);
    }
}

/// Sends what the terminal reports until nobody listens or the terminal is gone.
fn read_keys(keyboard: &Keyboard, sender: &Sender<Message>) {
    loop {
        keyboard.pause();
        let message = match event::poll(GLANCE) {
            Ok(false) => continue,
            Ok(true) => event::read().map(message),
            Err(error) => Err(error),
        };
        let is_heard = match message {
            Ok(None) => true,
            Ok(Some(message)) => sender.send(message).is_ok(),
            // A terminal that cannot be read any more has hung up, even where no signal says so.
            Err(_) => {
                sender.send(Message::Signal(HANGUP)).ok();
                false
            }
        };
        if !is_heard {
            return;
        }
    }
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(..) => Some(Message::Resized),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Turns signals into messages: a new size, and the end, so that the terminal is given back first.
#[cfg(unix)]
fn listen_to_signals(sender: &Sender<Message>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
    // A window can change its size before crossterm listens for that: it begins with the first key.
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGWINCH])?;
    let sender = sender.clone();
    thread::spawn(move || {
        for signal in signals.forever() {
            let message = if signal == SIGWINCH { Message::Resized } else { Message::Signal(signal) };
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn listen_to_signals(_sender: &Sender<Message>) -> io::Result<()> {
    Ok(())
}
