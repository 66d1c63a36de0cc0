//! `completions`: lets a shell complete verbs, flags and file names.

use clap::{Args, Command};
use clap_complete::Shell;

use super::{End, streams};

/// Print a script that teaches your shell to complete accel-studio
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  accel-studio completions bash > ~/.local/share/bash-completion/completions/accel-studio
  accel-studio completions zsh > ~/.zfunc/_accel-studio
  accel-studio completions fish > ~/.config/fish/completions/accel-studio.fish")]
pub struct Arguments {
    /// Which shell
    shell: Shell,
}

/// Runs the verb for the program whose arguments `program` describes.
pub fn run(arguments: &Arguments, mut program: Command) -> End {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "accel-studio", &mut script);
    if streams::out(&String::from_utf8_lossy(&script)) { End::Clean } else { End::Failed }
}
