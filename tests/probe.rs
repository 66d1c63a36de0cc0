//! The probe: the real program asks a driver library that the tests build.

use accel_studio::hardware::{Device, Gpus, Host, Machine, Precisions, Reach, Support, Topology, Unseen};

use crate::harness::machine::{Driver, room, room_with};
use crate::harness::run::Room;

/// What the program says of itself to other programs.
fn probed(room: &Room) -> Machine {
    let run = room.run(&["probe", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    Machine::parse(&run.stdout).expect("what is written can be read")
}

fn devices(scene: &str) -> Vec<Device> {
    probed(&room(scene)).gpus.devices().to_vec()
}

fn topology(machine: Machine) -> Topology {
    match machine.gpus {
        Gpus::Listed { topology, .. } => topology,
        Gpus::Unseen(reason) => panic!("{reason:?}"),
    }
}

fn unseen(room: &Room) -> Unseen {
    match probed(room).gpus {
        Gpus::Unseen(reason) => reason,
        listed => panic!("{listed:?}"),
    }
}

#[test]
fn one_device_is_described() {
    let machine = probed(&room("gpus=1"));
    assert_eq!(machine.gpus.summary(), "1 × NVIDIA Test 80GB");
    let device = &machine.gpus.devices()[0];
    assert_eq!((device.index, device.uuid.as_deref()), (Some(0), Some("GPU-00000001")));
    assert_eq!(device.capability, Some((9, 0)));
    assert_eq!(device.precisions, Some(Precisions::of((9, 0))));
    let memory = device.memory.expect("it tells its memory");
    assert_eq!((memory.total, memory.usable()), (80 << 30, (80 << 30) - (512 << 20)));
    assert_eq!(memory.used, Some(1 << 30));
    let pcie = device.pcie.as_ref().expect("it tells its place");
    assert_eq!((pcie.generation, pcie.max_generation, pcie.max_width), (Some(1), Some(5), Some(16)));
    assert_eq!(pcie.bus.as_deref(), Some("00000000:1B:00.0"));
    assert_eq!((device.has_ecc, device.temperature, device.utilisation), (Some(true), Some(31), Some(7)));
    let power = device.power.expect("it tells its power");
    assert_eq!((power.usage, power.limit), (Some(71.5), Some(700.0)));
    let process = &device.processes.as_ref().expect("it tells its processes")[0];
    assert_eq!((process.pid, process.name.as_deref()), (4711, Some("/usr/bin/python3")));
    assert_eq!(process.memory, Some(1 << 30));
    assert!(matches!(&machine.gpus, Gpus::Listed { driver, cuda, .. }
        if driver.as_deref() == Some("580.65.06") && cuda.as_deref() == Some("13.0")));
}

#[test]
fn two_devices_side_by_side() {
    let machine = probed(&room("gpus=2 links=4"));
    assert_eq!(machine.gpus.devices()[0].nvlinks.len(), 4);
    assert_eq!(topology(machine).between(0, 1), Some(Reach::NvLink(4)));
    let apart = topology(probed(&room("gpus=2")));
    assert_eq!(apart.between(1, 0), Some(Reach::Bridge), "without NVLink the bus is the way");
}

#[test]
fn eight_devices_and_their_ways() {
    let switched = topology(probed(&room("gpus=8 links=18 switch=1")));
    assert_eq!(switched, Topology::nvlinked(8, 18), "switches join each with each");
    let pairs = topology(probed(&room("gpus=8 links=4")));
    assert_eq!(pairs.between(6, 7), Some(Reach::NvLink(4)), "bridges join neighbours");
    assert_eq!(pairs.between(1, 2), Some(Reach::Bridge));
    assert_eq!(pairs.between(0, 7), Some(Reach::System));
    assert_eq!(pairs.slowest(), Some(Reach::System));
}

#[test]
fn no_device_and_no_driver_are_no_failure() {
    assert_eq!(devices("gpus=0"), []);
    let nowhere = Room::new().variable("ACCEL_STUDIO_NVML", "/nowhere/libnvidia-ml.so.1");
    assert_eq!(unseen(&nowhere), Unseen::NoDriver);
    let run = nowhere.run(&["probe"]);
    assert!(run.code == 0 && run.stderr.is_empty(), "{}", run.stderr);
    assert!(run.stdout.contains("none can be seen: no NVIDIA driver is installed here"), "{}", run.stdout);
}

#[test]
fn each_refusal_has_its_reason() {
    // NVML's answers to nvmlInit: no permission, driver not loaded, versions differ, another.
    let answers = [(4, Unseen::Forbidden), (9, Unseen::NotLoaded), (18, Unseen::Mismatch)];
    for (answer, reason) in answers {
        assert_eq!(unseen(&room(&format!("gpus=1 start={answer}"))), reason);
    }
    assert!(matches!(unseen(&room("gpus=1 start=999")), Unseen::Other(words) if !words.is_empty()));
    assert_eq!(unseen(&room_with(Driver::Ancient, "gpus=1")), Unseen::TooOld);
}

#[test]
fn an_old_driver_tells_what_it_can() {
    let machine = probed(&room_with(Driver::Old, "gpus=2"));
    let device = &machine.gpus.devices()[1];
    assert_eq!(device.name.as_deref(), Some("NVIDIA Test 80GB"));
    assert_eq!(device.capability, Some((9, 0)));
    assert!(device.memory.is_none() && device.mig.is_none() && device.processes.is_none(), "{device:?}");
}

#[test]
fn refused_questions_leave_the_other_answers() {
    let devices = devices("gpus=1 bare=1");
    assert_eq!(devices[0].memory.map(|memory| memory.total), Some(80 << 30));
    assert_eq!((devices[0].capability, devices[0].precisions()), (None, None));
    assert!(devices[0].nvlinks.is_empty() && devices[0].power.is_none());
}

#[test]
fn a_lost_device_keeps_its_number_and_its_reason() {
    for scene in ["gpus=3 lost=1", "gpus=3 lost=1 late=1"] {
        let room = room(scene);
        let machine = probed(&room);
        let devices = machine.gpus.devices();
        assert_eq!(devices[1].index, Some(1));
        assert!(devices[1].fault.as_ref().is_some_and(|fault| fault.starts_with("it is lost")), "{scene}");
        assert!(devices[1].memory.is_none() && devices[2].memory.is_some(), "{scene}");
        assert_eq!(machine.visible_gpus().len(), 2, "{scene}");
        let page = room.run(&["probe"]).stdout;
        assert!(page.contains("GPU 1: it is lost"), "{page}");
    }
}

#[test]
fn a_cut_device_shows_its_slices() {
    let room = room("gpus=2 mig=1");
    let machine = probed(&room);
    let mig = machine.gpus.devices()[1].mig.clone().expect("it can be cut");
    assert!(mig.is_enabled && mig.instances.len() == 2, "{mig:?}");
    assert_eq!(mig.instances[0].uuid.as_deref(), Some("MIG-00000066"));
    assert_eq!(mig.instances[0].memory.map(|memory| memory.total), Some(40 << 30));
    assert!(!machine.gpus.devices()[0].mig.clone().expect("it can be cut").is_enabled);
    assert_eq!(machine.view().shown.len(), 1);
    let page = room.run(&["probe"]).stdout;
    assert!(page.contains("GPU 1 is cut (MIG) into 3g.40gb with 39.5 GiB"), "{page}");
}

#[test]
fn hidden_devices_are_told() {
    let room = room("gpus=4").variable("CUDA_VISIBLE_DEVICES", "2,7,0");
    let page = room.run(&["probe"]).stdout;
    assert!(page.contains("GPU 2, because of CUDA_VISIBLE_DEVICES=2,7,0"), "{page}");
    assert!(page.contains("`7` is no GPU of this machine; CUDA hides it and all that follow it"), "{page}");
    let run = room.run(&["init", "--yes", "--set", "distributed_type=MULTI_GPU", "-o", "-"]);
    assert!(run.stdout.contains("num_processes: 1\n"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_machine_is_kept_and_shown_elsewhere() {
    let there = room("gpus=8 links=18 switch=1");
    assert_eq!(there.run(&["probe", "--save", "cluster.json"]).code, 0);
    let saved = there.read("cluster.json");
    let here = Room::new().file("cluster.json", &saved);
    let run = here.run(&["probe", "--machine", "cluster.json"]);
    assert!(run.stdout.starts_with("Machine    cluster.json\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains("8 × NVIDIA Test 80GB") && run.stdout.contains("18 NVLinks"),
        "{}",
        run.stdout
    );
    let again = here.run(&["probe", "--machine", "cluster.json", "--format", "json"]).stdout;
    assert_eq!(again.replace("\"name\": \"cluster.json\"", "\"name\": null"), saved);
    assert_eq!(there.run(&["probe", "--save", "cluster.json"]).code, 0, "a machine may be kept again");
}

#[test]
fn what_holds_no_machine_is_not_replaced_and_not_taken_for_one() {
    let room = room("gpus=1").file("notes.json", "{\"mine\": 1}\n").file("half.json", "{\"gpus\": [");
    let run = room.run(&["probe", "--save", "notes.json"]);
    assert!(run.code == 2 && run.stderr.contains("is there already"), "{}", run.stderr);
    assert_eq!(room.read("notes.json"), "{\"mine\": 1}\n");
    for (name, reason) in [
        ("notes.json", "unknown field `mine`"),
        ("half.json", "EOF while parsing"),
        ("gone.json", "there is no file `gone.json`"),
    ] {
        let run = room.run(&["probe", "--machine", name]);
        assert!(run.code == 2 && run.stderr.contains(reason), "{}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
}

#[test]
fn machines_have_names() {
    let page = |name: &str| Room::new().run(&["probe", "--machine", name]).stdout;
    let four = page("4xa100-40gb");
    assert!(four.contains("4 × NVIDIA A100-SXM4-40GB") && four.contains("12 NVLinks"), "{four}");
    assert!(page("rtx-4090").contains("1 × NVIDIA GeForce RTX 4090"));
    assert!(page("aws-p4d.24xlarge").contains("1152 GiB"));
    let run = Room::new().run(&["probe", "--machine", "8xh100"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `h100-sxm`"), "{}", run.stderr);
    let list = Room::new().run(&["probe", "--list"]).stdout;
    assert!(list.contains("  mi300x ") && list.contains("  azure-nd96isr-h100-v5 "), "{list}");
}

#[test]
fn a_file_beats_a_row_of_the_same_name() {
    let room = Room::new().file("rtx-4090", r#"{"name": "mine", "gpus": []}"#);
    assert!(room.run(&["probe", "--machine", "rtx-4090"]).stdout.starts_with("Machine    mine\n"));
}

#[test]
fn suggestions_fit_the_machine_that_is_named() {
    let made = |room: &Room, more: &[&str]| {
        let run = room.run(&[&["init", "--yes", "-o", "configs/a.yaml"], more].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let text = room.read("configs/a.yaml");
        std::fs::remove_file(room.path("configs/a.yaml")).expect("it was just written");
        text
    };
    let here = room("gpus=2").file("configs/keep", "");
    assert!(made(&here, &[]).contains("num_processes: 2\n"));
    let old = made(&here, &["--machine", "8xv100-32gb"]);
    assert!(old.contains("num_processes: 8\n") && old.contains("mixed_precision: fp16\n"), "{old}");
    let set = here.file("accel-studio.yaml", "machine: lab/four.json\n");
    let set = set.file("lab/four.json", r#"{"gpus": [{}, {}, {}, {}]}"#);
    assert!(made(&set, &[]).contains("num_processes: 4\n"), "the settings' folder is where their file lies");
    assert!(
        made(&set, &["--machine", "8xh200"]).contains("num_processes: 8\n"),
        "the flag beats the settings"
    );
    let wrong = set.file("accel-studio.yaml", "machine: 8xh300\n");
    let run = wrong.run(&["init", "--yes", "-o", "-"]);
    assert!(
        run.code == 2 && run.stderr.contains("accel-studio.yaml: `machine`: there is no"),
        "{}",
        run.stderr
    );
}

#[test]
fn configs_are_judged_for_the_machine_that_is_named() {
    let config = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 8\n\
                  mixed_precision: bf16\n";
    let room = room("gpus=2").file("a.yaml", config);
    assert_eq!(room.run(&["validate", "a.yaml"]).code, 0, "this machine does not count unasked");
    let run = room.run(&["validate", "a.yaml", "--machine", "4xv100-32gb"]);
    assert!(run.code == 1 && run.stdout.contains("8 processes for 4 GPUs"), "{}", run.stdout);
    assert!(run.stdout.contains("only imitates bf16"), "{}", run.stdout);
    assert_eq!(room.run(&["validate", "a.yaml", "--machine", "8xh100-sxm"]).code, 0);
    let set = room.file("accel-studio.yaml", "machine: 4xv100-32gb\n");
    assert_eq!(set.run(&["validate", "a.yaml"]).code, 1, "the project names its machine");
    assert_eq!(set.run(&["validate", "a.yaml", "--machine", "8xh100-sxm"]).code, 0, "the flag beats it");
    let run = set.run(&["validate", "a.yaml", "--machine", "8xh100-smx"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `h100-sxm`?"), "{}", run.stderr);
}

#[test]
fn secrets_of_the_environment_are_not_kept() {
    let room = room("gpus=1").variable("HF_TOKEN", "hf_secret").variable("CUDA_VISIBLE_DEVICES", "0");
    let text = room.run(&["probe", "--format", "json"]).stdout;
    assert!(!text.contains("secret") && text.contains("\"CUDA_VISIBLE_DEVICES\": \"0\""), "{text}");
}

#[test]
fn the_page_fits_eighty_columns() {
    for scene in ["gpus=8 links=18 switch=1", "gpus=8 mig=2 lost=3", "gpus=2", "start=4"] {
        let mut machine = probed(&room(scene).variable("CUDA_VISIBLE_DEVICES", "0,1"));
        // Disks and network are those of the machine on which this test runs.
        machine.host = Host::default();
        let page = accel_studio::report::machine::page(&machine, 80);
        let widest = page.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= 80, "{widest} columns\n{page}");
    }
}

#[test]
fn formats_are_told_in_words() {
    let turing = Device { capability: Some((7, 5)), name: Some("Mine".into()), ..Device::default() };
    let machine = Machine { gpus: Gpus::listed(vec![turing]), ..Machine::default() };
    let page = accel_studio::report::machine::page(&machine, 80);
    assert!(page.contains("fp16; bf16 by emulation, slowly; not in tf32 and fp8"), "{page}");
    assert_eq!(Precisions::of((7, 5)).bf16, Support::Emulated);
}
