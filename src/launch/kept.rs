//! A file that a job reads, and that is gone when nobody holds the job's plan any more.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempPath;

/// Such a file; a copy holds it too.
#[derive(Clone, Debug)]
pub struct Kept(Arc<TempPath>);

impl Kept {
    /// Keeps a file as long as this or a copy of it is there.
    pub fn new(path: TempPath) -> Kept {
        Kept(Arc::new(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Kept) -> bool {
        self.path() == other.path()
    }
}

impl Eq for Kept {}
