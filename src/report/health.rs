//! What a preflight saw, one line per rank and one for the ranks together, and what is wrong below them.

use super::checks::Check;
use crate::text::bytes;
use crate::worker::{AllReduce, Health, RankHealth, Trouble};

/// The lines of a preflight.
pub fn checks(health: &Health) -> Vec<Check> {
    let mut checks: Vec<Check> = health.ranks.iter().map(|rank| judged(rank, &health.troubles)).collect();
    if !health.all_reduces.is_empty() {
        checks.push(together(health));
    }
    checks.extend(health.troubles.iter().map(trouble));
    checks
}

/// A rank is as bad as the worst of its troubles.
fn judged(rank: &RankHealth, troubles: &[Trouble]) -> Check {
    let own = || troubles.iter().filter(|trouble| trouble.rank == Some(rank.rank));
    let (name, says) = (format!("rank {}", rank.rank), facts(rank));
    match (own().any(|trouble| trouble.forbids_a_run), own().next()) {
        (true, _) => Check::bad(name, says),
        (false, Some(_)) => Check::odd(name, says),
        (false, None) => Check::good(name, says),
    }
}

fn facts(rank: &RankHealth) -> String {
    let mut facts = vec![format!("{} of {}", rank.device, rank.host)];
    facts.extend(rank.why_cpu.clone());
    if let (Some(free), Some(total)) = (rank.memory_free, rank.memory_total) {
        facts.push(format!("{} of {} free", bytes(free), bytes(total)));
    }
    let speeds = rank.matmuls.iter().map(|one| format!("{} {}", one.precision, flops(one.tflops)));
    facts.push(format!("{} TFLOP/s", speeds.collect::<Vec<_>>().join(", ")).trim_start().to_owned());
    facts.retain(|fact| fact != "TFLOP/s");
    facts.extend(rank.to_device.map(|speed| format!("{} to it", rate(speed))));
    facts.extend(rank.from_device.map(|speed| format!("{} from it", rate(speed))));
    if rank.clock_ahead.abs() > rank.clock_uncertainty {
        facts.push(format!("clock {:+.1} ms", rank.clock_ahead * 1e3));
    }
    facts.join("; ")
}

/// Three figures, however slow.
fn flops(tflops: f64) -> String {
    match tflops {
        _ if tflops >= 100.0 => format!("{tflops:.0}"),
        _ if tflops >= 10.0 => format!("{tflops:.1}"),
        _ if tflops >= 1.0 => format!("{tflops:.2}"),
        _ => format!("{tflops:.3}"),
    }
}

/// Bytes per second, in powers of ten as links are sold.
fn rate(speed: f64) -> String {
    if speed >= 1e9 { format!("{:.1} GB/s", speed / 1e9) } else { format!("{:.1} MB/s", speed / 1e6) }
}

fn together(health: &Health) -> Check {
    let sizes: Vec<String> = health.all_reduces.iter().map(all_reduce).collect();
    Check::good("all ranks", format!("all-reduce over {}: {}", health.backend, sizes.join(", ")))
}

fn all_reduce(one: &AllReduce) -> String {
    format!("{} in {:.2} ms ({})", bytes(one.bytes), one.seconds * 1e3, rate(one.bus))
}

fn trouble(trouble: &Trouble) -> Check {
    let name = trouble.rank.map_or_else(|| "all ranks".to_owned(), |rank| format!("rank {rank}"));
    match trouble.forbids_a_run {
        true => Check::bad(name, trouble.says.clone()),
        false => Check::odd(name, trouble.says.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::checks::State;
    use crate::worker::{Look, Matmul};

    #[test]
    fn a_bad_rank_is_red_and_its_trouble_is_told() {
        let rank = |number| RankHealth {
            rank: number,
            host: "one".to_owned(),
            pid: 1,
            device: format!("cuda:{number}"),
            why_cpu: None,
            memory_total: Some(80 << 30),
            memory_free: Some(79 << 30),
            allocated: 1 << 30,
            matmuls: vec![Matmul { precision: "bf16".to_owned(), size: 4096, tflops: 650.4 }],
            to_device: Some(25e9),
            from_device: None,
            clock_ahead: 1e-6,
            clock_uncertainty: 1e-5,
        };
        let trouble = Trouble {
            rank: Some(1),
            look: Look::Matmul,
            forbids_a_run: true,
            says: "rank 1 multiplies wrongly".to_owned(),
        };
        let health = Health {
            libtorch: "2.11.0".to_owned(),
            backend: "nccl".to_owned(),
            ranks: vec![rank(0), rank(1)],
            all_reduces: vec![AllReduce { bytes: 1 << 20, seconds: 5e-5, bus: 2e10 }],
            troubles: vec![trouble],
            seconds: 1.0,
        };
        let checks = checks(&health);
        let states: Vec<State> = checks.iter().map(|check| check.state).collect();
        assert_eq!(states, [State::Good, State::Bad, State::Good, State::Bad]);
        assert_eq!(
            checks[0].says,
            "cuda:0 of one; 79.0 GiB of 80.0 GiB free; bf16 650 TFLOP/s; 25.0 GB/s to it"
        );
        assert_eq!(checks[2].says, "all-reduce over nccl: 1.0 MiB in 0.05 ms (20.0 GB/s)");
        assert_eq!(checks[3].says, "rank 1 multiplies wrongly");
    }
}
