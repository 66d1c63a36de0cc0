//! Finding the worker and its libtorch in folders made for it.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

/// A folder to look around in.
struct Place {
    folder: TempDir,
    variables: BTreeMap<&'static str, String>,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let variables = [("VIRTUAL_ENV", folder.path().join("env").display().to_string())].into();
        Place { folder, variables }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn torch(&self, folder: &str, version: &str) {
        self.file(&format!("{folder}/lib/{}", core_library()), "");
        let cuda = "cuda: Optional[str] = '13.0'";
        self.file(
            &format!("{folder}/version.py"),
            &format!("__version__ = '{version}'\ndebug = False\n{cuda}\n"),
        );
    }

    fn name(&mut self, variable: &'static str, folder: &str) {
        self.variables.insert(variable, self.at(folder).display().to_string());
    }

    fn look<T>(&self, ask: impl Fn(&Around) -> T) -> T {
        let variable = |name: &str| self.variables.get(name).cloned();
        let program = Some(self.at("bin/accel-studio"));
        ask(&Around { variable: &variable, folder: self.at("project"), program })
    }
}

#[test]
fn the_first_libtorch_of_the_right_release_is_taken() {
    let mut place = Place::new();
    let found = |place: &Place| place.look(|around| libtorch(around, None));
    assert_eq!(found(&place).found, None);

    place.torch("env/lib/python3.12/site-packages/torch", "2.11.0+cpu");
    place.file("env/bin/python", "");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(place.at("env/bin/python"), fs::Permissions::from_mode(0o755))
            .expect("a program");
        let torch = found(&place).found.expect("the active Python has one");
        assert_eq!((torch.version.as_str(), torch.cuda.as_deref()), ("2.11.0+cpu", Some("13.0")));
    }

    place.torch("bin/torch", "2.11.0");
    assert_eq!(found(&place).found.map(|torch| torch.folder), Some(place.at("bin/torch")));
    place.torch("project/.libtorch/torch", "2.11.1");
    assert_eq!(found(&place).found.map(|torch| torch.folder), Some(place.at("project/.libtorch/torch")));
    place.torch("named/torch", "2.11.0");
    place.name("LIBTORCH", "named");
    assert_eq!(found(&place).found.map(|torch| torch.by), Some("`LIBTORCH`".to_owned()));
}

#[test]
fn what_is_passed_over_says_why() {
    let mut place = Place::new();
    place.torch("old", "2.8.0+cu128");
    place.name(LIBTORCH_VARIABLE, "old");
    place.name("LIBTORCH", "nowhere");
    place.torch("bin/torch", "2.110.0");
    fs::create_dir_all(place.at("bin/libtorch")).expect("a folder");
    let told = place.look(|around| libtorch(around, None)).passed_over;
    let why: Vec<&str> = told.iter().map(|passed| passed.why.as_str()).collect();
    let library = Path::new("lib").join(core_library());
    assert_eq!(
        why,
        [
            "it is libtorch 2.8.0+cu128, and the worker needs 2.11",
            "there is no such folder",
            "it is libtorch 2.110.0, and the worker needs 2.11",
            &format!("there is no {} in it", library.display()),
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_worker_beside_the_program_beats_one_that_was_built_here() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut place = Place::new();
    let program = |place: &Place, name: &str| {
        place.file(name, "");
        fs::set_permissions(place.at(name), fs::Permissions::from_mode(0o755)).expect("a program");
    };
    let found = |place: &Place| place.look(worker).found.map(|worker| worker.path);
    assert_eq!(found(&place), None);
    program(&place, "project/target/debug/accel-studio-worker");
    assert_eq!(found(&place), Some(place.at("project/target/debug/accel-studio-worker")));
    program(&place, "bin/accel-studio-worker");
    assert_eq!(found(&place), Some(place.at("bin/accel-studio-worker")));
    place.name(WORKER_VARIABLE, "other");
    let told = place.look(worker);
    assert_eq!(told.passed_over[0].why, "there is no such file");
    assert_eq!(told.found.map(|worker| worker.by), Some("beside this program".to_owned()));

    let missing = place.look(kit).expect_err("there is no libtorch");
    assert!(missing.iter().any(|line| line.contains("make libtorch")), "{missing:?}");
}

#[test]
fn a_line_of_python_is_read() {
    let text = "__version__ = '2.11.0+cu130'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n";
    assert_eq!(assigned(text, "__version__").as_deref(), Some("2.11.0+cu130"));
    assert_eq!(assigned(text, "cuda").as_deref(), Some("13.0"));
    assert_eq!(assigned(text, "hip"), None);
}
