//! Reading what a person named: a file, or standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::document::{Document, Format, LARGEST_FILE, Stored};

/// Something to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input, under the name it was given.
    Stdin(String),
}

impl Source {
    /// What a person named: `-` is standard input.
    pub fn of(path: PathBuf) -> Source {
        if path.as_os_str() == "-" { Source::Stdin("<stdin>".to_owned()) } else { Source::File(path) }
    }

    /// Its name as the person gave it.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::Stdin(name) => name.clone(),
        }
    }

    /// The folder whose settings apply to it.
    pub fn folder(&self) -> PathBuf {
        let path = match self {
            Source::File(path) => path.as_path(),
            Source::Stdin(name) => Path::new(name),
        };
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// Reads it; the reason, as a sentence that names it, where that fails.
    pub fn read(&self) -> Result<Document, String> {
        match self {
            Source::File(path) => match Stored::read(path) {
                Ok(stored) => Ok(stored.document().clone()),
                Err(error) => Err(error.to_string()),
            },
            Source::Stdin(name) => {
                let bytes = stdin().map_err(|error| format!("standard input cannot be read: {error}"))?;
                Ok(Document::from_bytes(&bytes, Format::of(name)))
            }
        }
    }
}

fn stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}
