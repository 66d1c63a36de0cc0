//! A diff for people: coloured, and harmless for the terminal.

use super::clean;

/// The diff line by line, with colour where that is wanted.
pub fn for_people(diff: &str, has_colour: bool) -> String {
    diff.lines().map(|line| format!("{}\n", painted(&clean::words(line), has_colour))).collect()
}

fn painted(line: &str, has_colour: bool) -> String {
    let code = match line.chars().next() {
        _ if !has_colour => "",
        _ if line.starts_with("---") || line.starts_with("+++") => "1",
        Some('-') => "31",
        Some('+') => "32",
        Some('@') => "36",
        _ => "",
    };
    if code.is_empty() { line.to_owned() } else { format!("\u{1b}[{code}m{line}\u{1b}[0m") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_file_cannot_colour_the_terminal() {
        assert_eq!(for_people("-a: \u{1b}[31m1\n", false), "-a: \\u{1b}[31m1\n");
        assert_eq!(for_people("+b: 2\n", true), "\u{1b}[32m+b: 2\u{1b}[0m\n");
    }
}
