//! Where the worker is, and the libtorch that it runs with: a door that only looks at names of files and at
//! `version.py`. It starts nothing, because starting Python takes longer than all else that we do.

use std::env::consts::EXE_SUFFIX;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::elf;
use crate::launch::interpreter;

/// The release of libtorch that the worker is made for (tch 0.24).
pub const RELEASE: &str = "2.11";

/// What the worker's file is called.
pub const WORKER: &str = "accel-studio-worker";

/// Names a libtorch before all others.
pub const LIBTORCH_VARIABLE: &str = "ACCEL_STUDIO_LIBTORCH";

/// Names a worker before all others.
pub const WORKER_VARIABLE: &str = "ACCEL_STUDIO_WORKER";

/// Where to look from.
pub struct Around<'a> {
    /// Environment variables.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder of the launch.
    pub folder: PathBuf,
    /// The main program's own file.
    pub program: Option<PathBuf>,
}

/// A libtorch of the right release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Libtorch {
    /// Its folder, with `lib` in it.
    pub folder: PathBuf,
    /// As its `version.py` has it: `2.11.0+cu130`.
    pub version: String,
    /// The release of CUDA that it was built for; none for a build without.
    pub cuda: Option<String>,
    /// How it was found: "`LIBTORCH`", "the active Python".
    pub by: String,
}

/// A worker that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its file.
    pub path: PathBuf,
    /// How it was found.
    pub by: String,
}

/// A place that was looked at and is no good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// How it came into question.
    pub by: String,
    /// The place.
    pub path: PathBuf,
    /// What is wrong with it, in a few words.
    pub why: String,
}

/// What was found, and what was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search<T> {
    /// The first that is good.
    pub found: Option<T>,
    /// Those before it that are not.
    pub passed_over: Vec<PassedOver>,
}

/// The worker and its libtorch, or what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// The worker.
    pub worker: PathBuf,
    /// The folder of libtorch's libraries.
    pub libraries: PathBuf,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}): {}", self.path.display(), self.by, self.why)
    }
}

impl Libtorch {
    /// The folder of its libraries.
    pub fn libraries(&self) -> PathBuf {
        self.folder.join("lib")
    }
}

impl Around<'_> {
    fn set(&self, name: &str) -> Option<PathBuf> {
        (self.variable)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The folder of the launch and those above it, up to that of the repository.
    fn project(&self) -> Vec<&Path> {
        let above = self.folder.ancestors();
        let is_inside = above.clone().any(|folder| folder.join(".git").exists());
        if !is_inside {
            return vec![&self.folder];
        }
        let mut folders = Vec::new();
        for folder in above {
            folders.push(folder);
            if folder.join(".git").exists() {
                break;
            }
        }
        folders
    }

    /// The folder of the main program.
    fn beside(&self) -> Option<&Path> {
        self.program.as_deref()?.parent()
    }
}

/// The worker and a libtorch for it.
///
/// # Errors
/// What is missing, what was passed over, and the command that gets it; one sentence per line.
pub fn kit(around: &Around) -> Result<Kit, Vec<String>> {
    let workers = worker(around);
    let mut told: Vec<String> =
        workers.passed_over.iter().map(|passed| format!("passed over {passed}")).collect();
    let Some(worker) = workers.found else {
        told.push(worker_missing());
        return Err(told);
    };
    let torches = libtorch(around, Some(&worker.path));
    match torches.found {
        Some(found) => Ok(Kit { worker: worker.path, libraries: found.libraries() }),
        None => {
            told.extend(torches.passed_over.iter().map(|passed| format!("passed over {passed}")));
            told.push(libtorch_missing());
            Err(told)
        }
    }
}

/// The variable of the loader and its value, with a folder before what stands there: it beats the folder that is
/// written into the worker.
pub fn search_path(libraries: &Path, inherited: impl Fn(&str) -> Option<String>) -> (&'static str, String) {
    let name = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let before = inherited(name).filter(|path| !path.is_empty());
    let value = match before {
        Some(path) => format!("{}:{path}", libraries.display()),
        None => libraries.display().to_string(),
    };
    (name, value)
}

/// What to do where no worker is found.
pub fn worker_missing() -> String {
    format!(
        "the worker `{WORKER}` is not to be found; build it in the folder of accel-studio's sources with \
         `make libtorch && cargo build --release --features torch`, install it with \
         `cargo install --path . --features torch`, or name it in `{WORKER_VARIABLE}`"
    )
}

/// What to do where no libtorch is found.
pub fn libtorch_missing() -> String {
    format!(
        "the worker needs libtorch {RELEASE}, and none is to be found; run `make libtorch` in the folder of \
         accel-studio's sources, activate a Python that has torch {RELEASE}, or name its folder in \
         `{LIBTORCH_VARIABLE}`"
    )
}

