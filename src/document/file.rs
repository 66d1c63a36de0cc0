//! The door between documents and files: reading with a limit, saving all or nothing.
//!
//! A save writes a temporary file beside the target, flushes it to the disk and renames it, so that
//! the target is always the old or the new text, whole. This room knows nothing of what a text says.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Document, FaultKind, Format};
use crate::text::nearest;

/// Largest file that is read, in bytes. Real configs have a few kilobytes.
pub const LARGEST_FILE: u64 = 10 * 1024 * 1024;

/// How many links a chain of symbolic links may have: Linux's own limit.
const LINKS: usize = 40;

/// A document and the file it lives in.
#[derive(Clone, Debug)]
pub struct Stored {
    path: PathBuf,
    document: Document,
    /// The bytes of the file when it was last read or written; `None` for a file yet to be made.
    seen: Option<Vec<u8>>,
}

/// Whether a save may destroy what somebody else wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// No: refuse where the file is not as it was read.
    Refuse,
    /// Yes: the person said so.
    Force,
}

/// Why a file could not be read or saved. After a refused save the old file is intact and nothing
/// is left beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing is there.
    #[error("there is no file `{}`{}", path.display(), did_you_mean(near))]
    Missing {
        /// The file asked for.
        path: PathBuf,
        /// The file of the same folder that was probably meant.
        near: Option<String>,
    },
    /// It is a folder.
    #[error("`{}` is a folder; name a file in it", .0.display())]
    Folder(PathBuf),
    /// The person may not read it.
    #[error("`{}` may not be read by you; see its permissions with `ls -l`", .0.display())]
    Denied(PathBuf),
    /// It is larger than [`LARGEST_FILE`].
    #[error("`{}` is larger than 10 MB, which no config is; name another file", .0.display())]
    TooLarge(PathBuf),
    /// It is there already, and was not read before.
    #[error("`{}` is there already; choose another name or overwrite it on purpose", .0.display())]
    Exists(PathBuf),
    /// It is not as it was read.
    #[error("`{}` was changed by somebody else since it was read; read it again or overwrite it on purpose", .0.display())]
    Changed(PathBuf),
    /// It is marked read-only.
    #[error("`{}` is read-only; make it writable with `chmod u+w` or save under another name", .0.display())]
    ReadOnly(PathBuf),
    /// No file may be made in its folder.
    #[error("no file may be written in `{}`; save under another name", .0.display())]
    FolderReadOnly(PathBuf),
    /// Its folder is not there.
    #[error("there is no folder `{}`; create it first", .0.display())]
    NoFolder(PathBuf),
    /// The disk or the quota is full.
    #[error("the disk of `{}` is full; the file is as it was, make room and save again", .0.display())]
    DiskFull(PathBuf),
    /// It is a device, a pipe or a socket.
    #[error("`{}` is not an ordinary file; save under another name", .0.display())]
    NotAFile(PathBuf),
    /// The text shown is only a stand-in for bytes that are not UTF-8.
    #[error("`{}` is not UTF-8 and would be damaged; convert it first, for example with `iconv`", .0.display())]
    NotText(PathBuf),
    /// The system's own words, where nothing better is known.
    #[error("`{}`: {reason}", path.display())]
    Other {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl Stored {
    /// Reads a file. The reader is chosen by its name; what is wrong with the text is a fault of
    /// the document, not an error.
    pub fn read(path: impl Into<PathBuf>) -> Result<Stored, FileError> {
        let path = path.into();
        let bytes = bytes_of(&path)?;
        let document = Document::from_bytes(&bytes, format_of(&path));
        Ok(Stored { path, document, seen: Some(bytes) })
    }

    /// A document for a file yet to be made: saving refuses to overwrite one that is there.
    pub fn new(path: impl Into<PathBuf>, document: Document) -> Stored {
        Stored { path: path.into(), document, seen: None }
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file holds.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// True when the file holds other bytes than those last read or written, or is gone.
    pub fn is_outdated(&self) -> bool {
        read_if_there(&self.path).ok().flatten() != self.seen
    }

    /// Saves a document in this file: whole or not at all. Mode, owner (where the system lets us)
    /// and symbolic links stay as they are.
    pub fn save(&mut self, document: &Document, overwrite: Overwrite) -> Result<(), FileError> {
        self.save_by(document, overwrite, |file, bytes| file.write_all(bytes))
    }

    fn save_by(
        &mut self,
        document: &Document,
        overwrite: Overwrite,
        write: impl FnOnce(&mut File, &[u8]) -> io::Result<()>,
    ) -> Result<(), FileError> {
        if document.fault().is_some_and(|fault| fault.kind == FaultKind::NotUtf8) {
            return Err(FileError::NotText(self.path.clone()));
        }
        let target = Target::of(&self.path)?;
        let bytes = document.text().as_bytes();
        let expected = match (overwrite, &self.seen) {
            (Overwrite::Force, _) => Expected::Anything,
            (Overwrite::Refuse, None) => Expected::Nothing,
            (Overwrite::Refuse, Some(seen)) => Expected::Only(seen),
        };
        target.replace(bytes, expected, write).map_err(|problem| problem.at(&self.path, &target))?;
        self.seen = Some(bytes.to_vec());
        self.document = document.clone();
        Ok(())
    }
}

/// Where the bytes really go: the end of a chain of symbolic links.
struct Target {
    path: PathBuf,
    folder: PathBuf,
    /// `None` for a file yet to be made.
    metadata: Option<Metadata>,
}

/// What may be in the file's place for a save to go on.
#[derive(Clone, Copy)]
enum Expected<'a> {
    Anything,
    Nothing,
    Only(&'a [u8]),
}

/// What stopped a save, before it knows the names to say.
enum Problem {
    Occupied,
    Changed,
    NoTemporary(io::Error),
    Write(io::Error),
}

impl Target {
    fn of(path: &Path) -> Result<Target, FileError> {
        let end = follow(path).map_err(|error| other(path, &error))?;
        let metadata = fs::metadata(&end).ok();
        match &metadata {
            Some(found) if found.is_dir() => return Err(FileError::Folder(path.to_owned())),
            Some(found) if !found.is_file() => return Err(FileError::NotAFile(path.to_owned())),
            Some(found) if found.permissions().readonly() => {
                return Err(FileError::ReadOnly(path.to_owned()));
            }
            _ => {}
        }
        let folder = match end.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if !folder.is_dir() {
            return Err(FileError::NoFolder(folder));
        }
        Ok(Target { path: end, folder, metadata })
    }

    /// Puts `bytes` in the file's place if it still holds what is expected.
    fn replace(
        &self,
        bytes: &[u8],
        expected: Expected,
        write: impl FnOnce(&mut File, &[u8]) -> io::Result<()>,
    ) -> Result<(), Problem> {
        self.still(expected)?;
        let mut temporary = temporary_in(&self.folder).map_err(Problem::NoTemporary)?;
        write(temporary.as_file_mut(), bytes).map_err(Problem::Write)?;
        if let Some(metadata) = &self.metadata {
            adopt(temporary.as_file(), metadata).map_err(Problem::Write)?;
        }
        temporary.as_file().sync_all().map_err(Problem::Write)?;
        self.still(expected)?;
        if matches!(expected, Expected::Nothing) {
            self.persist_new(temporary)?;
        } else {
            temporary.persist(&self.path).map_err(|error| Problem::Write(error.error))?;
        }
        // Makes the new name durable. Some file systems cannot; the bytes themselves are safe by now.
        if let Ok(folder) = File::open(&self.folder) {
            folder.sync_all().ok();
        }
        Ok(())
    }

    /// Gives the temporary file its name, unless another file took that name meanwhile. Where the file
    /// system cannot promise this in one step, it is looked up first.
    fn persist_new(&self, temporary: tempfile::NamedTempFile) -> Result<(), Problem> {
        match temporary.persist_noclobber(&self.path) {
            Ok(_) => Ok(()),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Err(Problem::Occupied),
            Err(refused) => {
                self.still(Expected::Nothing)?;
                refused.file.persist(&self.path).map_err(|error| Problem::Write(error.error))?;
                Ok(())
            }
        }
    }

    fn still(&self, expected: Expected) -> Result<(), Problem> {
        let now = || read_if_there(&self.path).map_err(Problem::Write);
        match expected {
            Expected::Anything => Ok(()),
            Expected::Nothing if now()?.is_some() => Err(Problem::Occupied),
            Expected::Only(seen) if now()?.as_deref() != Some(seen) => Err(Problem::Changed),
            Expected::Nothing | Expected::Only(_) => Ok(()),
        }
    }
}

impl Problem {
    fn at(self, named: &Path, target: &Target) -> FileError {
        let path = named.to_owned();
        match self {
            Problem::Occupied => FileError::Exists(path),
            Problem::Changed => FileError::Changed(path),
            Problem::NoTemporary(error) => match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    FileError::FolderReadOnly(target.folder.clone())
                }
                _ => Problem::Write(error).at(named, target),
            },
            Problem::Write(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileError::DiskFull(path),
                _ => other(named, &error),
            },
        }
    }
}

