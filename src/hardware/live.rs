//! What a machine is doing right now: processors, memory, GPUs. A door, asked once a second while a job
//! runs; every number may be missing.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::nvml;

/// How busy a machine is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// All processors together, 0 to 100.
    pub cpu: Option<u32>,
    /// Memory in use and in all, in bytes.
    pub ram: Option<(u64, u64)>,
    /// Each GPU, in the driver's order.
    pub gpus: Vec<GpuUsage>,
}

/// How busy a GPU is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuUsage {
    /// 0 to 100.
    pub busy: Option<u32>,
    /// Memory in use and in all, in bytes.
    pub memory: Option<(u64, u64)>,
    /// What it draws now, in watts.
    pub power: Option<u32>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
}

/// Something that can be asked again and again.
pub struct Meter {
    system: Option<System>,
    has_gpus: bool,
}

impl Default for Meter {
    fn default() -> Meter {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Meter { system: System::new_with_specifics(wanted).ok(), has_gpus: true }
    }
}

impl Meter {
    /// Asks. The first answer about processors is none, because usage is a difference.
    pub fn read(&mut self) -> Usage {
        let (cpu, ram) = match &mut self.system {
            Some(system) => {
                system.refresh_cpu_usage();
                system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
                (percent(system.global_cpu_usage()), Some((system.used_memory(), system.total_memory())))
            }
            None => (None, None),
        };
        let gpus = if self.has_gpus { gpus() } else { Vec::new() };
        // A machine gets no GPU while a job runs.
        self.has_gpus = !gpus.is_empty();
        Usage { cpu, ram: ram.filter(|(_, total)| *total > 0), gpus }
    }
}

fn percent(share: f32) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100")]
    share.is_finite().then(|| share.clamp(0.0, 100.0).round() as u32)
}

/// No card draws more than a hundred kilowatts.
fn whole(watts: f64) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what a u32 holds"
    )]
    watts.is_finite().then(|| watts.clamp(0.0, 100_000.0).round() as u32)
}

fn gpus() -> Vec<GpuUsage> {
    let devices = nvml::probe();
    let usage = |device: &super::Device| GpuUsage {
        busy: device.utilisation,
        memory: device.memory.and_then(|memory| Some((memory.used?, memory.total))),
        power: device.power.and_then(|power| whole(power.usage?)),
        temperature: device.temperature,
    };
    devices.devices().iter().map(usage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_memory() {
        let usage = Meter::default().read();
        if let Some((used, total)) = usage.ram {
            assert!(used <= total);
        }
        assert_eq!(percent(250.0), Some(100));
        assert_eq!(percent(f32::NAN), None);
    }
}
