//! The lines about the GPUs.

use super::Page;
use super::table::{self, numbers, words};
use crate::hardware::visible::{ORDER, VISIBLE};
use crate::hardware::{
    Device, Gpus, Machine, Precisions, Process, Reach, Support, Topology, View, catalogue,
};
use crate::text::{all_of, bytes, count};

pub(super) fn tell(machine: &Machine, page: &mut Page) {
    let (devices, topology) = match &machine.gpus {
        Gpus::Unseen(unseen) => {
            return page.entry("GPUs", &format!("none can be seen: {}", unseen.sentence()));
        }
        Gpus::Listed { devices, .. } if devices.is_empty() => {
            return page.entry("GPUs", &format!("none{}", driver(&machine.gpus)));
        }
        Gpus::Listed { devices, topology, .. } => (devices, topology),
    };
    page.entry("GPUs", &format!("{}{}", machine.gpus.summary(), driver(&machine.gpus)));
    page.lines("", rows(devices));
    let faults = devices.iter().enumerate().filter_map(|(number, device)| {
        Some(format!("GPU {}: {}", device.index.unwrap_or(number as u32), device.fault.as_ref()?))
    });
    faults.for_each(|fault| page.entry("", &fault));
    slices(devices).iter().for_each(|slice| page.entry("", slice));
    formats(devices).iter().enumerate().for_each(|(number, line)| {
        page.entry(if number == 0 { "Formats" } else { "" }, line);
    });
    rated(devices).iter().for_each(|line| page.entry("Rated", line));
    page.lines("Links", links(topology));
    page.lines("In use by", processes(devices));
    visible(machine, page);
}

/// ", driver 580.65.06, CUDA up to 13.0".
fn driver(gpus: &Gpus) -> String {
    let Gpus::Listed { driver, cuda, .. } = gpus else { return String::new() };
    let driver = driver.as_ref().map(|version| format!(", driver {version}")).unwrap_or_default();
    let cuda = cuda.as_ref().map(|version| format!(", CUDA up to {version}")).unwrap_or_default();
    driver + &cuda
}

/// One row for each GPU; neighbours of which all the same is known share one.
fn rows(devices: &[Device]) -> Vec<String> {
    let columns = [
        numbers("#"),
        words("name"),
        numbers("usable"),
        numbers("free"),
        words("cc"),
        words("PCIe"),
        words("ECC"),
        numbers("watts"),
        numbers("°C"),
        numbers("busy"),
    ];
    let is_uniform = devices.iter().all(|device| device.name == devices[0].name);
    let mut rows: Vec<(u32, u32, Vec<String>)> = Vec::new();
    for (number, device) in (0..).zip(devices) {
        let number = device.index.unwrap_or(number);
        let cells = cells(device, is_uniform);
        match rows.last_mut() {
            Some((_, last, same)) if *same == cells && *last + 1 == number => *last = number,
            _ => rows.push((number, number, cells)),
        }
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(first, last, cells)| {
            let number = if first == last { first.to_string() } else { format!("{first}-{last}") };
            std::iter::once(number).chain(cells).collect()
        })
        .collect();
    table::lines(&columns, &rows)
}

/// The name is left out where one name stands above for all.
fn cells(device: &Device, is_uniform: bool) -> Vec<String> {
    let name = device.name.clone().unwrap_or_else(|| "?".to_owned());
    let memory = device.memory;
    let power = device.power.unwrap_or_default();
    let watts = |watts: Option<f64>| watts.map(|watts| format!("{watts:.0}"));
    vec![
        if is_uniform { String::new() } else { short(&name) },
        memory.map(|memory| bytes(memory.usable())).unwrap_or_default(),
        memory.and_then(|memory| memory.free).map(bytes).unwrap_or_default(),
        device.capability.map(|(major, minor)| format!("{major}.{minor}")).unwrap_or_default(),
        pcie(device),
        device.has_ecc.map(|has_ecc| if has_ecc { "on" } else { "off" }).unwrap_or_default().to_owned(),
        [watts(power.usage), watts(power.limit)].into_iter().flatten().collect::<Vec<_>>().join("/"),
        device.temperature.map(|degrees| degrees.to_string()).unwrap_or_default(),
        device.utilisation.map(|percent| format!("{percent}%")).unwrap_or_default(),
    ]
}

