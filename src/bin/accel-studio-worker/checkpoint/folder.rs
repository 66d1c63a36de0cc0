//! Folders of checkpoints: their names, the moment in which one becomes real, and which ones go.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{CheckpointError, Result, State, VERSION};

const STATE: &str = "state.json";

/// `step-000050`.
pub fn path(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("step-{step:06}"))
}

/// Where a checkpoint lies until it is whole.
pub fn aside(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!(".step-{step:06}.new"))
}

/// An error of the system about a path.
pub fn failed(path: &Path, doing: &'static str) -> impl Fn(io::Error) -> CheckpointError {
    move |why| CheckpointError::Disk { path: path.to_owned(), doing, why: why.to_string() }
}

/// Makes the folder, and clears away what a run that was killed had not finished.
pub fn prepare(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(failed(folder, "cannot be made"))?;
    for name in names(folder)? {
        if name.starts_with(".step-") && (name.ends_with(".new") || name.ends_with(".old")) {
            let left = folder.join(name);
            fs::remove_dir_all(&left).map_err(failed(&left, "is half a checkpoint and cannot be removed"))?;
        }
    }
    Ok(())
}

/// An empty folder for a checkpoint that begins.
pub fn begin(aside: &Path) -> Result<()> {
    remove(aside)?;
    fs::create_dir(aside).map_err(failed(aside, "cannot be made"))
}

/// Steps of which there are checkpoints, the newest first.
pub fn steps(folder: &Path) -> Result<Vec<u64>> {
    let names = names(folder)?;
    let mut steps: Vec<u64> =
        names.iter().filter_map(|name| name.strip_prefix("step-")?.parse().ok()).collect();
    steps.sort_unstable_by(|one, other| other.cmp(one));
    Ok(steps)
}

/// Reads `state.json`.
pub fn state(path: &Path) -> Result<State> {
    let file = path.join(STATE);
    let text = fs::read_to_string(&file).map_err(failed(&file, "cannot be read"))?;
    let state: State =
        serde_json::from_str(&text).map_err(|why| failed(&file, "is damaged")(io::Error::other(why)))?;
    if state.version != VERSION {
        let why = format!("it has form {}, this release reads form {VERSION}", state.version);
        return Err(failed(&file, "cannot be read")(io::Error::other(why)));
    }
    Ok(state)
}

/// The parts are on the disk; adds `state.json` and gives the folder its name. Only then is it a checkpoint.
pub fn publish(folder: &Path, aside: &Path, state: &State) -> Result<()> {
    let (file, path) = (aside.join(STATE), path(folder, state.progress.steps));
    let text = serde_json::to_string_pretty(state).expect("plain data with text keys is JSON");
    write(&file, text.as_bytes()).map_err(failed(&file, "cannot be written"))?;
    sync(aside)?;
    // A folder cannot be renamed onto one that is not empty; after a resume from an older one there may be one.
    let old = folder.join(format!(".step-{:06}.old", state.progress.steps));
    if path.exists() {
        remove(&old)?;
        fs::rename(&path, &old).map_err(failed(&path, "cannot be replaced"))?;
    }
    fs::rename(aside, &path).map_err(failed(&path, "cannot be given its name"))?;
    sync(folder)?;
    remove(&old)
}

/// Removes all but the newest.
pub fn prune(folder: &Path, keep: usize) -> Result<()> {
    steps(folder)?.into_iter().skip(keep).try_for_each(|step| remove(&path(folder, step)))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(failed(path, "cannot be removed")),
    }
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in a folder outlast a loss of power.
fn sync(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(folder, "cannot be put on the disk"))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let list =
        || fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect();
    io::Result::<Vec<String>>::map_err(list(), failed(folder, "cannot be read"))
}
