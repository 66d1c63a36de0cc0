//! The program in a clean room: its own folder, a scrubbed environment, no terminal.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with files in which the program runs.
pub struct Room {
    folder: TempDir,
    variables: Vec<(String, String)>,
    stdin: Vec<u8>,
    program: PathBuf,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Room {
    pub fn new() -> Room {
        let folder = TempDir::with_prefix("accel-studio-test-").expect("a temporary folder");
        Room { folder, variables: Vec::new(), stdin: Vec::new(), program: program().to_owned() }
    }

    /// Adds a file, with the folders it lies in.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Room {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders");
        fs::write(path, content).expect("a file");
        self
    }

    /// Sets a variable.
    #[allow(dead_code, reason = "few stories need one")]
    pub fn variable(mut self, name: &str, value: &str) -> Room {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs a copy of the program in a folder of its own: what was built or fetched beside the original decides
    /// nothing.
    #[allow(dead_code, reason = "few stories need one")]
    pub fn installed(mut self) -> Room {
        self.program = self.path("bin/accel-studio");
        fs::create_dir_all(self.path("bin")).expect("a folder");
        fs::hard_link(program(), &self.program)
            .or_else(|_| fs::copy(program(), &self.program).map(drop))
            .expect("a copy of the program");
        self
    }

    /// What the program reads from standard input.
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Room {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("UTF-8")
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("the file is there")
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(&[], arguments)
    }

    /// Runs the program to its end, with some variables of its own.
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut child = self
            .command(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A program that does not read its input closes the pipe: that is its right.
        let _ = stdin.write_all(&self.stdin);
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        Run {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
        }
    }

    /// The program, ready to start in this room.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", "/usr/bin:/bin");
        // An environment without packages: what is installed on this machine decides nothing.
        command.env("VIRTUAL_ENV", self.folder.path());
        command.envs(self.variables.iter().cloned());
        command
    }
}

/// The program under test.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_accel-studio"))
}
