//! Where the document comes from and goes to.

use std::path::{Path, PathBuf};

use crate::document::Format;
use crate::document::Stored;

/// The file behind the document.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Source {
    /// The file as it was last read or written; `None` until a new config has been saved.
    pub stored: Option<Stored>,
    /// The name that was asked for, where no file has it yet.
    pub wanted: Option<PathBuf>,
    /// Accelerate's own default file, where there is one.
    pub default_file: Option<PathBuf>,
}

impl Source {
    /// The file; `None` for a new config without a name.
    pub fn path(&self) -> Option<&Path> {
        self.stored.as_ref().map(Stored::path).or(self.wanted.as_deref())
    }

    /// The file's name without its folder; empty for a new config.
    pub fn name(&self) -> &str {
        let name = self.path().and_then(Path::file_name);
        name.and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The file's name as it was given, folders included; empty for a new config.
    pub fn as_given(&self) -> String {
        self.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Which reader applies to the file.
    pub fn format(&self) -> Format {
        Format::of(self.name())
    }

    /// The text on disk as far as we know; empty for a new file.
    pub fn saved_text(&self) -> &str {
        self.stored.as_ref().map_or("", |stored| stored.document().text())
    }
}
