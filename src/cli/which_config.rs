//! Which config a launch uses where it is not plain: the named one, the project's, or Accelerate's
//! default file; and what to say about it.

use std::path::{Path, PathBuf};

use crate::document::Stored;
use crate::hardware::Machine;
use crate::layers::{self, Source};

/// How a config came to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person named it.
    Named,
    /// It is the project's.
    Projects,
    /// It is Accelerate's default file.
    Default,
}

impl Kind {
    /// In one word, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Named => "named",
            Kind::Projects => "project",
            Kind::Default => "default",
        }
    }
}

/// The config that is used.
#[derive(Clone, Debug)]
pub struct Used {
    /// Where it lies.
    pub path: PathBuf,
    /// Why it is this one.
    pub kind: Kind,
    /// Its text.
    pub source: Source,
}

/// The config of a launch, and sentences about the choice.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The config; none where there is none to use.
    pub used: Option<Used>,
    /// What a person should know of the choice.
    pub notes: Vec<String>,
}

/// Chooses: the named one, else the project's, else the default file. Accelerate does not know the
/// project's; `--cpu` without a named config reads none there and here.
pub fn choose(named: Option<&Path>, is_cpu: bool, machine: &Machine) -> Result<Choice, String> {
    let folder = machine.cwd.clone().unwrap_or_default();
    let default =
        Some(layers::default_file(&machine.env, machine.home.as_deref())).filter(|path| path.is_file());
    let project = of_project(&folder);
    if let Some(named) = named {
        let used = read(named, Kind::Named)?;
        let notes = stale(named, default.as_deref(), project.as_deref()).into_iter().collect();
        return Ok(Choice { used: Some(used), notes });
    }
    if is_cpu {
        let unread = project.or(default);
        let note = |path: PathBuf| {
            format!("`--cpu` reads no config unless `--config_file` names it; {} is not used", path.display())
        };
        return Ok(Choice { used: None, notes: unread.map(note).into_iter().collect() });
    }
    match (project, default) {
        (Some(project), default) => {
            let used = read(&project, Kind::Projects)?;
            let note = match default {
                Some(default) => format!(
                    "uses the project's {}; `accelerate launch` without `--config_file` would use {}, which may be another project's",
                    project.display(),
                    default.display()
                ),
                None => format!(
                    "uses the project's {}; `accelerate launch` needs `--config_file` for that",
                    project.display()
                ),
            };
            Ok(Choice { used: Some(used), notes: vec![note] })
        }
        (None, Some(default)) => {
            let note =
                format!("uses Accelerate's default file {}, which all projects share", default.display());
            Ok(Choice { used: Some(read(&default, Kind::Default)?), notes: vec![note] })
        }
        (None, None) => {
            let note = "no config is used: none is named, and neither the project nor Accelerate has one";
            Ok(Choice { used: None, notes: vec![note.to_owned()] })
        }
    }
}

/// The first of the documented names, in this folder or above it within the repository.
fn of_project(folder: &Path) -> Option<PathBuf> {
    let is_inside = folder.ancestors().any(|folder| folder.join(".git").exists());
    for above in folder.ancestors() {
        if let Some(name) = layers::PROJECT.iter().find(|name| above.join(name).is_file()) {
            // Said as a person would write it, where it lies right here.
            return Some(if above == folder { PathBuf::from(name) } else { above.join(name) });
        }
        if !is_inside || above.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The default file was named although the project has its own.
fn stale(named: &Path, default: Option<&Path>, project: Option<&Path>) -> Option<String> {
    let (default, project) = (default?, project?);
    let is_default = named.canonicalize().ok()? == default.canonicalize().ok()?;
    is_default.then(|| {
        format!(
            "{} is the file that all projects share, and this project has its own: {}",
            named.display(),
            project.display()
        )
    })
}

fn read(path: &Path, kind: Kind) -> Result<Used, String> {
    let stored = Stored::read(path).map_err(|error| error.to_string())?;
    let source = Source { name: path.display().to_string(), document: stored.document().clone() };
    Ok(Used { path: path.to_owned(), kind, source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn machine(folder: &Path) -> Machine {
        let env = [("HF_HOME".to_owned(), folder.join("hf").display().to_string())].into();
        Machine { env, cwd: Some(folder.join("project/deep")), ..Machine::default() }
    }

    fn write(path: PathBuf) -> PathBuf {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, "distributed_type: 'NO'\n").expect("a file");
        path
    }

    #[test]
    fn the_projects_config_goes_before_the_shared_one_and_both_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let machine = machine(folder.path());
        fs::create_dir_all(folder.path().join("project/.git")).expect("folders");
        fs::create_dir_all(folder.path().join("project/deep")).expect("folders");
        let kind = |is_cpu: bool| choose(None, is_cpu, &machine).expect("it can be read");
        assert!(kind(false).used.is_none());
        let default = write(folder.path().join("hf/accelerate/default_config.yaml"));
        assert_eq!(kind(false).used.map(|used| used.kind), Some(Kind::Default));
        let own = write(folder.path().join("project/accelerate.yaml"));
        let choice = kind(false);
        assert_eq!(choice.used.map(|used| (used.kind, used.path)), Some((Kind::Projects, own)));
        assert!(choice.notes[0].contains("another project's"), "{:?}", choice.notes);
        let choice = choose(Some(&default), false, &machine).expect("it can be read");
        assert!(choice.notes[0].contains("has its own"), "{:?}", choice.notes);
        assert!(kind(true).used.is_none());
    }
}
