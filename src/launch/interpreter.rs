//! Which Python runs a script, and what is installed for it, told by names of files alone: starting
//! Python takes longer than all else that we do.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the Python of an environment lies.
const PYTHONS: [&str; 4] = ["bin/python", "bin/python3", "Scripts/python.exe", "python.exe"];

/// The Python that `accelerate launch` would run scripts with: that of the `accelerate` on the search
/// path, else that of the active environment, else the first on the path. `variable` gives environment
/// variables.
pub fn python(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let active = || ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(set);
    let in_environment = || {
        active().flat_map(|folder| PYTHONS.map(|name| folder.join(name))).find(|python| is_program(python))
    };
    of_accelerate(&path).or_else(in_environment).or_else(|| on_path(&path))
}

/// An environment that is said to be active and has no Python: the variable and the folder that it names.
pub fn lost_environment(variable: &dyn Fn(&str) -> Option<String>) -> Option<(&'static str, PathBuf)> {
    let (name, folder) = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().find_map(|name| {
        let folder = variable(name).filter(|value| !value.is_empty())?;
        Some((name, PathBuf::from(folder)))
    })?;
    let has_python = PYTHONS.iter().any(|python| is_program(&folder.join(python)));
    (!has_python).then_some((name, folder))
}

/// What the first line of the `accelerate` on a search path names.
fn of_accelerate(path: &str) -> Option<PathBuf> {
    let script = on_path_named(path, &["accelerate"])?;
    let text = fs::read(script).ok()?;
    let line = text.split(|byte| *byte == b'\n').next()?.strip_prefix(b"#!")?;
    let python = PathBuf::from(std::str::from_utf8(line).ok()?.trim());
    let is_python = python.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("python"));
    (is_python && is_program(&python)).then_some(python)
}

/// The first Python of a search path.
fn on_path(path: &str) -> Option<PathBuf> {
    on_path_named(path, &["python3", "python", "python3.exe", "python.exe"])
}

/// The first program of one of these names on a search path.
pub fn on_path_named(path: &str, names: &[&str]) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty());
    folders.flat_map(|folder| names.iter().map(move |name| folder.join(name))).find(|path| is_program(path))
}

/// True for a file that may be run.
pub fn is_program(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        found.is_file() && found.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    found.is_file()
}

/// The folders that a Python may belong to: its own, and where its link leads; environments first.
pub fn prefixes(python: &Path) -> Vec<PathBuf> {
    let linked = python.canonicalize().ok();
    let above = |python: &Path| -> Vec<PathBuf> {
        // bin/python on Unix, python.exe at the top on Windows
        python.ancestors().skip(1).take(2).map(Path::to_path_buf).collect()
    };
    let mut prefixes = above(python);
    prefixes.extend(linked.iter().flat_map(|python| above(python)));
    prefixes.reverse();
    prefixes.sort_by_key(|prefix| !prefix.join("pyvenv.cfg").is_file());
    prefixes
}

/// `lib/python3.11/site-packages` and its kin, in the order of their names.
pub fn package_folders(prefix: &Path) -> Vec<PathBuf> {
    let names = |folder: &Path| -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let is_python = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with("python3"));
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| is_python(&entry.file_name()))
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        paths
    };
    let libraries = ["lib", "lib64", "local/lib"].map(|library| prefix.join(library));
    let pythons = libraries.iter().flat_map(|library| {
        // Debian's own packages lie beside the folders of each Python.
        names(library).into_iter().chain([library.join("python3")])
    });
    pythons
        .flat_map(|python| [python.join("site-packages"), python.join("dist-packages")])
        .chain([prefix.join("Lib").join("site-packages")])
        .collect()
}

/// The version of a package that pip installed for a Python, from `NAME-VERSION.dist-info`; empty where
/// the package is there and says none.
pub fn version(python: &Path, package: &str) -> Option<String> {
    let folders: Vec<PathBuf> = own_folders(python);
    let written = |folder: &PathBuf| -> Option<String> {
        fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(package)?.strip_prefix('-')?;
            rest.strip_suffix(".dist-info").map(str::to_owned)
        })
    };
    folders.iter().find_map(written).or_else(|| {
        folders.iter().any(|folder| folder.join(package).join("__init__.py").is_file()).then(String::new)
    })
}

/// The package folders of the environment that a Python belongs to, and no others.
pub fn own_folders(python: &Path) -> Vec<PathBuf> {
    let prefixes = prefixes(python);
    let own = prefixes.iter().find(|prefix| prefix.join("pyvenv.cfg").is_file());
    let of = own.map_or_else(|| prefixes.clone(), |prefix| vec![prefix.clone()]);
    of.iter().flat_map(|prefix| package_folders(prefix)).filter(|folder| folder.is_dir()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    #[test]
    fn the_python_of_accelerate_comes_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        program(&at("bin/python3"), "");
        let path = at("bin").display().to_string();
        let plain = |name: &str| (name == "PATH").then(|| path.clone());
        assert_eq!(python(&plain), Some(at("bin/python3")));

        program(&at("env/bin/python"), "");
        let active = |name: &str| match name {
            "VIRTUAL_ENV" => Some(at("env").display().to_string()),
            other => plain(other),
        };
        assert_eq!(python(&active), Some(at("env/bin/python")));

        program(&at("own/bin/python3.12"), "");
        program(&at("bin/accelerate"), &format!("#!{}\nimport x\n", at("own/bin/python3.12").display()));
        assert_eq!(python(&active), Some(at("own/bin/python3.12")));
        program(&at("bin/accelerate"), "#!/usr/bin/env python3\n");
        assert_eq!(python(&active), Some(at("env/bin/python")), "`env` says nothing of the Python");
    }

    #[test]
    fn packages_are_found_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let python = folder.path().join("bin/python");
        program(&python, "");
        fs::write(folder.path().join("pyvenv.cfg"), "").expect("a file");
        let packages = folder.path().join("lib/python3.12/site-packages");
        fs::create_dir_all(packages.join("torch-2.11.0+cpu.dist-info")).expect("folders");
        fs::create_dir_all(packages.join("local")).expect("folders");
        fs::write(packages.join("local/__init__.py"), "").expect("a file");
        assert_eq!(version(&python, "torch").as_deref(), Some("2.11.0+cpu"));
        assert_eq!(version(&python, "local").as_deref(), Some(""));
        assert_eq!(version(&python, "tor"), None);
    }
}
