//! Dates and times.

use std::fmt::Write;

/// The pieces of a date, as written.
#[derive(Debug, Default)]
struct Pieces<'t> {
    year: &'t str,
    month: &'t str,
    day: &'t str,
    clock: Option<Clock<'t>>,
}

#[derive(Debug)]
struct Clock<'t> {
    hour: &'t str,
    minute: &'t str,
    second: &'t str,
    /// The digits after the point; none where there is no point.
    fraction: &'t str,
    zone: Zone<'t>,
}

#[derive(Debug)]
enum Zone<'t> {
    None,
    Utc,
    Offset { is_west: bool, hours: &'t str, minutes: &'t str },
}

/// True for text that is written like a date, possible or not.
pub(super) fn is_time(text: &str) -> bool {
    pieces(text).is_some()
}

/// The ISO form that Python prints; `None` for dates and times that do not exist.
pub(super) fn iso(text: &str) -> Option<String> {
    let pieces = pieces(text.strip_suffix('\n').unwrap_or(text))?;
    let [year, month, day] = [pieces.year, pieces.month, pieces.day].map(number);
    if year == 0 || !(1..=12).contains(&month) || !(1..=days(year, month)).contains(&day) {
        return None;
    }
    let mut iso = format!("{year:04}-{month:02}-{day:02}");
    if let Some(clock) = pieces.clock {
        clock.write(&mut iso)?;
    }
    Some(iso)
}

impl Clock<'_> {
    fn write(&self, iso: &mut String) -> Option<()> {
        let [hour, minute, second] = [self.hour, self.minute, self.second].map(number);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        write!(iso, "T{hour:02}:{minute:02}:{second:02}").ok()?;
        let micros = number(&format!("{:0<6.6}", self.fraction));
        if micros > 0 {
            write!(iso, ".{micros:06}").ok()?;
        }
        self.zone.write(iso)
    }
}

impl Zone<'_> {
    fn write(&self, iso: &mut String) -> Option<()> {
        let minutes = match self {
            Zone::None => return Some(()),
            Zone::Utc => 0,
            Zone::Offset { hours, minutes, .. } => number(hours) * 60 + number(minutes),
        };
        if minutes >= 24 * 60 {
            return None;
        }
        let sign = if minutes > 0 && matches!(self, Zone::Offset { is_west: true, .. }) { '-' } else { '+' };
        write!(iso, "{sign}{:02}:{:02}", minutes / 60, minutes % 60).ok()
    }
}

/// Digits as a number; nothing as 0.
fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or_default()
}

fn days(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `2001-12-14`, or with one-digit months and days only where a time follows.
fn pieces(text: &str) -> Option<Pieces<'_>> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let is_bare = rest.is_empty();
    if is_bare && (month.len(), day.len()) != (2, 2) {
        return None;
    }
    let clock = if is_bare { None } else { Some(clock(rest)?) };
    Some(Pieces { year, month, day, clock })
}

/// `T` or blanks, hours, minutes, seconds, perhaps a fraction and a zone.
fn clock(text: &str) -> Option<Clock<'_>> {
    let after_blanks = text.trim_start_matches([' ', '\t']);
    let text = match text.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None if after_blanks.len() < text.len() => after_blanks,
        None => return None,
    };
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest, 0, usize::MAX)?,
        None => ("", rest),
    };
    Some(Clock { hour, minute, second, fraction, zone: zone(rest)? })
}

/// Nothing, `Z`, or an offset such as `+1` or `-05:30`; blanks may stand before it.
fn zone(text: &str) -> Option<Zone<'_>> {
    if text.is_empty() {
        return Some(Zone::None);
    }
    let text = text.trim_start_matches([' ', '\t']);
    if text == "Z" {
        return Some(Zone::Utc);
    }
    let is_west = text.starts_with('-');
    let (hours, rest) = digits(text.strip_prefix(['-', '+'])?, 1, 2)?;
    let minutes = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2, 2).filter(|(_, rest)| rest.is_empty())?.0,
        None if rest.is_empty() => "",
        None => return None,
    };
    Some(Zone::Offset { is_west, hours, minutes })
}

/// As many ASCII digits as there are, up to `most`, and the rest of the text.
fn digits(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| text.split_at(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_printed_as_python_prints_them() {
        let cases = [
            ("2001-12-14", "2001-12-14"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.100000-05:00"),
            ("2001-1-4 1:02:03.1234567Z", "2001-01-04T01:02:03.123456+00:00"),
            ("2001-12-14 \t21:59:43 -5", "2001-12-14T21:59:43-05:00"),
            ("2001-12-14T21:59:43.-00:00", "2001-12-14T21:59:43+00:00"),
        ];
        for (text, iso_form) in cases {
            assert_eq!(iso(text).as_deref(), Some(iso_form), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_date_need_not_be_one() {
        for text in ["2024-13-45", "2023-02-29", "0000-01-01", "2024-01-01 24:00:00", "2024-01-01 1:00:00+24"]
        {
            assert!(is_time(text) && iso(text).is_none(), "{text}");
        }
        for text in
            ["2024-1-1", "2024-01-01 ", "2024-01-01T1:2:3", "20240101", "2024-01-01 1:02", "2024-01-01Z"]
        {
            assert!(!is_time(text), "{text}");
        }
    }
}
