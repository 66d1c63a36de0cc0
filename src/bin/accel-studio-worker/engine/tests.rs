//! Every layout trains as one process does: ranks are threads here, each with its own store and Gloo groups.

use std::net::TcpListener;
use std::os::fd::IntoRawFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use accel_studio::worker::Sharded;
use serde_json::json;

use super::*;
use crate::comm::gloo::{Gloo, Meeting};
use crate::comm::local::Local;
use crate::comm::store::{Address, Store};
use crate::comm::{self, Work};

const STEPS: u64 = 8;
const SEQUENCES: i64 = 8;
const ADAM: Optimizer = Optimizer { rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 };
const PLAIN: Layout = Layout { bucket_bytes: 8_000, ..Layout::alone() };

fn network(is_tied: bool) -> Network {
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 61, "hidden_size": 16,
        "intermediate_size": 36, "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1,
        "max_position_embeddings": 32, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_act": "silu",
        "tie_word_embeddings": is_tied, "initializer_range": 0.1, "torch_dtype": "float32",
    });
    Network::read(&config).expect("a Llama")
}

fn engine(is_tied: bool, layout: &Layout, groups: Groups) -> Engine {
    let mut engine = Engine::new(network(is_tied), layout, ADAM, groups, Device::Cpu).expect("it fits");
    let source = network(is_tied);
    engine.fill(|unit, _| Ok::<_, EngineError>(source.initial(unit, 7))).expect("weights of its own units");
    engine
}

/// Sequences of a step that repeat a pattern, so that there is something to learn; the same on every rank.
fn batch(step: u64) -> (Tensor, Tensor) {
    let start = i64::try_from(step).expect("small") * 5;
    let rows = Tensor::arange(SEQUENCES, (Kind::Int64, Device::Cpu)).view([-1, 1]) * 7 + start;
    let all = (rows + Tensor::arange(13, (Kind::Int64, Device::Cpu)) * 3).remainder(61);
    (all.narrow(1, 0, 12).contiguous(), all.narrow(1, 1, 12).contiguous())
}

/// Mean loss of each step over ranks, as every rank hears it.
fn train(engine: &mut Engine, steps: std::ops::Range<u64>) -> Vec<f64> {
    let (rank, ranks) = (engine.groups.all.rank(), engine.groups.all.size());
    let micros = engine.layout.accumulation as usize;
    let rows = SEQUENCES / i64::try_from(ranks * micros).expect("small");
    let loss_of = |step| {
        let (tokens, targets) = batch(step);
        let mut sum = 0.0;
        for micro in 0..micros {
            let start = i64::try_from(micro * ranks + rank).expect("small") * rows;
            let (tokens, targets) = (tokens.narrow(0, start, rows), targets.narrow(0, start, rows));
            let loss = engine.micro_batch(&tokens, &targets, micro + 1 == micros).expect("a backward pass");
            sum += loss.double_value(&[]) / micros as f64;
        }
        engine.step(ADAM.rate).expect("a step");
        let all = &*engine.groups.all;
        agree(all, Device::Cpu, sum / ranks as f64, Reduction::Sum).expect("all are here")
    };
    steps.map(loss_of).collect()
}

