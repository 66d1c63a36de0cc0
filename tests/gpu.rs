//! Against a real driver, on a machine with NVIDIA GPUs: `cargo test --test lib gpu -- --ignored`.

use std::process::Command;

use accel_studio::hardware::{Device, Gpus, Machine};

use crate::harness::run::Room;

fn machine() -> Machine {
    let run = Room::new().run(&["probe", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    Machine::parse(&run.stdout).expect("what is written can be read")
}

/// What `nvidia-smi` says, one row for each GPU.
fn asked(question: &str) -> Vec<Vec<String>> {
    let mut command = Command::new("nvidia-smi");
    command.args([&format!("--query-gpu={question}"), "--format=csv,noheader,nounits"]);
    let output = command.output().expect("nvidia-smi comes with the driver");
    let text = String::from_utf8(output.stdout).expect("it writes text");
    text.lines().map(|line| line.split(',').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn the_probe_says_what_nvidia_smi_says() {
    let machine = machine();
    let rows = asked("name,uuid,memory.total,compute_cap,pcie.link.gen.max,pcie.link.width.max,pci.bus_id");
    let devices = machine.gpus.devices();
    assert_eq!(devices.len(), rows.len());
    for (device, row) in devices.iter().zip(&rows) {
        let memory = device.memory.expect("a whole device tells its memory");
        let (major, minor) = device.capability.expect("it tells what it can do");
        let pcie = device.pcie.as_ref().expect("it tells its place");
        let said = [
            device.name.clone().expect("it has a name"),
            device.uuid.clone().expect("it has a UUID"),
            (memory.total >> 20).to_string(),
            format!("{major}.{minor}"),
            pcie.max_generation.expect("it tells").to_string(),
            pcie.max_width.expect("it tells").to_string(),
            pcie.bus.clone().expect("it tells"),
        ];
        assert_eq!(&said[..], &row[..]);
        assert!(memory.free.expect("it tells") <= memory.usable());
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_real_machine_is_whole() {
    let machine = machine();
    let Gpus::Listed { driver, cuda, devices, topology } = &machine.gpus else {
        panic!("no GPU can be seen: {:?}", machine.gpus)
    };
    assert!(driver.is_some() && cuda.is_some());
    assert_eq!(topology.0.len(), devices.len());
    let is_whole = |device: &Device| device.fault.is_none() && device.precisions().is_some();
    assert!(devices.iter().all(is_whole), "{devices:?}");
    assert!(machine.host.ram.is_some() && machine.host.cores.logical.is_some());
    assert_eq!(Machine::parse(&machine.text()), Ok(machine));
}
