//! Which libraries a program of Linux needs before it can start, and where it looks for them: the few words of an
//! ELF file that say so.
//!
//! 64 bits and little-endian only, which is what libtorch is built for (System V ABI, chapter 5). Anything else
//! says nothing.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// What the loader must find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linkage {
    /// Names of libraries: `libc.so.6`.
    pub needs: Vec<String>,
    /// Folders in which it looks before those of the system, as written: `$ORIGIN` is its own.
    pub looks_in: Vec<PathBuf>,
}

/// No table that tells libraries is longer.
const LONGEST: u64 = 1 << 20;
/// No list of folders is longer.
const LONGEST_TEXT: u64 = 1 << 13;

const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const NEEDED: u64 = 1;
const STRINGS: u64 = 5;
const RPATH: u64 = 15;
const RUNPATH: u64 = 29;

/// A stretch of the file, and where it lies in memory.
struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    length: u64,
}

/// What a program needs; none for what is no such file, or is linked statically.
pub fn linkage(program: &Path) -> Option<Linkage> {
    let mut file = File::open(program).ok()?;
    let header = read(&mut file, 0, 64)?;
    // 0x7f "ELF", 64 bits, little-endian
    if header.get(..6)? != [0x7f, b'E', b'L', b'F', 2, 1] {
        return None;
    }
    let (table, size, count) = (number(&header, 32, 8)?, number(&header, 54, 2)?, number(&header, 56, 2)?);
    let table = read(&mut file, table, size.checked_mul(count)?)?;
    let segments: Vec<Segment> =
        table.chunks_exact(usize::try_from(size).ok()?.max(1)).filter_map(segment).collect();
    let dynamic = segments.iter().find(|segment| segment.kind == DYNAMIC)?;
    let entries = read(&mut file, dynamic.offset, dynamic.length)?;
    let entries: Vec<(u64, u64)> = entries
        .chunks_exact(16)
        .filter_map(|pair| Some((number(pair, 0, 8)?, number(pair, 8, 8)?)))
        .collect();
    let strings = entries.iter().find(|(tag, _)| *tag == STRINGS)?.1;
    let home = segments.iter().find(|segment| segment.holds(strings))?;
    let start = home.offset.checked_add(strings - home.address)?;
    let mut texts = |wanted: &[u64]| -> Vec<String> {
        let wanted = entries.iter().filter(|(tag, _)| wanted.contains(tag));
        wanted.filter_map(|(_, at)| text(&mut file, start.checked_add(*at)?)).collect()
    };
    let folders = texts(&[RPATH, RUNPATH]);
    let looks_in = folders.iter().flat_map(|list| list.split(':')).map(PathBuf::from).collect();
    Some(Linkage { needs: texts(&[NEEDED]), looks_in })
}

impl Linkage {
    /// Libraries that lie neither in the folders that a file of this linkage names nor beside it; those of the
    /// system are among them.
    pub fn absent(&self, file: &Path) -> Vec<&str> {
        let home = file.parent().unwrap_or(Path::new(""));
        let folder = |written: &PathBuf| match written.strip_prefix("$ORIGIN") {
            Ok(rest) => home.join(rest),
            Err(_) => written.clone(),
        };
        let folders: Vec<PathBuf> = self.looks_in.iter().map(folder).chain([home.to_owned()]).collect();
        let is_there = |name: &str| folders.iter().any(|folder| folder.join(name).exists());
        self.needs.iter().map(String::as_str).filter(|name| !is_there(name)).collect()
    }
}

impl Segment {
    fn holds(&self, address: u64) -> bool {
        self.kind == LOAD && address >= self.address && address - self.address < self.length
    }
}

fn segment(header: &[u8]) -> Option<Segment> {
    let field = |at| number(header, at, 8);
    Some(Segment { kind: number(header, 0, 4)?, offset: field(8)?, address: field(16)?, length: field(32)? })
}

fn read(file: &mut File, offset: u64, length: u64) -> Option<Vec<u8>> {
    if length > LONGEST {
        return None;
    }
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == length).then_some(bytes)
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The text that ends with a zero byte.
fn text(file: &mut File, offset: u64) -> Option<String> {
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut bytes = Vec::new();
    file.take(LONGEST_TEXT).read_to_end(&mut bytes).ok()?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&bytes[..end]).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_needs_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let mut broken = b"\x7fELF\x02\x01".to_vec();
        for length in [0, 6, 63, 64, 200] {
            broken.resize(length.max(6), 0xff);
            std::fs::write(&path, &broken[..length.min(broken.len())]).expect("a file");
            assert_eq!(linkage(&path), None, "{length} bytes");
        }
        assert_eq!(linkage(Path::new("no such file")), None);
    }

    #[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
    #[test]
    fn this_very_program_needs_the_c_library() {
        let own = linkage(&std::env::current_exe().expect("it runs")).expect("it is an ELF file");
        assert!(own.needs.iter().any(|name| name.starts_with("libc.")), "{own:?}");
    }
}