/// A hidden, empty file with the mode that new files get; removed when dropped.
fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".accel-studio-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the umask, as for every new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Gives the new file the owner and mode of the old one. Only root may give files away, so a failure
/// to do so is none: the person who saves then owns the file.
fn adopt(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        if fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
            fchown(file, None, Some(old.gid())).ok();
        }
    }
    // Some file systems have one mode for all files and refuse to set any.
    if file.metadata()?.permissions() == old.permissions() {
        return Ok(());
    }
    file.set_permissions(old.permissions())
}

/// The end of a chain of symbolic links, whether or not a file is there.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut end = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&end) {
            Ok(next) => end = end.parent().map_or_else(|| next.clone(), |folder| folder.join(&next)),
            Err(_) => return Ok(end),
        }
    }
    Err(io::Error::other("too many symbolic links in a row"))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, FileError> {
    let bytes = read_limited(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FileError::Missing { path: path.to_owned(), near: neighbour(path) },
        io::ErrorKind::PermissionDenied => FileError::Denied(path.to_owned()),
        io::ErrorKind::IsADirectory => FileError::Folder(path.to_owned()),
        _ => other(path, &error),
    })?;
    if bytes.len() as u64 > LARGEST_FILE { Err(FileError::TooLarge(path.to_owned())) } else { Ok(bytes) }
}

/// Never more than one byte above the limit: enough to know that it is too large.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read_limited(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file beside `path` whose name is most like it.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> =
        fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str)).map(str::to_owned)
}

fn format_of(path: &Path) -> Format {
    Format::of(&path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

fn other(path: &Path, error: &io::Error) -> FileError {
    FileError::Other { path: path.to_owned(), reason: error.to_string() }
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map_or_else(|| "; check the name".to_owned(), |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
