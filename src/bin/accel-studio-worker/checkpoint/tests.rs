//! Checkpoints are written whole, found again by any number of ranks, and passed over when damaged.

use std::fs;

use serde_json::json;
use tch::Device;

use super::*;

/// Two units of 10 and 7 numbers as the `rank`-th of `ranks` holds them; number i of a unit is i, its moments 100 + i
/// and 200 + i.
fn parts(rank: i64, ranks: i64) -> Vec<UnitState> {
    [("root", 10), ("layers.0", 7)]
        .map(|(name, numel)| {
            let padded = (numel + ranks - 1) / ranks * ranks;
            let (length, start) = (padded / ranks, padded / ranks * rank);
            let numbers = |plus: i64| {
                let all: Vec<f32> = (start..start + length)
                    .map(|at| if at < numel { (at + plus) as f32 } else { 0.0 })
                    .collect();
                Tensor::from_slice(&all)
            };
            UnitState {
                name: name.to_owned(),
                numel,
                padded,
                rank_offset: start,
                parameters: numbers(0),
                first: numbers(100),
                second: numbers(200),
            }
        })
        .into()
}

fn state(steps: u64) -> State {
    let layout = json!({
        "world": 1, "sharded": "nothing", "replicas": 1, "precision": "no", "accumulation": 1,
        "syncs_each_batch": false, "offloads_states": false, "offloads_parameters": false,
        "has_checkpointing": false, "bucket_bytes": 1, "clipping": null, "is_on_cpu": true,
    });
    State {
        version: VERSION,
        progress: Progress { steps, moved: steps, scale: None },
        sequences: steps * 8,
        seed: 1,
        tokens: 1000,
        sequence: 16,
        config: json!({"model_type": "llama", "hidden_size": 4}),
        layout: serde_json::from_value(layout).expect("a layout"),
        units: parts(0, 1).iter().map(Whole::of).collect(),
        parts: Vec::new(),
    }
}

fn same(ours: &[UnitState], theirs: &[UnitState]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        for what in part::ALL {
            assert_eq!(what.of(ours), what.of(theirs), "{what:?} of `{}`", ours.name);
        }
    }
}

/// A folder with checkpoints of these steps, made by one rank.
fn saved(keep: u32, steps: &[u64]) -> (tempfile::TempDir, World, Checkpoints) {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let world = World::alone(Device::Cpu);
    let mut checkpoints = Checkpoints::open(folder.path(), keep, &world).expect("a new folder");
    for step in steps {
        checkpoints.save(&world, state(*step), &parts(0, 1)).expect("it can be written");
    }
    (folder, world, checkpoints)
}

/// The newest checkpoint, and what was said of others.
fn load(world: &World, checkpoints: &mut Checkpoints) -> (Option<State>, Vec<String>) {
    let mut said = Vec::new();
    let config = state(0).config;
    let found =
        checkpoints.load(world, &config, &parts(0, 1), &mut |words| said.push(words)).expect("no refusal");
    (
        found.map(|(state, states)| {
            same(&states, &parts(0, 1));
            state
        }),
        said,
    )
}

#[test]
fn what_was_saved_is_found_and_the_oldest_go() {
    let (folder, world, mut checkpoints) = saved(2, &[10, 20, 30]);
    let (found, said) = load(&world, &mut checkpoints);
    let found = found.expect("two are left");
    assert_eq!((found.progress.steps, found.sequences, said.len()), (30, 240, 0));
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .expect("it is there")
        .map(|entry| entry.expect("a name").file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["step-000020", "step-000030"]);
    assert!(matches!(checkpoints.refuse_used(), Err(CheckpointError::InUse { step: 30, .. })));
}

#[test]
fn a_step_may_be_saved_again() {
    let (_folder, world, mut checkpoints) = saved(2, &[10, 20]);
    checkpoints.save(&world, state(20), &parts(0, 1)).expect("the old one is replaced");
    assert_eq!(load(&world, &mut checkpoints).0.map(|state| state.progress.steps), Some(20));
}

#[test]
fn a_damaged_one_is_passed_over_with_a_word() {
    let damages: [fn(&Path); 4] = [
        |path| fs::remove_file(path.join("state.json")).expect("it was there"),
        |path| fs::write(path.join("state.json"), "{\"version\"").expect("it can be written"),
        |path| {
            let file =
                fs::OpenOptions::new().write(true).open(path.join(part::name(0))).expect("it is there");
            file.set_len(100).expect("it is longer");
        },
        |path| {
            let file = path.join(part::name(0));
            let mut bytes = fs::read(&file).expect("it is there");
            *bytes.last_mut().expect("it has some") ^= 1;
            fs::write(file, bytes).expect("it can be written");
        },
    ];
    for damage in damages {
        let (folder, world, mut checkpoints) = saved(3, &[10, 20]);
        damage(&folder.path().join("step-000020"));
        let (found, said) = load(&world, &mut checkpoints);
        assert_eq!(found.map(|state| state.progress.steps), Some(10));
        assert!(said[0].contains("step-000020` is passed over: "), "{said:?}");
        assert_eq!(checkpoints.newest(), Some(folder.path().join("step-000010")));
    }
}

#[test]
fn what_a_killed_run_left_half_written_is_no_checkpoint() {
    let (folder, world, _) = saved(3, &[10]);
    let half = folder.path().join(".step-000020.new");
    fs::create_dir(&half).expect("a folder");
    fs::write(half.join("part-00000.safetensors"), b"half").expect("a file");
    let mut checkpoints = Checkpoints::open(folder.path(), 3, &world).expect("it is there");
    assert!(!half.exists());
    assert_eq!(load(&world, &mut checkpoints).0.map(|state| state.progress.steps), Some(10));
}

#[test]
fn another_model_is_refused_by_what_differs() {
    let (_folder, world, mut checkpoints) = saved(3, &[10]);
    let mut refusal = |config: &Value, own: &[UnitState]| {
        let found = checkpoints.load(&world, config, own, &mut |_| ());
        found.expect_err("another model").to_string()
    };
    let wider = json!({"model_type": "llama", "hidden_size": 8, "torch_dtype": "float32"});
    let refused = refusal(&wider, &parts(0, 1));
    assert!(refused.contains("another model: its `hidden_size` is 4, the model's is 8"), "{refused}");
    let mut own = parts(0, 1);
    own.pop();
    assert!(refusal(&state(0).config, &own).contains("it has 2 units, the model has 1"));
}

#[test]
fn any_number_of_ranks_reads_what_another_wrote() {
    for (then, now) in [(2, 1), (1, 2), (3, 4), (4, 3), (2, 2)] {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let mut state = state(10);
        state.units = parts(0, then).iter().map(Whole::of).collect();
        state.parts = (0..then)
            .map(|rank| {
                part::write(folder.path(), rank as usize, &parts(rank, then)).expect("it can be written")
            })
            .collect();
        for rank in 0..now {
            let mut own = parts(rank, now);
            for unit in &mut own {
                let _ = unit.parameters.fill_(-1.0);
            }
            let read = resplit::read(folder.path(), &state, &own).expect("it was just written");
            same(&read, &parts(rank, now));
        }
    }
}
