//! Standard streams: the only writers of the program outside the full screen.

use std::io::{self, ErrorKind, IsTerminal, Write};

use clap::ValueEnum;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Width of pictures where no terminal tells its own.
const WIDTH: usize = 100;

/// Writes to standard output. A reader that has gone away, as in `| head`, is no failure.
/// Anything else, such as a full disk, is said on standard error; false then.
pub fn out(text: &str) -> bool {
    let mut stream = io::stdout().lock();
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => true,
        Err(error) => {
            err(&format!("accel-studio: cannot write the output: {error}\n"));
            false
        }
    }
}

/// Writes to standard error. There is nobody left to tell when that fails.
pub fn err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// True when a person watches the output.
pub fn is_watched() -> bool {
    io::stdout().is_terminal()
}

/// Whether to use colour on standard output.
pub fn is_coloured(wish: Colour) -> bool {
    match wish {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            is_watched() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Columns of the terminal.
pub fn width() -> usize {
    let measured = || ratatui::crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns));
    is_watched().then(measured).flatten().filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