/// Runs `each` as every rank of a world, and gives what rank 0 gives.
fn world<T: Send>(ranks: usize, replicas: usize, each: impl Fn(Groups) -> T + Sync) -> T {
    if ranks == 1 {
        let local: Arc<dyn Collective> = Arc::new(Local);
        return each(Groups { all: Arc::clone(&local), shard: Arc::clone(&local), replica: local });
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = Address {
        host: "127.0.0.1".to_owned(),
        port: listener.local_addr().expect("bound").port(),
        prefix: String::new(),
    };
    let socket = listener.into_raw_fd();
    std::thread::scope(|scope| {
        let ranks = (0..ranks).map(|rank| {
            let (each, address) = (&each, &address);
            scope.spawn(move || each(meet(rank, ranks, replicas, address, socket)))
        });
        let ranks: Vec<_> = ranks.collect();
        let mut results: Vec<T> = ranks.into_iter().map(|rank| rank.join().expect("no panic")).collect();
        results.swap_remove(0)
    })
}

fn meet(rank: usize, ranks: usize, replicas: usize, address: &Address, socket: std::os::fd::RawFd) -> Groups {
    let timeout = Duration::from_secs(60);
    let store = match rank {
        0 => Store::serve(address, timeout, Some(socket)),
        _ => Store::join(address, timeout),
    };
    let store = store.expect("rank 0 serves");
    let group = |name: &str, rank, size| {
        let meeting = Meeting { name, rank, size, timeout, way: "@127.0.0.1" };
        let group: Arc<dyn Collective> = Arc::new(Taking(Gloo::meet(&store, meeting).expect("all come")));
        group
    };
    let share = ranks / replicas;
    Groups {
        all: group("all", rank, ranks),
        shard: group(&format!("shard{}", rank / share), rank % share, share),
        replica: group(&format!("replica{}", rank % share), rank / share, replicas),
    }
}

/// Gloo whose ranks take turns to start a collective: libtorch's flight recorder, one per process, keeps groups in
/// a map without a lock (`FlightRecorder::record`, 2.11). A process that is one rank never meets that.
struct Taking(Gloo);

static TURN: Mutex<()> = Mutex::new(());

impl Taking {
    fn turns(&self, start: impl FnOnce(&Gloo) -> comm::Result<Work>) -> comm::Result<Work> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        start(&self.0)
    }
}

