//! Which files the data are: texts, folders of them, or one file of token numbers.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{DataError, Result};

/// Endings of the texts that are taken from a folder. A file that is named itself may be called anything.
const TEXTS: [&str; 3] = ["txt", "text", "md"];

/// How many bytes a token number takes in a file of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// `.bin`: little-endian u16.
    Two,
    /// `.u32`: little-endian u32.
    Four,
}

/// The files that are meant, those of a folder sorted by name, so that every rank sees the same order.
pub fn list(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() { walk(path, &mut files)? } else { files.push(path.clone()) }
    }
    if files.is_empty() {
        let named: Vec<String> = named.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(DataError::Nothing(if named.is_empty() {
            "no data are named: give a text file, a folder of them or a file of token numbers".to_owned()
        } else {
            format!("no texts (.txt, .text, .md) lie in {}: name the files themselves", named.join(" or "))
        }));
    }
    Ok(files)
}

/// The texts below a folder; what begins with a dot is hidden and stays so.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>());
    let mut paths: Vec<PathBuf> =
        listed.map_err(|error| unreadable(folder, &error))?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| !is_hidden(path)) {
        // A linked folder might lead back here.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, files)?;
        } else if ending(&path).is_some_and(|ending| TEXTS.contains(&ending)) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// The file of token numbers, where the data are one.
pub fn numbers(files: &[PathBuf]) -> Result<Option<(&Path, Width)>> {
    let width = |file: &PathBuf| match ending(file)? {
        "bin" => Some(Width::Two),
        "u32" => Some(Width::Four),
        _ => None,
    };
    let Some((file, found)) = files.iter().find_map(|file| Some((file, width(file)?))) else {
        return Ok(None);
    };
    if files.len() > 1 {
        let why = format!(
            "`{}` holds token numbers, but {} files are named: token numbers come as one file, without texts beside it",
            file.display(),
            files.len()
        );
        return Err(DataError::Nothing(why));
    }
    Ok(Some((file, found)))
}

/// An error of the system about a path.
pub fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> DataError {
    DataError::Unreadable { path: path.to_owned(), why: why.to_string() }
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(OsStr::to_str)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}
