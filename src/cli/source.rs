//! Reading what a person named: a file, or standard input.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::document::{Document, Format};

/// Most bytes that are read: a hundred times the largest config ever seen, so that a device file or a
/// wrong path cannot fill the memory.
const LIMIT: u64 = 64 << 20;

/// Something to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input, under the name it was given.
    Stdin(String),
}

impl Source {
    /// Its name as the person gave it.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::Stdin(name) => name.clone(),
        }
    }

    /// Its name without the folder.
    pub fn file_name(&self) -> String {
        let name = match self {
            Source::File(path) => path.file_name(),
            Source::Stdin(name) => Path::new(name).file_name(),
        };
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Reads it; the reason, as a sentence, where that fails.
    pub fn read(&self) -> Result<Document, String> {
        let bytes = match self {
            Source::File(path) => File::open(path).and_then(bytes),
            Source::Stdin(_) => bytes(io::stdin().lock()),
        };
        let bytes = bytes.map_err(|error| reason(&error))?;
        Ok(Document::from_bytes(&bytes, Format::of(&self.file_name())))
    }
}

fn bytes(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Why something could not be read, and what to do where that is known.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
        ErrorKind::PermissionDenied => "no permission to read it; check with `ls -l`".to_owned(),
        ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        ErrorKind::FileTooLarge => format!("it is larger than {} MiB: that is no config", LIMIT >> 20),
        _ => format!("cannot be read: {error}"),
    }
}