/// "H100 80GB HBM3": all makers' names are known.
fn short(name: &str) -> String {
    ["NVIDIA ", "AMD "].iter().find_map(|maker| name.strip_prefix(maker)).unwrap_or(name).to_owned()
}

/// "5 ×16": what it can do at most, since idle devices fall back; and the lanes in use where they are fewer.
fn pcie(device: &Device) -> String {
    let Some(pcie) = &device.pcie else { return String::new() };
    let Some(generation) = pcie.max_generation.or(pcie.generation) else { return String::new() };
    match (pcie.width, pcie.max_width) {
        (Some(now), Some(most)) if now < most => format!("{generation} ×{now} of {most}"),
        (now, most) => match most.or(now) {
            Some(lanes) => format!("{generation} ×{lanes}"),
            None => generation.to_string(),
        },
    }
}

fn slices(devices: &[Device]) -> Vec<String> {
    let cut = (0..).zip(devices).filter_map(|(number, device)| {
        let mig = device.mig.as_ref().filter(|mig| mig.is_enabled)?;
        let number: u32 = device.index.unwrap_or(number);
        let slices = mig.instances.iter().map(|slice| {
            let name = slice.name.as_deref().map_or("?", |name| name.rsplit("MIG ").next().unwrap_or(name));
            let memory = slice.memory.map(|memory| format!(" with {}", bytes(memory.usable())));
            let uuid = slice.uuid.as_ref().map(|uuid| format!(" ({uuid})"));
            format!("{name}{}{}", memory.unwrap_or_default(), uuid.unwrap_or_default())
        });
        let slices: Vec<String> = slices.collect();
        Some(match slices.is_empty() {
            true => format!("GPU {number} is set to be cut (MIG) and has no slices; no process can use it"),
            false => format!("GPU {number} is cut (MIG) into {}", all_of(slices)),
        })
    });
    cut.collect()
}

/// One line for each different answer, with the GPUs that give it where there are several answers.
fn formats(devices: &[Device]) -> Vec<String> {
    let mut answers: Vec<(Precisions, Vec<String>)> = Vec::new();
    for (number, device) in (0..).zip(devices) {
        let number: u32 = device.index.unwrap_or(number);
        let Some(can) = device.precisions() else { continue };
        match answers.iter_mut().find(|(known, _)| *known == can) {
            Some((_, numbers)) => numbers.push(number.to_string()),
            None => answers.push((can, vec![number.to_string()])),
        }
    }
    let is_one = answers.len() == 1;
    let line = |(can, numbers): &(Precisions, Vec<String>)| {
        if is_one { sentence(can) } else { format!("GPU {}: {}", all_of(numbers), sentence(can)) }
    };
    answers.iter().map(line).collect()
}