impl Collective for Taking {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> comm::Result<Work> {
        self.turns(|gloo| gloo.all_reduce(tensor, how))
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> comm::Result<Work> {
        self.turns(|gloo| gloo.reduce_scatter(part, whole, how))
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> comm::Result<Work> {
        self.turns(|gloo| gloo.all_gather(whole, part))
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> comm::Result<Work> {
        self.turns(|gloo| gloo.broadcast(tensor, root))
    }

    fn barrier(&self) -> comm::Result<()> {
        self.0.barrier()
    }
}

/// Losses of a layout after some steps.
fn losses(is_tied: bool, ranks: usize, layout: &Layout) -> Vec<f64> {
    let replicas = layout.replicas as usize;
    let layout = Layout { world: u32::try_from(ranks).expect("few"), ..layout.clone() };
    world(ranks, replicas, |groups| train(&mut engine(is_tied, &layout, groups), 0..STEPS))
}

/// The largest difference between two curves.
fn apart(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

const SCALE: [Sharded; 5] =
    [Sharded::Nothing, Sharded::States, Sharded::Gradients, Sharded::BetweenSteps, Sharded::Everything];

#[test]
fn two_ranks_learn_what_one_learns_at_every_point_of_the_scale() {
    for is_tied in [false, true] {
        let alone = losses(is_tied, 1, &PLAIN);
        assert!(alone[STEPS as usize - 1] < alone[0] - 0.3, "{alone:?}");
        for sharded in SCALE {
            for has_checkpointing in [false, true] {
                let layout = Layout { sharded, has_checkpointing, ..PLAIN };
                let two = losses(is_tied, 2, &layout);
                assert!(apart(&alone, &two) < 1e-5, "{layout:?} tied {is_tied}: {alone:?} {two:?}");
            }
        }
    }
}

#[test]
fn micro_batches_clipping_and_offload_change_nothing_either() {
    for clipping in [None, Some(0.5)] {
        let alone = losses(false, 1, &Layout { clipping, ..PLAIN });
        for sharded in SCALE {
            for syncs_each_batch in [false, true] {
                let offloads = syncs_each_batch;
                let layout = Layout {
                    sharded,
                    accumulation: 2,
                    syncs_each_batch,
                    offloads_states: offloads,
                    offloads_parameters: offloads,
                    clipping,
                    ..PLAIN
                };
                let two = losses(false, 2, &layout);
                assert!(apart(&alone, &two) < 1e-5, "{layout:?}: {alone:?} {two:?}");
            }
        }
    }
}

#[test]
fn four_ranks_may_hold_two_copies() {
    let alone = losses(true, 1, &Layout { clipping: Some(0.5), ..PLAIN });
    for sharded in [Sharded::BetweenSteps, Sharded::Everything] {
        for has_checkpointing in [false, true] {
            let layout = Layout { sharded, replicas: 2, has_checkpointing, clipping: Some(0.5), ..PLAIN };
            let four = losses(true, 4, &layout);
            assert!(apart(&alone, &four) < 1e-5, "{layout:?}: {alone:?} {four:?}");
        }
    }
}

#[test]
fn lower_precision_stays_near_and_fp16_scales_its_loss() {
    let alone = losses(true, 1, &PLAIN);
    for precision in [Precision::Bf16, Precision::Fp16] {
        for sharded in [Sharded::Nothing, Sharded::Gradients, Sharded::Everything] {
            let two = losses(true, 2, &Layout { sharded, precision, ..PLAIN });
            let apart = apart(&alone, &two);
            assert!((1e-7..0.05).contains(&apart), "{precision:?} {sharded:?}: {alone:?} {two:?}");
        }
    }
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_names_step_and_rank() {
    let said = world(2, 1, |groups| {
        let rank = groups.all.rank();
        let mut engine = engine(true, &Layout { world: 2, sharded: Sharded::Everything, ..PLAIN }, groups);
        train(&mut engine, 0..1);
        let (tokens, targets) = batch(1);
        // targets that do not count leave nothing to take a mean of
        let targets = if rank == 1 { targets.full_like(-100) } else { targets };
        drop(engine.micro_batch(&tokens, &targets, true).expect("a backward pass"));
        engine.step(ADAM.rate).expect_err("rank 1 has no loss").to_string()
    });
    assert!(said.starts_with("the loss of step 2 is not finite on rank 1"), "{said}");
}

/// Losses of steps after a stop and a new engine that goes on from what the old one held.
fn resumed(groups: Groups, layout: &Layout) -> (Vec<f64>, Vec<f64>) {
    let mut through = engine(true, layout, groups.clone());
    let mut stopped = engine(true, layout, groups.clone());
    train(&mut stopped, 0..3);
    let mut again = Engine::new(network(true), layout, ADAM, groups, Device::Cpu).expect("it fits");
    let progress = stopped.progress();
    again.restore(progress, &stopped.shards().expect("tensors")).expect("the same places");
    let whole = train(&mut through, 0..6);
    (whole[3..].to_vec(), train(&mut again, 3..6))
}

#[test]
fn what_was_stopped_goes_on_bit_for_bit() {
    for sharded in [Sharded::Nothing, Sharded::States, Sharded::Everything] {
        let layout = Layout { world: 2, sharded, ..PLAIN };
        let (through, again) = world(2, 1, |groups| resumed(groups, &layout));
        assert_eq!(through, again, "{sharded:?}");
    }
    let layout = Layout { precision: Precision::Fp16, ..PLAIN };
    let (through, again) = world(1, 1, |groups| resumed(groups, &layout));
    assert_eq!(through, again);
}

#[test]
fn every_rank_can_ask_for_a_whole_unit() {
    for sharded in SCALE {
        let layout = Layout { world: 2, sharded, precision: Precision::Bf16, ..PLAIN };
        let weights = world(2, 1, |groups| engine(true, &layout, groups).whole(0).expect("all ask"));
        assert_eq!(weights, network(true).initial(0, 7), "{sharded:?}");
    }
}

#[test]
fn evaluation_leaves_training_as_it_was() {
    let layout = Layout { world: 2, sharded: Sharded::Everything, ..PLAIN };
    let curve = |evaluates: bool| {
        world(2, 1, |groups| {
            let mut engine = engine(true, &layout, groups);
            let mut losses = train(&mut engine, 0..2);
            if evaluates {
                let (tokens, targets) = batch(2);
                let before = engine.evaluate(&tokens, &targets).expect("a forward pass").double_value(&[]);
                assert!(before.is_finite() && before < losses[0]);
            }
            losses.extend(train(&mut engine, 2..4));
            losses
        })
    };
    assert_eq!(curve(true), curve(false));
}
