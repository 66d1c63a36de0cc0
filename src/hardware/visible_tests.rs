//! Lists of visible devices: the cases of the CUDA guides and those that PyTorch tests.

use super::super::{Device, Gpus, Instance, Machine, Memory, Mig};
use super::*;

/// The UUIDs of PyTorch's own test, `test_cuda_nvml_based_avail.py`.
const UUIDS: [&str; 8] = [
    "GPU-9942190a-aa31-4ff1-4aa9-c388d80f85f1",
    "GPU-9e8d35e3-a134-0fdd-0e01-23811fdbd293",
    "GPU-e429a63e-c61c-4795-b757-5132caeb8e70",
    "GPU-eee1dfbc-0a0f-6ad8-5ff6-dc942a8b9d98",
    "GPU-bbcd6503-5150-4e92-c266-97cc4390d04e",
    "GPU-472ea263-58d7-410d-cc82-f7fdece5bd28",
    "GPU-e56257c4-947f-6a5b-7ec9-0f45567ccf4e",
    "GPU-1c20e77d-1c1a-d9ed-fe37-18b8466a78ad",
];

fn devices() -> Vec<Device> {
    let device = |(index, uuid): (usize, &&str)| Device {
        index: u32::try_from(index).ok(),
        name: Some("NVIDIA H200".into()),
        uuid: Some((*uuid).into()),
        ..Device::default()
    };
    UUIDS.iter().enumerate().map(device).collect()
}

fn seen(list: &str) -> Vec<u32> {
    let devices = devices();
    let view = through(&devices, Some(list));
    view.shown.iter().map(|seen| seen.device.index.expect("they are numbered")).collect()
}

#[test]
fn numbers_are_read_as_the_guide_says() {
    assert_eq!(seen("2,1"), [2, 1], "the order of the list counts");
    assert_eq!(seen("0,2,-1,1"), [0, 2], "the guide's own example");
    assert_eq!(seen(""), [0; 0]);
    assert_eq!(seen("-1"), [0; 0]);
    assert_eq!(seen("1,9,2"), [1], "the list ends at the first stranger");
    assert_eq!(seen("7"), [7]);
    assert_eq!(seen("8"), [0; 0]);
}

#[test]
fn numbers_are_read_as_pytorch_does() {
    assert_eq!(seen("1gpu2,2ampere"), [1, 2]);
    assert_eq!(seen("0, 1, 2, -1, 3"), [0, 1, 2]);
    assert_eq!(seen("0, 1, 2, 1"), [0; 0], "one repetition hides all");
    assert_eq!(seen("2, +3, -0, 5"), [2, 3, 0, 5]);
    assert_eq!(seen("one,two,3,4"), [0; 0]);
    assert_eq!(seen("4,3,two,one"), [4, 3]);
    assert_eq!(seen("0,,1"), [0]);
    assert_eq!(seen("NoDevFiles"), [0; 0]);
    assert_eq!(seen("99999999999999999999999"), [0; 0]);
}

#[test]
fn names_may_be_cut_short() {
    assert_eq!(seen("GPU-9e8d35e3"), [1]);
    assert_eq!(seen("GPU-e4,GPU-9e8d35e3"), [2, 1]);
    assert_eq!(seen("GPU-9e8d35e3,GPU-1,GPU-47"), [1, 7, 5]);
    assert_eq!(seen("GPU-123,GPU-9e8d35e3"), [0; 0]);
    assert_eq!(seen("GPU-9e8d35e3,GPU-123,GPU-47"), [1]);
    assert_eq!(seen("GPU-9e8d35e3,GPU-e,GPU-47"), [1], "an ambiguous one ends the list");
    assert_eq!(seen("GPU-9e8d35e3,GPU-47,GPU-9e8"), [0; 0], "one repetition hides all");
    assert_eq!(seen("GPU-9e8d35e3,2"), [1], "numbers and names do not mix");
    assert_eq!(seen("2,GPU-9e8d35e3"), [2]);
}

#[test]
fn the_entry_that_ends_a_list_is_told() {
    let devices = devices();
    let stop = |list| through(&devices, Some(list)).stop;
    assert_eq!(stop("0,1"), None);
    assert_eq!(stop(""), None, "nothing is hidden by mistake");
    assert_eq!(stop("0, 9"), Some(Stop::Unknown("9".into())));
    assert_eq!(stop("GPU-e"), Some(Stop::Ambiguous("GPU-e".into())));
    assert_eq!(stop("1,1"), Some(Stop::Repeated("1".into())));
}

