//! The full-screen program: receive a message, update the state, perform the effects, draw.
//!
//! The studio is handed its screen and its messages, so tests use it exactly as people do. Only
//! `terminal.rs` knows that a real terminal exists.

mod command;
mod effect;
mod fit;
mod inbox;
mod keymap;
mod layout;
mod paint;
mod runner;
mod state;
mod summary;
mod terminal;
mod theme;
mod update;
mod view;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use ratatui::Terminal;
use ratatui::backend::Backend;

use self::state::State;
use self::state::judge::Judge;
use self::state::outlook::Outlook;
use self::state::shell::Shell;
use self::state::source::Source;
use self::theme::Theme;
use crate::document::{Document, FileError, Format, Stored};
use crate::hardware::Machine;
use crate::launch::Plan;
use crate::launch::supervise::Wake;
use crate::model::ModelCard;
use crate::rules::{self, Surroundings};
use crate::settings::{Settings, SettingsError};

pub use self::effect::Filed;
pub use self::inbox::{Inbox, Message, Piece, Prepared};
pub use self::keymap::page as keys_page;
pub use self::terminal::open;
pub use self::theme::Looks;

/// What a screen says that has no processes behind it.
const NO_PROCESSES: &str = "nothing can be launched from here";

/// What the studio draws on, and what else it needs of a terminal.
pub trait Screen {
    /// How cells reach the eye.
    type Backend: Backend;

    /// The terminal.
    fn terminal(&mut self) -> &mut Terminal<Self::Backend>;

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    fn forget(&mut self) {
        // Where this fails, drawing fails too and is told there.
        self.terminal().clear().ok();
    }

    /// Lets the person edit a text elsewhere and gives it back; `Err` says why that failed. The name
    /// is the file's, for the editor to choose its colours by.
    fn edit(&mut self, text: &str, name: &str) -> Result<String, String>;

    /// Gives the terminal back to the shell until it continues us.
    fn suspend(&mut self);

    /// Plans a launch of a config's text, which has this path, for a script and its arguments.
    fn prepare(&mut self, _text: &str, _path: Option<&Path>, _words: &str) -> Result<Prepared, String> {
        Err(NO_PROCESSES.to_owned())
    }

    /// Starts a job; what it says and does comes as messages.
    fn launch(&mut self, _plan: Plan) -> Result<(), String> {
        Err(NO_PROCESSES.to_owned())
    }

    /// Tells the running job something.
    fn wake(&mut self, _wake: Wake) {}

    /// Copies all that the ranks of the last job have said to a folder, and names it.
    fn save_logs(&mut self) -> Result<PathBuf, String> {
        Err(NO_PROCESSES.to_owned())
    }
}

/// What is opened.
#[derive(Clone, Debug)]
pub enum Opening {
    /// A file that was read.
    File(Box<Stored>),
    /// A new config.
    New {
        /// The name that it shall have, where one was given.
        path: Option<PathBuf>,
        /// Accelerate's own default file, where there is one.
        default_file: Option<PathBuf>,
    },
}

/// How the studio ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person left.
    Left,
    /// The person left after a job had ended.
    LeftJob {
        /// The exit code of the job.
        code: u8,
    },
    /// A signal of this number ended it; `loses_changes` when there were unsaved ones.
    Ended {
        /// The signal's number.
        signal: i32,
        /// True when unsaved changes are lost.
        loses_changes: bool,
    },
    /// Nobody can send messages any more.
    Deserted,
}

/// What surrounds the config, and how more of it is found.
#[derive(Clone, Debug)]
pub struct Around {
    /// The settings of the file's project.
    pub settings: Settings,
    /// The folder whose `accel-studio.yaml` keeps what is said of model and machine.
    pub folder: PathBuf,
    /// What is known beside the config: the files that it names.
    pub known: Surroundings,
    /// This machine.
    pub here: Machine,
    /// Finds the model of a name; `Err` says in lower case why there is none.
    pub find_model: fn(&str, &Machine) -> Result<ModelCard, String>,
    /// Finds the machine of a name, or of a file as seen from a folder, likewise.
    pub find_machine: fn(&str, &Path) -> Result<Machine, String>,
    /// Plans a launch of a config's text, which has this path, for a script and its arguments.
    pub plan: fn(&str, Option<&Path>, &str) -> Result<Prepared, String>,
    /// What the studio begins with, where that is not the form.
    pub first: Option<Message>,
}

