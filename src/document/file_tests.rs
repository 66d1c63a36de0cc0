//! Reading and saving on a real file system: what is refused, what is kept, what is left behind.

use super::*;

const OLD: &str = "debug: false # keep\n";
const NEW: &str = "debug: true # keep\n";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a fresh folder is writable");
    path
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).expect("the test wrote it")
}

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .expect("a folder can be listed")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn new_document() -> Document {
    Document::parse(NEW, Format::Yaml)
}

#[test]
fn a_save_changes_the_text_and_leaves_nothing_beside_it() {
    let folder = folder();
    let path = written(&folder, "a.yaml", OLD);
    let mut stored = Stored::read(&path).expect("it is there");
    stored.save(&new_document(), Overwrite::Refuse).expect("nothing stands against it");
    assert_eq!(text_of(&path), NEW);
    assert_eq!(names(&folder), ["a.yaml"]);
    stored.save(&Document::parse(OLD, Format::Yaml), Overwrite::Refuse).expect("our own change is known");
    assert_eq!(text_of(&path), OLD);
}

#[test]
fn bytes_survive_a_save_without_a_change() {
    let folder = folder();
    let text = "\u{feff}a: 1\r\n# end\r\nb:   2 \rc: 3";
    let path = written(&folder, "a.yaml", text);
    let mut stored = Stored::read(&path).expect("it is there");
    let document = stored.document().clone();
    stored.save(&document, Overwrite::Force).expect("nothing stands against it");
    assert_eq!(text_of(&path), text);
}

#[test]
fn a_file_that_somebody_changed_is_not_overwritten_unless_forced() {
    let folder = folder();
    let path = written(&folder, "a.yaml", OLD);
    let mut stored = Stored::read(&path).expect("it is there");
    assert!(!stored.is_outdated());
    fs::write(&path, "theirs: 1\n").expect("writable");
    assert!(stored.is_outdated());
    assert_eq!(stored.save(&new_document(), Overwrite::Refuse), Err(FileError::Changed(path.clone())));
    assert_eq!(text_of(&path), "theirs: 1\n");
    stored.save(&new_document(), Overwrite::Force).expect("forced");
    assert_eq!(text_of(&path), NEW);
    fs::remove_file(&path).expect("ours");
    assert_eq!(stored.save(&new_document(), Overwrite::Refuse), Err(FileError::Changed(path.clone())));
    stored.save(&new_document(), Overwrite::Force).expect("forced");
    assert_eq!(text_of(&path), NEW);
}

#[test]
fn a_new_file_does_not_overwrite_one_that_is_there() {
    let folder = folder();
    let path = written(&folder, "a.yaml", OLD);
    let mut stored = Stored::new(&path, new_document());
    assert_eq!(stored.save(&new_document(), Overwrite::Refuse), Err(FileError::Exists(path.clone())));
    assert_eq!(text_of(&path), OLD);
    let mut fresh = Stored::new(folder.path().join("b.yaml"), new_document());
    fresh.save(&new_document(), Overwrite::Refuse).expect("the name is free");
    assert_eq!(names(&folder), ["a.yaml", "b.yaml"]);
    fresh.save(&new_document(), Overwrite::Refuse).expect("it is ours by now");
}

#[test]
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let folder = folder();
    let path = written(&folder, "a.yaml", OLD);
    let mut stored = Stored::read(&path).expect("it is there");
    let full = |file: &mut File, bytes: &[u8]| {
        file.write_all(&bytes[..5])?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let refused = stored.save_by(&new_document(), Overwrite::Refuse, full);
    assert_eq!(refused, Err(FileError::DiskFull(path.clone())));
    assert_eq!(text_of(&path), OLD);
    assert_eq!(stored.document().text(), OLD);
    assert_eq!(names(&folder), ["a.yaml"]);
}

#[test]
fn a_change_during_the_save_is_noticed() {
    let folder = folder();
    let path = written(&folder, "a.yaml", OLD);
    let mut stored = Stored::read(&path).expect("it is there");
    let meanwhile = |file: &mut File, bytes: &[u8]| {
        fs::write(&path, "theirs: 1\n")?;
        file.write_all(bytes)
    };
    assert_eq!(
        stored.save_by(&new_document(), Overwrite::Refuse, meanwhile),
        Err(FileError::Changed(path.clone()))
    );
    assert_eq!(text_of(&path), "theirs: 1\n");
}

#[test]
fn a_missing_file_is_told_with_its_nearest_neighbour() {
    let folder = folder();
    written(&folder, "default_config.yaml", OLD);
    let error = Stored::read(folder.path().join("default_confg.yaml")).expect_err("it is not there");
    assert!(error.to_string().ends_with("did you mean `default_config.yaml`?"), "{error}");
    let error = Stored::read(folder.path().join("zzz")).expect_err("it is not there");
    assert!(error.to_string().ends_with("check the name"), "{error}");
}