/// Two devices: one whole, one cut into two.
fn cut() -> Vec<Device> {
    let slice = |letter: char| Instance {
        name: Some("NVIDIA H200 MIG 1g.18gb".into()),
        uuid: Some(format!("MIG-{letter}5ab-1")),
        memory: Some(Memory::of(16 << 30)),
    };
    let mut devices = devices();
    devices.truncate(2);
    devices[1].mig = Some(Mig { is_enabled: true, instances: vec![slice('a'), slice('b')] });
    devices
}

#[test]
fn one_slice_is_all_that_a_process_sees() {
    let devices = cut();
    let names = |list| {
        let view = through(&devices, list);
        view.shown.iter().map(|seen| seen.instance.map(|slice| slice.uuid.clone())).collect::<Vec<_>>()
    };
    let first = vec![Some(Some("MIG-a5ab-1".to_owned()))];
    assert_eq!(names(None), first, "no whole device beside a slice");
    assert_eq!(names(Some("1")), first);
    assert_eq!(names(Some("0,1")), first);
    assert_eq!(names(Some("0")), [None]);
    assert_eq!(names(Some("MIG-b")), [Some(Some("MIG-b5ab-1".to_owned()))]);
    assert_eq!(names(Some("MIG-b,MIG-a")), [Some(Some("MIG-b5ab-1".to_owned()))]);
    assert_eq!(names(Some("MIG-c")), []);
    let seen = through(&devices, Some("MIG-b")).shown[0];
    assert_eq!(seen.memory().map(|memory| memory.total), Some(16 << 30), "a slice has its own memory");
    assert_eq!(seen.name(), Some("NVIDIA H200 MIG 1g.18gb"));
}

#[test]
fn cut_devices_without_slices_and_lost_ones_are_not_seen() {
    let mut devices = devices();
    devices[0].mig = Some(Mig { is_enabled: true, instances: Vec::new() });
    devices[1].fault = Some("it is lost".into());
    assert_eq!(through(&devices, None).shown.len(), 6);
    devices[2].mig = Some(Mig { is_enabled: false, instances: Vec::new() });
    assert_eq!(through(&devices, None).shown.len(), 6, "it can be cut and is not");
}

fn machine(env: &[(&str, &str)]) -> Machine {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Machine { env, gpus: Gpus::listed(devices()), ..Machine::default() }
}

#[test]
fn gpu_ids_stand_in_for_the_variable() {
    let machine = machine(&[(VISIBLE, "3")]);
    assert_eq!(machine.visible_gpus().len(), 1);
    assert_eq!(machine.view_of_gpu_ids(Some("all")), machine.view());
    assert_eq!(machine.view_of_gpu_ids(None), machine.view());
    assert_eq!(machine.view_of_gpu_ids(Some("0,1")).shown.len(), 2);
    assert_eq!(Machine::default().visible_gpus().len(), 0);
}

#[test]
fn numbers_of_unlike_gpus_need_an_order() {
    assert!(machine(&[]).numbers_agree());
    let unlike = |env| {
        let mut devices = devices();
        devices[3].name = Some("NVIDIA T4".into());
        Machine { gpus: Gpus::listed(devices), ..machine(env) }
    };
    assert!(!unlike(&[]).numbers_agree());
    assert!(!unlike(&[(ORDER, "FASTEST_FIRST")]).numbers_agree());
    assert!(unlike(&[(ORDER, "PCI_BUS_ID")]).numbers_agree());
}

#[test]
fn memory_is_that_of_the_slice_and_of_the_chosen_gpus() {
    let sized = |gib: u64| Device { memory: Some(Memory::of(gib << 30)), ..Device::default() };
    let slice = Instance {
        uuid: Some("MIG-1".to_owned()),
        memory: Some(Memory::of(10 << 30)),
        ..Instance::default()
    };
    let mig = Some(crate::hardware::Mig { is_enabled: true, instances: vec![slice] });
    let machine = |devices| Machine { gpus: crate::hardware::Gpus::listed(devices), ..Machine::default() };
    assert_eq!(machine(vec![Device { mig, ..sized(40) }]).gpu_memory(None), [10 << 30]);
    assert_eq!(machine(vec![sized(16), sized(80)]).gpu_memory(Some("1")), [80 << 30]);
}
