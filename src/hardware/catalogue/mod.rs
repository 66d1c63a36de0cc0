//! Machines that a person may plan for without having one: GPUs by name, and the nodes that clouds rent.
//!
//! One row for each, with where its figures come from. What could not be confirmed is left out. Names are read
//! without regard to capitals, blanks and the maker's name.

mod desktop;
mod gpu;
mod laptop;
mod node;
mod nvidia;
mod other;
mod page;

pub use gpu::{Gpu, Link, Peak};
pub use node::{NODES, Shape};
pub use page::{list, page};

use super::{Device, Gpus, Machine, Topology};
use crate::text;

/// Most GPUs of one machine that a name may ask for: the largest NVLink domain sold has 72.
const MOST: usize = 128;

/// Every GPU, by family.
pub fn gpus() -> impl Iterator<Item = &'static Gpu> {
    nvidia::GPUS.iter().chain(desktop::GPUS).chain(laptop::GPUS).chain(other::GPUS)
}

/// The GPU of a name: ours, another that people use, or the driver's.
pub fn gpu(name: &str) -> Option<&'static Gpu> {
    let wanted = plain(name);
    gpus().find(|gpu| {
        let other = gpu.aliases.iter().chain(gpu.reported);
        gpu.name == wanted || other.into_iter().any(|known| plain(known) == wanted)
    })
}

/// The node of a name.
pub fn node(name: &str) -> Option<&'static Shape> {
    let wanted = plain(name);
    NODES.iter().find(|node| node.name == wanted)
}

/// The row of a device, by the name that its driver reports.
pub fn row(device: &Device) -> Option<&'static Gpu> {
    let name = device.name.as_deref()?;
    gpus().find(|gpu| gpu.reported.contains(&name))
}

/// The machine of a name: a node such as `aws-p4d.24xlarge`, or GPUs such as `rtx-4090` and `8xh100-sxm`. The
/// reason, and the names that may be meant, where there is none.
pub fn machine(name: &str) -> Result<Machine, String> {
    if let Some(node) = node(name) {
        return Ok(node.machine());
    }
    let (count, kind) = counted(name);
    let Some(gpu) = gpu(kind) else { return Err(unknown(name, kind)) };
    match count {
        Some(count @ 1..=MOST) => Ok(of(gpu, count)),
        None => Ok(of(gpu, 1)),
        Some(_) => Err(format!("`{name}` is no machine: name 1 to {MOST} GPUs, such as `8x{}`", gpu.name)),
    }
}

/// So many GPUs of one kind, in a machine of which nothing else is known.
pub fn of(gpu: &Gpu, count: usize) -> Machine {
    let devices = (0..).take(count).map(|index| Device { index: Some(index), ..gpu.device() }).collect();
    let topology = match gpu.link {
        Some(link) if link.is_switched && count > 1 => Topology::nvlinked(count, link.links),
        _ => Topology::default(),
    };
    let name = if count == 1 { gpu.name.to_owned() } else { format!("{count}x{}", gpu.name) };
    let gpus = Gpus::Listed { driver: None, cuda: None, devices, topology };
    Machine { name: Some(name), gpus, ..Machine::default() }
}

/// `8xh100-sxm` is eight of `h100-sxm`. A number too large to be one counts as too many.
fn counted(name: &str) -> (Option<usize>, &str) {
    let name = name.trim();
    let end = name.find(|char: char| !char.is_ascii_digit()).unwrap_or(name.len());
    let rest = name[end..].trim_start();
    match rest.strip_prefix(['x', 'X', '×', '*']) {
        Some(kind) if end > 0 => (Some(name[..end].parse().unwrap_or(usize::MAX)), kind),
        _ => (None, name),
    }
}

/// In small letters, `-` between the words, without the makers' names.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|char: char| char.is_whitespace() || char == '_' || char == '-');
    let makers = ["nvidia", "geforce", "tesla", "quadro", "amd", "instinct", "intel"];
    words.filter(|word| !word.is_empty() && !makers.contains(word)).collect::<Vec<_>>().join("-")
}

fn unknown(name: &str, kind: &str) -> String {
    let near = near(kind);
    let advice = if near.is_empty() {
        "`accel-studio probe --list` lists those that are known; for others write a file, see docs/machine.md"
            .to_owned()
    } else {
        format!("did you mean {}?", text::any_of(near.iter().map(|name| format!("`{name}`"))))
    };
    format!("there is no file and no known machine `{name}`; {advice}")
}

/// Names that hold the word, or that one slip of the fingers leads to.
fn near(kind: &str) -> Vec<&'static str> {
    let wanted = plain(kind);
    let names = || gpus().map(|gpu| gpu.name).chain(NODES.iter().map(|node| node.name));
    let holding: Vec<&str> =
        names().filter(|name| wanted.len() > 1 && name.contains(&wanted)).take(5).collect();
    if holding.is_empty() { text::nearest(&wanted, names()).into_iter().collect() } else { holding }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
