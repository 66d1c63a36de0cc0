//! Strategies as comma-separated lines, for spreadsheets: one head, one line each.

use super::{key, parts, phase_key};
use crate::memory::Category;
use crate::memory::solve::Row;

/// The rows of a strategy table. Words with commas stand in quotes.
pub fn csv(rows: &[Row]) -> String {
    let mut head = vec!["strategy".to_owned(), "checkpointing".to_owned(), "peak_bytes".to_owned()];
    head.extend(["allocated_peak_bytes".to_owned(), "peak_phase".to_owned()]);
    head.extend(Category::ALL.map(|category| format!("{}_bytes", key(category))));
    head.extend(["host_peak_bytes", "nvme_peak_bytes", "refusal"].map(str::to_owned));
    let mut out = head.join(",") + "\n";
    for row in rows {
        out += &line(row).join(",");
        out.push('\n');
    }
    out
}

fn line(row: &Row) -> Vec<String> {
    let mut cells = vec![quoted(&row.sharding.words()), row.has_checkpointing.to_string()];
    match &row.estimate {
        Ok(estimate) => {
            cells.extend([estimate.needed().to_string(), estimate.allocated().to_string()]);
            cells.push(estimate.peak().map_or(String::new(), |peak| phase_key(peak.phase).to_owned()));
            cells.extend(parts(estimate).map(|(_, amount)| amount.to_string()));
            cells.extend([estimate.host.ram().to_string(), estimate.host.nvme.to_string(), String::new()]);
        }
        Err(error) => {
            cells.extend(std::iter::repeat_n(String::new(), 3 + Category::ALL.len() + 2));
            cells.push(quoted(&error.to_string()));
        }
    }
    cells
}

/// RFC 4180.
fn quoted(words: &str) -> String {
    if words.contains([',', '"', '\n']) {
        format!("\"{}\"", words.replace('"', "\"\""))
    } else {
        words.to_owned()
    }
}