fn sentence(can: &Precisions) -> String {
    let formats = [("fp16", can.fp16), ("bf16", can.bf16), ("tf32", can.tf32), ("fp8", can.fp8)];
    let such = |support| {
        let names: Vec<&str> =
            formats.iter().filter(|format| format.1 == support).map(|format| format.0).collect();
        (!names.is_empty()).then(|| all_of(names))
    };
    let parts = [
        such(Support::Native),
        such(Support::Emulated).map(|names| format!("{names} by emulation, slowly")),
        such(Support::No).map(|names| format!("not in {names}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What the maker promises, where all GPUs are of one kind that is known.
fn rated(devices: &[Device]) -> Option<String> {
    let row =
        catalogue::row(devices.first()?).or_else(|| catalogue::gpu(devices.first()?.name.as_deref()?))?;
    if devices.iter().any(|device| device.name != devices[0].name) {
        return None;
    }
    let peak = row.peak.bf16.map(|peak| ("bf16", peak)).or(row.peak.fp16.map(|peak| ("fp16", peak)));
    let peak = peak.map(|(format, peak)| format!("{format} {peak:.0} TFLOP/s"));
    let memory = row.bandwidth.map(|bandwidth| format!("memory {bandwidth} GB/s"));
    let links = row.link.map(|link| format!("links {:.0} GB/s", link.bandwidth));
    let parts: Vec<String> = [peak, memory, links].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} each ({})", parts.join(", "), row.source))
}

/// One sentence where all ways are alike, else the matrix and what its words mean.
fn links(topology: &Topology) -> Vec<String> {
    let rows = &topology.0;
    let mut ways: Vec<Reach> =
        rows.iter().flatten().copied().flatten().filter(|way| *way != Reach::Itself).collect();
    ways.sort_unstable();
    ways.dedup();
    let is_complete = rows.iter().all(|row| row.iter().all(Option::is_some));
    match ways.as_slice() {
        [] => Vec::new(),
        [way] if is_complete && rows.len() == 2 => {
            vec![format!("{} ({way}) between the two", way.sentence())]
        }
        [way] if is_complete => vec![format!("{} ({way}) between any two", way.sentence())],
        ways => matrix(rows).into_iter().chain(legend(ways)).collect(),
    }
}

fn matrix(rows: &[Vec<Option<Reach>>]) -> Vec<String> {
    let width = rows.iter().flatten().flatten().map(|way| way.to_string().len()).max().unwrap_or(1).max(2);
    let heading: String = (0..rows.len()).map(|number| format!("  {number:width$}")).collect();
    let row = |(number, row): (usize, &Vec<Option<Reach>>)| {
        let cells = row.iter().map(|way| match way {
            Some(way) => format!("  {way:width$}"),
            None => format!("  {:width$}", "?"),
        });
        format!("{number:>2}{}", cells.collect::<String>())
    };
    std::iter::once(format!("  {heading}")).chain(rows.iter().enumerate().map(row)).collect()
}

fn legend(ways: &[Reach]) -> Vec<String> {
    ways.iter().map(|way| format!("{:5}{}", way.to_string(), way.sentence())).collect()
}

fn processes(devices: &[Device]) -> Vec<String> {
    let columns = [words(""), numbers(""), words(""), numbers("")];
    let row = |number: u32, process: &Process| {
        let name = process.name.as_deref().map_or("?", |name| name.rsplit('/').next().unwrap_or(name));
        let memory = process.memory.map(bytes).unwrap_or_default();
        vec![format!("GPU {number}"), process.pid.to_string(), name.to_owned(), memory]
    };
    let rows: Vec<Vec<String>> = (0..)
        .zip(devices)
        .flat_map(|(number, device)| {
            let number = device.index.unwrap_or(number);
            device.processes.iter().flatten().map(move |process| row(number, process))
        })
        .collect();
    table::lines(&columns, &rows)
}

/// What `CUDA_VISIBLE_DEVICES` leaves, and whether CUDA's numbers are these.
fn visible(machine: &Machine, page: &mut Page) {
    let view = machine.view();
    let all = count(machine.gpus.devices().len(), "GPU");
    if let Some(list) = machine.env.get(VISIBLE) {
        page.entry("Visible", &format!("{}, because of {VISIBLE}={list}", seen(&view)));
        view.stop.iter().for_each(|stop| page.entry("", &stop.to_string()));
    } else if view.shown.iter().any(|seen| seen.instance.is_some()) {
        page.entry("Visible", &format!("{}: beside a slice CUDA shows a process nothing else", seen(&view)));
    } else if view.shown.len() < machine.gpus.devices().len() {
        page.entry("Visible", &format!("{} of {all}", seen(&view)));
    }
    if !machine.numbers_agree() {
        let advice =
            format!("CUDA may number these GPUs otherwise, the fastest first; set {ORDER}=PCI_BUS_ID");
        page.entry("", &advice);
    }
}

/// "GPU 0 and GPU 2", "MIG-… of GPU 1", "no GPU".
fn seen(view: &View) -> String {
    let names = view.shown.iter().map(|seen| {
        let number = seen.device.index.map_or_else(|| "?".to_owned(), |index| index.to_string());
        match seen.instance.and_then(|slice| slice.uuid.as_ref()) {
            Some(uuid) => format!("{uuid} of GPU {number}"),
            None => format!("GPU {number}"),
        }
    });
    if view.shown.is_empty() { "no GPU".to_owned() } else { all_of(names) }
}
