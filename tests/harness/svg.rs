//! A screen as an SVG picture, for the README: the cells that the studio really drew.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Width and height of a cell, and the size of its letters, in SVG units.
const CELL: (f32, f32) = (8.4, 18.0);
const LETTERS: f32 = 14.0;
/// Room around the screen.
const MARGIN: f32 = 12.0;
const PAPER: &str = "#1d2021";
const INK: &str = "#d5c4a1";

/// Draws a screen.
pub fn svg(cells: &Buffer) -> String {
    let (width, height) = (f32::from(cells.area.width) * CELL.0, f32::from(cells.area.height) * CELL.1);
    let (outer_width, outer_height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {outer_width:.1} {outer_height:.1}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{LETTERS}\">\n\
         <title>accel-studio with a config open</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..cells.area.height {
        for (from, to) in runs(cells, row) {
            draw(&mut svg, cells, row, from, to);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The stretches of a row that look alike.
fn runs(cells: &Buffer, row: u16) -> Vec<(u16, u16)> {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for column in 0..cells.area.width {
        let looks = |column: u16| look(&cells[(column, row)]);
        match runs.last_mut() {
            Some((from, to)) if looks(*from) == looks(column) => *to = column + 1,
            _ => runs.push((column, column + 1)),
        }
    }
    runs
}

fn look(cell: &Cell) -> (&'static str, Option<&'static str>, Modifier) {
    let is_dim = cell.modifier.contains(Modifier::DIM);
    let ink = if is_dim { colour(Color::DarkGray) } else { colour(cell.fg) };
    let paper = colour(cell.bg);
    match cell.modifier.contains(Modifier::REVERSED) {
        true => (paper.unwrap_or(PAPER), Some(ink.unwrap_or(INK)), cell.modifier),
        false => (ink.unwrap_or(INK), paper, cell.modifier),
    }
}

fn draw(svg: &mut String, cells: &Buffer, row: u16, from: u16, to: u16) {
    let (ink, paper, weight) = look(&cells[(from, row)]);
    let (x, y) = (MARGIN + f32::from(from) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(to - from) * CELL.0;
    if let Some(paper) = paper {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{paper}\"/>",
            CELL.1
        );
    }
    let text: String = (from..to).map(|column| cells[(column, row)].symbol()).collect();
    if text.trim().is_empty() {
        return;
    }
    let mut attributes = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if weight.contains(modifier) {
            attributes.push_str(attribute);
        }
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" fill=\"{ink}\"{attributes} xml:space=\"preserve\">{text}</text>",
        y + CELL.1 * 0.75
    );
}

fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#1d2021",
        Color::Red | Color::LightRed => "#fb4934",
        Color::Green | Color::LightGreen => "#b8bb26",
        Color::Yellow | Color::LightYellow => "#fabd2f",
        Color::Blue | Color::LightBlue => "#2f6f8f",
        Color::Magenta | Color::LightMagenta => "#d3869b",
        Color::Cyan | Color::LightCyan => "#83c5be",
        Color::Gray => "#a89984",
        Color::DarkGray => "#7c6f64",
        Color::White => "#fbf1c7",
        _ => return None,
    })
}