#[test]
fn folders_and_giants_are_refused() {
    let folder = folder();
    let path = folder.path().to_owned();
    assert_eq!(Stored::read(&path).expect_err("a folder"), FileError::Folder(path.clone()));
    let mut stored = Stored::new(&path, new_document());
    assert_eq!(stored.save(&new_document(), Overwrite::Force), Err(FileError::Folder(path)));
    let giant = written(&folder, "giant.yaml", "");
    File::options().write(true).open(&giant).and_then(|file| file.set_len(LARGEST_FILE + 1)).expect("sparse");
    assert_eq!(Stored::read(&giant).expect_err("too large"), FileError::TooLarge(giant));
    let lost = folder.path().join("none/a.yaml");
    let mut stored = Stored::new(&lost, new_document());
    let refused = stored.save(&new_document(), Overwrite::Refuse);
    assert_eq!(refused, Err(FileError::NoFolder(folder.path().join("none"))));
}

#[test]
fn bytes_that_are_not_text_are_never_written_back() {
    let folder = folder();
    let path = folder.path().join("a.yaml");
    fs::write(&path, b"a: \xff\n").expect("writable");
    let mut stored = Stored::read(&path).expect("it is there");
    let document = stored.document().clone();
    assert_eq!(stored.save(&document, Overwrite::Force), Err(FileError::NotText(path.clone())));
    assert_eq!(fs::read(&path).expect("there"), b"a: \xff\n");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn the_mode_stays() {
        let folder = folder();
        let path = written(&folder, "a.yaml", OLD);
        for bits in [0o600, 0o640, 0o755] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).expect("ours");
            let mut stored = Stored::read(&path).expect("it is there");
            stored.save(&new_document(), Overwrite::Refuse).expect("writable");
            assert_eq!(mode(&path), bits);
        }
    }

    #[test]
    fn a_new_file_has_the_mode_of_new_files() {
        let folder = folder();
        let path = folder.path().join("a.yaml");
        let mut stored = Stored::new(&path, new_document());
        stored.save(&new_document(), Overwrite::Refuse).expect("writable");
        assert_eq!(mode(&path), mode(&written(&folder, "b.yaml", "")));
    }

    #[test]
    fn a_link_stays_a_link_and_its_target_changes() {
        let folder = folder();
        let real = written(&folder, "real.yaml", OLD);
        let link = folder.path().join("link.yaml");
        let far = folder.path().join("far.yaml");
        symlink("real.yaml", &link).expect("links work here");
        symlink(&link, &far).expect("links work here");
        let mut stored = Stored::read(&far).expect("it leads somewhere");
        stored.save(&new_document(), Overwrite::Refuse).expect("writable");
        assert_eq!(text_of(&real), NEW);
        assert!(fs::symlink_metadata(&far).expect("there").is_symlink());
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert!(!fs::symlink_metadata(&real).expect("there").is_symlink());
    }

    #[test]
    fn a_link_to_nowhere_gets_its_target_and_a_circle_is_refused() {
        let folder = folder();
        let link = folder.path().join("link.yaml");
        symlink("later.yaml", &link).expect("links work here");
        let mut stored = Stored::new(&link, new_document());
        stored.save(&new_document(), Overwrite::Refuse).expect("the target's name is free");
        assert_eq!(text_of(&folder.path().join("later.yaml")), NEW);
        let circle = folder.path().join("circle.yaml");
        symlink("circle.yaml", &circle).expect("links work here");
        let mut stored = Stored::new(&circle, new_document());
        assert!(matches!(stored.save(&new_document(), Overwrite::Force), Err(FileError::Other { .. })));
    }

    #[test]
    fn a_read_only_file_is_refused() {
        let folder = folder();
        let path = written(&folder, "a.yaml", OLD);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("ours");
        let mut stored = Stored::read(&path).expect("it is there");
        let refused = stored.save(&new_document(), Overwrite::Force);
        assert_eq!(refused, Err(FileError::ReadOnly(path.clone())));
        assert_eq!((text_of(&path).as_str(), names(&folder).len()), (OLD, 1));
    }

    #[test]
    fn devices_are_read_with_the_limit_and_never_replaced() {
        let zero = Path::new("/dev/zero");
        if zero.exists() {
            assert_eq!(Stored::read(zero).expect_err("endless"), FileError::TooLarge(zero.to_owned()));
            let mut stored = Stored::new(zero, new_document());
            assert_eq!(
                stored.save(&new_document(), Overwrite::Force),
                Err(FileError::NotAFile(zero.to_owned()))
            );
        }
    }
}
