//! A door: who may change the files that a config names.
//!
//! It looks at permissions only, opens no file, and knows neither configs nor rules.

use std::path::Path;

/// How somebody else on the machine can change what a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Everybody may write it.
    File,
    /// Everybody may put another one in its place: the folder, which may be what was asked for itself.
    Folder(String),
}

/// How everybody on the machine may change what stands at a path, links followed. `None` where they may
/// not, where nothing is there, and where files have no such permissions, as on Windows.
#[cfg(unix)]
pub fn exposure(path: &Path) -> Option<Exposure> {
    let folder_above = |path: &Path| match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new(".").to_owned(),
        Some(folder) => folder.to_owned(),
        None => path.to_owned(),
    };
    let real = path.canonicalize().ok()?;
    let is_folder = real.is_dir();
    if !is_folder && mode(&real)? & EVERYBODY_WRITES != 0 {
        return Some(Exposure::File);
    }
    // A link is replaced where it stands, a file where it lies.
    let folders = if is_folder { vec![real] } else { vec![folder_above(path), folder_above(&real)] };
    let is_open = |folder: &Path| {
        mode(folder).is_some_and(|mode| mode & EVERYBODY_WRITES != 0 && mode & ONLY_OWNERS_RENAME == 0)
    };
    folders
        .into_iter()
        .find(|folder| is_open(folder))
        .map(|folder| Exposure::Folder(folder.display().to_string()))
}

/// How everybody on the machine may change what stands at a path.
#[cfg(not(unix))]
pub fn exposure(_path: &Path) -> Option<Exposure> {
    None
}

/// Permission bits, from POSIX's `sys/stat.h`: write for others, and the sticky bit, which `/tmp` has.
#[cfg(unix)]
const EVERYBODY_WRITES: u32 = 0o0002;
#[cfg(unix)]
const ONLY_OWNERS_RENAME: u32 = 0o1000;

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(path.metadata().ok()?.permissions().mode())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("own file");
    }

    #[test]
    fn files_and_folders_that_everybody_may_change_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hosts");
        fs::write(&file, "").expect("a file");
        set(&file, 0o664);
        assert_eq!(exposure(&file), None);
        set(&file, 0o646);
        assert_eq!(exposure(&file), Some(Exposure::File));
        set(&file, 0o644);
        set(folder.path(), 0o1777);
        assert_eq!((exposure(&file), exposure(folder.path())), (None, None));
        set(folder.path(), 0o777);
        let open = Some(Exposure::Folder(folder.path().display().to_string()));
        assert_eq!((exposure(&file), exposure(folder.path())), (open.clone(), open));
        assert_eq!(exposure(&folder.path().join("absent")), None);
    }

    #[test]
    fn a_link_is_as_open_as_what_it_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("hosts"), folder.path().join("link"));
        fs::write(&file, "").expect("a file");
        symlink(&file, &link).expect("a link");
        assert_eq!(exposure(&link), None);
        set(&file, 0o666);
        assert_eq!(exposure(&link), Some(Exposure::File));
    }
}
