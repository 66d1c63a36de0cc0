//! Which devices a process sees: `CUDA_VISIBLE_DEVICES`, and `gpu_ids`, from which Accelerate sets it.
//!
//! Sources: CUDA Programming Guide 13, "CUDA Environment Variables"; MIG User Guide, "CUDA Device
//! Enumeration"; for what the guides leave open, PyTorch 2.11 (`_parse_visible_devices` and
//! `_transform_uuid_to_ordinals` of `torch/cuda/__init__.py`), which follows the driver and tests it.

use std::fmt;

use super::{Device, Instance, Machine, Memory};

/// The variable that hides devices.
pub const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// The variable that numbers them.
pub const ORDER: &str = "CUDA_DEVICE_ORDER";

/// A device as a process sees it: whole, or one slice of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visible<'a> {
    /// The device.
    pub device: &'a Device,
    /// The slice, where the device is cut.
    pub instance: Option<&'a Instance>,
}

/// What a process sees, and where the reading of its list ended early.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View<'a> {
    /// The devices in the order in which CUDA numbers them for this process.
    pub shown: Vec<Visible<'a>>,
    /// The entry that hides what follows it, or all.
    pub stop: Option<Stop>,
}

/// Why an entry of a list ends its reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No device is meant by it.
    Unknown(String),
    /// Several UUIDs begin with it.
    Ambiguous(String),
    /// It names a device that was named before; CUDA then shows none at all.
    Repeated(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Unknown(word) => {
                write!(out, "`{word}` is no GPU of this machine; CUDA hides it and all that follow it")
            }
            Stop::Ambiguous(word) => {
                write!(out, "several GPUs begin with `{word}`; CUDA hides them and all that follow it")
            }
            Stop::Repeated(word) => {
                write!(out, "`{word}` names a GPU for the second time; CUDA then shows none")
            }
        }
    }
}

impl<'a> Visible<'a> {
    /// Its own memory: the slice's where there is one.
    pub fn memory(&self) -> Option<Memory> {
        self.instance.map_or(self.device.memory, |instance| instance.memory)
    }

    /// Its own name.
    pub fn name(&self) -> Option<&'a str> {
        match self.instance {
            Some(instance) => instance.name.as_deref(),
            None => self.device.name.as_deref(),
        }
    }
}

/// What a process sees through a list; all where there is none.
pub fn through<'a>(devices: &'a [Device], list: Option<&str>) -> View<'a> {
    let whole = |device| Visible { device, instance: None };
    let Some(list) = list else {
        return View { shown: enumerated(devices.iter().map(whole)), stop: None };
    };
    let names_uuids = list.starts_with("GPU-") || list.starts_with("MIG-");
    let mut named: Vec<Visible> = Vec::new();
    let mut stop = None;
    for word in list.split(',').take_while(|_| !list.is_empty()) {
        let found = if names_uuids { by_uuid(devices, &list[..4], word) } else { by_number(devices, word) };
        match found {
            Ok(device) if named.contains(&device) => {
                return View { shown: Vec::new(), stop: Some(Stop::Repeated(word.trim().to_owned())) };
            }
            Ok(device) => named.push(device),
            Err(reason) => {
                stop = Some(reason);
                break;
            }
        }
    }
    View { shown: enumerated(named.into_iter()), stop }
}

/// What CUDA makes of the named ones: a lost device is none, a cut one counts by its first slice, and where
/// there is a slice it is the only one, because CUDA shows a process one slice at most and no whole device
/// beside it.
fn enumerated<'a>(named: impl Iterator<Item = Visible<'a>>) -> Vec<Visible<'a>> {
    let is_cut = |seen: &Visible| seen.device.mig.as_ref().is_some_and(|mig| mig.is_enabled);
    let working: Vec<Visible> = named.filter(|seen| seen.device.fault.is_none()).collect();
    let slice = |seen: &Visible<'a>| {
        let first = || seen.device.mig.as_ref().and_then(|mig| mig.active().first());
        Some(Visible { device: seen.device, instance: Some(seen.instance.or_else(first)?) })
    };
    match working.iter().find_map(slice) {
        Some(slice) => vec![slice],
        None => working.into_iter().filter(|seen| !is_cut(seen)).collect(),
    }
}

