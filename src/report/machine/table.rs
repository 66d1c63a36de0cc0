//! Columns under headings. A column in which nothing stands is left out.

use unicode_width::UnicodeWidthStr;

/// A column: its heading, and whether its cells stand at the right.
pub(super) struct Column {
    pub heading: &'static str,
    pub is_number: bool,
}

/// A column of words.
pub(super) const fn words(heading: &'static str) -> Column {
    Column { heading, is_number: false }
}

/// A column of numbers.
pub(super) const fn numbers(heading: &'static str) -> Column {
    Column { heading, is_number: true }
}

/// The lines of a table, the headings first unless all are empty.
pub(super) fn lines(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let has_heading = columns.iter().any(|column| !column.heading.is_empty());
    let heading: Vec<String> = columns.iter().map(|column| column.heading.to_owned()).collect();
    let cells = |index: usize| rows.iter().map(move |row| row.get(index).map_or("", String::as_str));
    let shown: Vec<(usize, usize)> = (0..columns.len())
        .filter(|index| cells(*index).any(|cell| !cell.is_empty()))
        .map(|index| {
            let widest = cells(index).map(UnicodeWidthStr::width).max().unwrap_or(0);
            (index, widest.max(columns[index].heading.width()))
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = shown.iter().map(|(index, width)| {
            let cell = row.get(*index).map_or("", String::as_str);
            let blanks = " ".repeat(width - cell.width());
            if columns[*index].is_number { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = has_heading.then(|| line(&heading));
    heading.into_iter().chain(rows.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out() {
        let columns = [words("name"), numbers("size"), words("gone")];
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let lines = lines(&columns, &[row(["a", "10", ""]), row(["long", "9", ""])]);
        assert_eq!(lines, ["name  size", "a       10", "long     9"]);
    }
}