/// The first worker: named, beside this program, or in a `target` folder.
pub fn worker(around: &Around) -> Search<Worker> {
    let file = format!("{WORKER}{EXE_SUFFIX}");
    let mut candidates = Vec::new();
    if let Some(path) = around.set(WORKER_VARIABLE) {
        candidates.push((format!("`{WORKER_VARIABLE}`"), path, true));
    }
    if let Some(beside) = around.beside() {
        candidates.push(("beside this program".to_owned(), beside.join(&file), false));
    }
    let builds = around.beside().and_then(Path::parent).filter(|folder| folder.ends_with("target"));
    let targets = builds.map(Path::to_path_buf).into_iter();
    for target in targets.chain(around.project().into_iter().map(|folder| folder.join("target"))) {
        for profile in ["release", "debug"] {
            candidates.push(("built here".to_owned(), target.join(profile).join(&file), false));
        }
    }
    let judge = |path: &Path, by: &str| match path {
        path if interpreter::is_program(path) => Ok(Worker { path: path.to_owned(), by: by.to_owned() }),
        path if path.exists() => Err("this is no program that may be run".to_owned()),
        _ => Err("there is no such file".to_owned()),
    };
    search(candidates, judge)
}

/// The first libtorch of the right release: named, the project's own, beside the worker, the active Python's, or
/// that with which the worker was built.
pub fn libtorch(around: &Around, worker: Option<&Path>) -> Search<Libtorch> {
    let mut candidates = Vec::new();
    for name in [LIBTORCH_VARIABLE, "LIBTORCH"] {
        candidates.extend(around.set(name).map(|path| (format!("`{name}`"), path, true)));
    }
    for folder in around.project() {
        candidates.push(("of this project".to_owned(), folder.join(".libtorch/torch"), false));
    }
    let homes = worker.and_then(Path::parent).into_iter().chain(around.beside());
    for home in homes {
        let sources = home.parent().filter(|folder| folder.ends_with("target")).and_then(Path::parent);
        let built = sources.map(|folder| folder.join(".libtorch/torch"));
        for folder in [home.join("torch"), home.join("libtorch")].into_iter().chain(built) {
            candidates.push(("beside the worker".to_owned(), folder, false));
        }
    }
    if let Some(python) = interpreter::python(around.variable) {
        for folder in interpreter::own_folders(&python) {
            candidates.push((format!("of {}", python.display()), folder.join("torch"), false));
        }
    }
    for folder in worker.and_then(elf::linkage).unwrap_or_default().looks_in {
        let parent = folder.parent().map(Path::to_path_buf);
        candidates.extend(parent.map(|torch| ("with which the worker was built".to_owned(), torch, false)));
    }
    search(candidates, judge)
}

/// The first good candidate: how it came up, where it is, and whether it is told when it is not there at all.
fn search<T>(
    candidates: Vec<(String, PathBuf, bool)>,
    judge: impl Fn(&Path, &str) -> Result<T, String>,
) -> Search<T> {
    let mut passed_over: Vec<PassedOver> = Vec::new();
    for (by, path, is_named) in candidates {
        if !is_named && !path.exists() {
            continue;
        }
        match judge(&path, &by) {
            Ok(found) => return Search { found: Some(found), passed_over },
            Err(why) if passed_over.iter().any(|passed| passed.path == path && passed.why == why) => {}
            Err(why) => passed_over.push(PassedOver { by, path, why }),
        }
    }
    Search { found: None, passed_over }
}

/// The library without which no other is of use.
fn core_library() -> &'static str {
    match std::env::consts::OS {
        "macos" => "libtorch_cpu.dylib",
        "windows" => "torch_cpu.dll",
        _ => "libtorch_cpu.so",
    }
}

/// A folder `torch`, or one that holds it, such as site-packages.
fn judge(folder: &Path, by: &str) -> Result<Libtorch, String> {
    let library = Path::new("lib").join(core_library());
    let homes = [folder.to_owned(), folder.join("torch")];
    let Some(home) = homes.into_iter().find(|home| home.join(&library).is_file()) else {
        return Err(match folder.is_dir() {
            true => format!("there is no {} in it", library.display()),
            false => "there is no such folder".to_owned(),
        });
    };
    let Some((version, cuda)) = version(&home) else {
        return Err("neither version.py nor build-version says which release it is".to_owned());
    };
    if !is_release(&version) {
        return Err(format!("it is libtorch {version}, and the worker needs {RELEASE}"));
    }
    Ok(Libtorch { folder: home, version, cuda, by: by.to_owned() })
}

/// `2.11.0+cu130` is of release 2.11, `2.110.0` is not.
fn is_release(version: &str) -> bool {
    version.strip_prefix(RELEASE).is_some_and(|rest| !rest.starts_with(|char: char| char.is_ascii_digit()))
}

/// The version and the release of CUDA that a libtorch names: in Python's package, else in the archive's file.
fn version(home: &Path) -> Option<(String, Option<String>)> {
    if let Ok(text) = fs::read_to_string(home.join("version.py")) {
        return Some((assigned(&text, "__version__")?, assigned(&text, "cuda")));
    }
    let version = fs::read_to_string(home.join("build-version")).ok()?.trim().to_owned();
    let cuda = version.split_once("+cu").map(|(_, digits)| digits.to_owned());
    Some((version, cuda))
}

/// The text that a line of Python gives a name: `cuda: Optional[str] = '13.0'`.
fn assigned(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (kind, value) = rest.split_once('=')?;
        let is_it = kind.trim().is_empty() || kind.trim_start().starts_with(':');
        let value = value.trim();
        let quoted = value.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
        is_it.then(|| quoted.to_owned())
    })
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
