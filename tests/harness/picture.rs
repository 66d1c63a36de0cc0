//! Expectations that lie in files. `BLESS=1 cargo test` rewrites them; the diff is then read by a person.

use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// Compares text with `tests/fixtures/pictures/NAME.txt`.
pub fn assert_picture(name: &str, actual: &str) {
    assert_file(&format!("tests/fixtures/pictures/{name}.txt"), actual);
}

/// Compares text with a committed file, named from the root of the repository.
pub fn assert_file(name: &str, actual: &str) {
    let path = root().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders");
        fs::write(&path, actual).expect("the file can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let diff = TextDiff::from_lines(expected.as_str(), actual);
        let diff = diff.unified_diff().header("expected", "actual").to_string();
        panic!("{name} is not as expected; `BLESS=1 cargo test` rewrites it\n{diff}");
    }
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
