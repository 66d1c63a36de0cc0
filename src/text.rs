//! One voice for every message: plurals, "a, b or c", sizes, did-you-mean.

use std::fmt::Display;

/// Shortest Jaro-Winkler likeness (0 to 1) that counts as a slip of the fingers: `mixed_precison`
/// scores 0.99 against `mixed_precision`, unrelated keys of one section stay below 0.85.
const LIKENESS: f64 = 0.88;

/// "1 error", "2 errors", "3 processes".
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

/// "a", "a or b", "a, b or c".
pub fn any_of<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    join(items, "or")
}

/// "a", "a and b", "a, b and c".
pub fn all_of<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    join(items, "and")
}

fn join<T: Display>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let Some(last) = items.pop() else { return String::new() };
    if items.is_empty() { last } else { format!("{} {word} {last}", items.join(", ")) }
}

/// "512 B", "1.5 MiB", "79.6 GiB": in steps of 1024.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let step = (number.ilog2() / 10) as usize;
    // Rounding may reach the next unit: 1023.96 MiB is 1.0 GiB.
    let value = |step: usize| number as f64 / 2_f64.powi(10 * step as i32);
    let step = if value(step) >= 1023.95 && step < UNITS.len() { step + 1 } else { step };
    format!("{:.1} {}", value(step), UNITS[step - 1])
}

/// The known word most like `word`, when one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(&word.to_lowercase(), &known.to_lowercase());
    known
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(any_of(["no", "fp16", "bf16"]), "no, fp16 or bf16");
        assert_eq!(all_of(["a", "b"]), "a and b");
        assert_eq!(any_of::<&str>([]), "");
        assert_eq!((count(1, "error"), count(2, "error")), ("1 error".into(), "2 errors".into()));
        assert_eq!(count(2, "process"), "2 processes");
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!((bytes(0), bytes(1023), bytes(1536)), ("0 B".into(), "1023 B".into(), "1.5 KiB".into()));
        assert_eq!(bytes(85_520_809_984), "79.6 GiB");
        assert_eq!(bytes((1 << 30) - 1), "1.0 GiB", "not 1024.0 MiB");
        assert_eq!((bytes(1 << 40), bytes(u64::MAX)), ("1.0 TiB".into(), "16.0 EiB".into()));
    }

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        assert_eq!(nearest("mixed_precison", ["mixed_precision", "num_processes"]), Some("mixed_precision"));
        assert_eq!(nearest("zero3", ["num_processes", "debug"]), None);
    }
}
