//! Which Accelerate a person would launch with: the release in the active Python environment.
//!
//! Python is not started, because that alone takes longer than checking a thousand configs. What pip
//! wrote beside the package (`accelerate-1.15.0.dist-info`) says the version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::launch::interpreter::{self, package_folders};
use crate::schema::Release;

/// An Accelerate that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its release.
    pub release: Release,
    /// The environment that holds it.
    pub environment: PathBuf,
}

/// The Accelerate of the active environment: that of `VIRTUAL_ENV`, else of `CONDA_PREFIX`, else of the
/// Python that `PATH` leads to. The first of them that exists decides, also where it has none.
pub fn installed() -> Option<Installed> {
    let variable = |name: &str| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().find_map(variable);
    match active.filter(|folder| folder.is_dir()) {
        Some(folder) => in_environment(&folder),
        None => {
            let names = ["python3", "python", "python3.exe", "python.exe"];
            let python = interpreter::on_path_named(env::var("PATH").ok()?.as_str(), &names)?;
            interpreter::prefixes(&python).iter().find_map(|prefix| in_environment(prefix))
        }
    }
}

/// The release to check for where nobody names one: the installed one, else the newest that is known.
pub fn release() -> Release {
    installed().map_or(Release::LATEST, |installed| installed.release)
}

/// The Accelerate among the packages of one environment.
fn in_environment(prefix: &Path) -> Option<Installed> {
    let release = package_folders(prefix).iter().find_map(|folder| in_packages(folder))?;
    Some(Installed { release, environment: prefix.to_owned() })
}

/// The release in the name of what pip wrote beside the package.
fn in_packages(folder: &Path) -> Option<Release> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().find_map(|entry| release_of(entry.file_name().to_str()?))
}

/// 1.15 for `accelerate-1.15.0.dist-info`.
fn release_of(name: &str) -> Option<Release> {
    let rest = name.strip_prefix("accelerate-")?;
    let version = rest.strip_suffix(".dist-info").or_else(|| rest.strip_suffix(".egg-info"))?;
    version.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_name() {
        assert_eq!(release_of("accelerate-1.10.1.dist-info"), Some(Release(1, 10)));
        assert_eq!(release_of("accelerate-1.16.0.dev0.dist-info"), Some(Release(1, 16)));
        assert_eq!(release_of("accelerate-0.34.2-py3.11.egg-info"), Some(Release(0, 34)));
        assert_eq!(release_of("accelerate_tools-1.0.dist-info"), None);
        assert_eq!(release_of("accelerate"), None);
    }

    #[test]
    fn an_environment_without_packages_has_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(in_environment(folder.path()), None);
        let packages = folder.path().join("lib/python3.12/site-packages");
        fs::create_dir_all(packages.join("accelerate-1.8.1.dist-info")).expect("folders");
        let found = Installed { release: Release(1, 8), environment: folder.path().to_owned() };
        assert_eq!(in_environment(folder.path()), Some(found));
    }
}