impl Default for Around {
    /// Nothing is known and nothing can be found.
    fn default() -> Around {
        Around {
            settings: Settings::default(),
            folder: PathBuf::from("."),
            known: Surroundings::default(),
            here: Machine::default(),
            find_model: |name, _| Err(format!("no model is called `{name}`")),
            find_machine: |name, _| Err(format!("no machine is called `{name}`")),
            plan: |_, _, _| Err(NO_PROCESSES.to_owned()),
            first: None,
        }
    }
}

/// Why the studio could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// Standard input or output is not a terminal.
    #[error(
        "the studio needs a terminal; use `accel-studio validate FILE` to check a file, \
         `accel-studio fix FILE` to repair it, `accel-studio init --yes` to write a new one"
    )]
    NoTerminal,
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The project's settings could not be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The terminal failed.
    #[error("the terminal could not be used: {0}")]
    Terminal(String),
}

/// The studio with one config.
pub struct Studio {
    state: State,
    theme: Theme,
    around: Around,
}

impl Studio {
    /// The studio, ready to run, for a project without settings.
    pub fn new(opening: Opening, looks: Looks) -> Studio {
        Studio::in_project(Around::default(), opening, looks)
    }

    /// The studio, ready to run, with all that surrounds the config.
    pub fn in_project(around: Around, opening: Opening, looks: Looks) -> Studio {
        let judge = Judge::new(around.settings.clone(), around.known.clone());
        let mut state = match opening {
            Opening::File(stored) => {
                let document = stored.document().clone();
                State::new(document, Source { stored: Some(*stored), ..Source::default() }, judge)
            }
            Opening::New { path, default_file } => {
                let source = Source { stored: None, wanted: path, default_file };
                let mut state = State::new(Document::parse("", Format::Yaml), source, judge);
                update::begin(&mut state);
                state
            }
        };
        let settings = with_comments(around.settings.clone(), state.history.now());
        state.outlook = Outlook::of(&settings, around.here.clone());
        state.shell = Shell::of(around.here.clone());
        state.listen();
        let mut studio = Studio { state, theme: Theme::new(looks), around };
        studio.look_up();
        studio
    }

    /// Looks up what the settings name.
    fn look_up(&mut self) {
        for effect in update::lookups(&self.state) {
            if let Some(message) = effect::look_up(&effect, &self.around) {
                update::update(&mut self.state, message);
            }
        }
    }

    /// Receives, updates, performs and draws until the person leaves.
    pub fn run<S: Screen>(&mut self, screen: &mut S, inbox: &Inbox) -> Result<Outcome, StudioError> {
        loop {
            self.draw(screen)?;
            let Ok(message) = inbox.recv() else { return Ok(Outcome::Deserted) };
            // Whatever else has arrived meanwhile is taken in before the next frame: held keys and
            // slow lines do not pile up frames.
            let mut next = Some(message);
            while let Some(message) = next {
                self.take(message, screen);
                if let Some(outcome) = self.state.outcome {
                    return Ok(self.with_job(outcome));
                }
                next = inbox.try_recv().ok();
            }
        }
    }

    /// Leaving after a job carries its exit code along.
    fn with_job(&self, outcome: Outcome) -> Outcome {
        match (outcome, self.state.job.as_ref().and_then(|job| job.code())) {
            (Outcome::Left, Some(code)) => Outcome::LeftJob { code },
            (outcome, _) => outcome,
        }
    }

    /// Draws one frame.
    pub fn draw<S: Screen>(&mut self, screen: &mut S) -> Result<(), StudioError> {
        let terminal = screen.terminal();
        let size = terminal.size().map_err(failed)?;
        update::resize(&mut self.state, size);
        let (state, theme) = (&self.state, &self.theme);
        terminal.draw(|frame| view::draw(state, theme, frame)).map_err(failed)?;
        Ok(())
    }

    /// What the config says now, saved or not.
    pub fn text(&self) -> &str {
        self.state.history.now().text()
    }

    /// Takes in one message and the answers to what it caused.
    fn take<S: Screen>(&mut self, message: Message, screen: &mut S) {
        let mut waiting = vec![message];
        while let Some(message) = waiting.pop() {
            let effects = update::update(&mut self.state, message);
            let around = &self.around;
            waiting.extend(effects.into_iter().filter_map(|effect| effect::perform(effect, screen, around)));
        }
    }
}

/// The settings as comments of the file change them: what they say of model, machine and step comes first. What
/// is wrong with them is a finding.
fn with_comments(mut settings: Settings, document: &Document) -> Settings {
    let mut told = rules::told(document).unwrap_or_default();
    settings.model = told.remove("model").or(settings.model);
    settings.machine = told.remove("machine").or(settings.machine);
    settings.workload.extend(told);
    settings
}

fn failed(error: impl Display) -> StudioError {
    StudioError::Terminal(error.to_string())
}