/// As C's `strtol` reads a number: blanks and a sign before it, anything after it.
fn by_number<'a>(devices: &'a [Device], word: &str) -> Result<Visible<'a>, Stop> {
    let unknown = || Stop::Unknown(word.trim().to_owned());
    let text = word.trim_start();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
    let number: usize = digits[..end].parse().map_err(|_| unknown())?;
    let device = devices.get(number).filter(|_| !is_negative || number == 0).ok_or_else(unknown)?;
    Ok(Visible { device, instance: None })
}

/// By the beginning of a UUID, which only one may have. The first entry of a list tells whether whole devices
/// (`GPU-`) or slices (`MIG-`) are meant by all.
fn by_uuid<'a>(devices: &'a [Device], prefix: &str, word: &str) -> Result<Visible<'a>, Stop> {
    let whole = |device: &'a Device| Some((device.uuid.as_deref()?, Visible { device, instance: None }));
    let sliced = |device: &'a Device| {
        let instances = device.mig.iter().flat_map(|mig| mig.active());
        instances.filter_map(move |instance| {
            Some((instance.uuid.as_deref()?, Visible { device, instance: Some(instance) }))
        })
    };
    let all: Vec<(&str, Visible)> = match prefix {
        "GPU-" => devices.iter().filter_map(whole).collect(),
        _ => devices.iter().flat_map(sliced).collect(),
    };
    let unknown = || Stop::Unknown(word.trim().to_owned());
    if !word.starts_with(prefix) {
        return Err(unknown());
    }
    let mut fitting = all.into_iter().filter(|(uuid, _)| uuid.starts_with(word)).map(|(_, seen)| seen);
    let found = fitting.next().ok_or_else(unknown)?;
    if fitting.next().is_some() { Err(Stop::Ambiguous(word.to_owned())) } else { Ok(found) }
}

impl Machine {
    /// What a process that is started here sees.
    pub fn view(&self) -> View<'_> {
        through(self.gpus.devices(), self.env.get(VISIBLE).map(String::as_str))
    }

    /// What the processes of a job see whose config has `gpu_ids`: Accelerate puts anything but `all` into
    /// `CUDA_VISIBLE_DEVICES`, over what stands there (`prepare_simple_launcher_cmd_env` of 1.15.0).
    pub fn view_of_gpu_ids(&self, gpu_ids: Option<&str>) -> View<'_> {
        match gpu_ids {
            None | Some("all") => self.view(),
            Some(list) => through(self.gpus.devices(), Some(list)),
        }
    }

    /// Memory that one process can have on each GPU, or slice of one, that a job with these `gpu_ids` sees, bytes.
    /// What does not tell its size is left out.
    pub fn gpu_memory(&self, gpu_ids: Option<&str>) -> Vec<u64> {
        let view = self.view_of_gpu_ids(gpu_ids);
        view.shown.iter().filter_map(|seen| seen.memory().as_ref().map(Memory::usable)).collect()
    }

    /// The devices that a process started here would see; of a cut one, the device that is cut.
    pub fn visible_gpus(&self) -> Vec<&Device> {
        self.view().shown.into_iter().map(|seen| seen.device).collect()
    }

    /// True when CUDA and the driver surely give the GPUs the same numbers. CUDA counts the fastest first, the
    /// driver by the bus, unless `CUDA_DEVICE_ORDER` says otherwise or all are alike.
    pub fn numbers_agree(&self) -> bool {
        let is_by_bus = self.env.get(ORDER).is_some_and(|order| order == "PCI_BUS_ID");
        let mut names = self.gpus.devices().iter().filter_map(|device| device.name.as_ref());
        let first = names.next();
        is_by_bus || names.all(|name| Some(name) == first)
    }
}

#[cfg(test)]
#[path = "visible_tests.rs"]
mod tests;
