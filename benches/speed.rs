//! How long people wait: one file, three hundred files, an estimate, a key press. Prints figures and judges
//! nothing.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use accel_studio::document::{Document, Format, Stored};
use accel_studio::memory::{self, Ddp, Fsdp, Precision, Sharding, Strategy, Workload, Zero};
use accel_studio::model::{self, ModelCard};
use accel_studio::rules;
use accel_studio::schema::Release;
use accel_studio::studio::{Looks, Message, Opening, Screen, Studio};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

const FILES: usize = 300;

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let files = copy_configs(folder.path())?;
    let one = files.iter().find(|path| path.ends_with("fsdp2.yaml")).expect("the preset is among them");
    let texts: Vec<(Vec<u8>, String)> = files.iter().map(|path| (read(path), name(path))).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_accel-studio"));

    line("validate one file, in process", times(200, || validate(&read(one), "fsdp2.yaml")))?;
    line(
        "validate 300 files, in process, one thread",
        times(10, || {
            texts.iter().for_each(|(bytes, name)| validate(bytes, name));
        }),
    )?;
    line("start the program (--version)", times(50, || run(program, &["--version".as_ref()])))?;
    line(
        "validate one file, whole program",
        times(100, || {
            run(program, &["validate".as_ref(), one.as_os_str()]);
        }),
    )?;
    line(
        "validate 300 files, whole program",
        times(20, || {
            run(program, &["validate".as_ref(), folder.path().as_os_str()]);
        }),
    )?;
    let card = model::find("llama-3.1-8b", &BTreeMap::new()).expect("it is a preset");
    let table = strategies();
    line("estimate of peak memory", times(1000, || estimates(&card, &table[..1])))?;
    line("estimates for a table of 40 strategies", times(200, || estimates(&card, &table)))?;
    for (columns, rows) in [(80, 24), (200, 60)] {
        let name = format!("key press to finished frame, {columns}×{rows}");
        line(&name, keys(one, columns, rows))?;
    }
    Ok(())
}

/// Three hundred configs, good and bad, out of the presets and the fixtures.
fn copy_configs(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let configs = root.join("tests/fixtures/configs");
    let folders =
        [root.join("presets"), configs.join("valid"), configs.join("silent"), configs.join("invalid")];
    let mut files = Vec::new();
    for source in folders {
        for entry in fs::read_dir(source)? {
            let from = entry?.path();
            // `presets/models` holds models.
            if from.is_dir() {
                continue;
            }
            let to = folder.join(from.file_name().expect("an entry has a name"));
            fs::copy(from, &to)?;
            files.push(to);
        }
    }
    files.split_off(FILES.min(files.len())).iter().try_for_each(fs::remove_file)?;
    Ok(files)
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("it was just written")
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn validate(bytes: &[u8], name: &str) {
    let document = Document::from_bytes(bytes, Format::of(name));
    black_box(rules::check(&document, name, Release::LATEST));
}

fn run(program: &Path, arguments: &[&std::ffi::OsStr]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("the program starts").code().is_some(), "no signal ended it");
}

/// Forty ways to spread a model: every kind of sharding over 1 to 128 GPUs.
fn strategies() -> Vec<Strategy> {
    let kinds = [
        Sharding::Fsdp(Fsdp::default()),
        Sharding::Fsdp(Fsdp { version: 1, ..Fsdp::default() }),
        Sharding::Ddp(Ddp::default()),
        Sharding::Zero(Zero::at(2)),
        Sharding::Zero(Zero::at(3)),
    ];
    let worlds = (0..8).map(|doublings| 1_u64 << doublings);
    let spread = |world, sharding: &Sharding| Strategy {
        world,
        local: world.min(8),
        precision: Precision::Bf16,
        sharding: sharding.clone(),
        ..Strategy::default()
    };
    worlds.flat_map(|world| kinds.iter().map(move |kind| spread(world, kind))).collect()
}

fn estimates(card: &ModelCard, strategies: &[Strategy]) {
    for strategy in strategies {
        black_box(memory::estimate(card, &Workload::default(), strategy)).expect("all sizes are usual");
    }
}

/// A screen without a terminal behind it.
struct Board(Terminal<TestBackend>);

impl Screen for Board {
    type Backend = TestBackend;

    fn terminal(&mut self) -> &mut Terminal<TestBackend> {
        &mut self.0
    }

    fn edit(&mut self, text: &str, _: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn suspend(&mut self) {}
}

/// Moves, opens a field, types into it, takes it back, searches: each key from its arrival to the
/// end of the frame that shows it. The frame that `run` draws before it listens is taken off.
fn keys(file: &Path, columns: u16, rows: u16) -> Vec<Duration> {
    let stored = Stored::read(file).expect("it was just written");
    let mut studio = Studio::new(Opening::File(Box::new(stored)), Looks { colour: true, unicode: true });
    let mut board = Board(Terminal::new(TestBackend::new(columns, rows)).expect("a board needs nothing"));
    let moves = [KeyCode::Down, KeyCode::Down, KeyCode::Tab, KeyCode::Down, KeyCode::Down, KeyCode::Enter];
    let typed =
        [KeyCode::Char('1'), KeyCode::Char('2'), KeyCode::Enter, KeyCode::Char('u'), KeyCode::Char('/')];
    let sought = [KeyCode::Char('z'), KeyCode::Char('e'), KeyCode::Char('r'), KeyCode::Esc];
    let script = [&moves[..], &typed, &sought].concat();
    let mut times = Vec::new();
    for key in script.iter().cycle().take(script.len() * 10) {
        let idle = time(|| turn(&mut studio, &mut board, None));
        let busy = time(|| turn(&mut studio, &mut board, Some(*key)));
        times.push(busy.saturating_sub(idle));
    }
    times
}

fn turn(studio: &mut Studio, board: &mut Board, key: Option<KeyCode>) {
    let (sender, inbox) = mpsc::channel();
    if let Some(key) = key {
        sender.send(Message::Key(KeyEvent::from(key))).expect("the inbox is open");
    }
    drop(sender);
    studio.run(board, &inbox).expect("a board does not fail");
}

fn times(count: usize, mut work: impl FnMut()) -> Vec<Duration> {
    work();
    (0..count).map(|_| time(&mut work)).collect()
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn line(name: &str, mut times: Vec<Duration>) -> io::Result<()> {
    times.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let [best, middle, worst] = [0, times.len() / 2, times.len() - 1].map(|at| milliseconds(times[at]));
    writeln!(io::stdout(), "{name:45} best {best:8.3} ms   median {middle:8.3} ms   worst {worst:8.3} ms")
}
