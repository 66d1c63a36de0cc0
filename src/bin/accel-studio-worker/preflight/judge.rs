//! From what all ranks measured to what is wrong: pure, so that every judgement is tested without the fault.

use std::collections::BTreeMap;

use accel_studio::text;
use accel_studio::worker::{Look, RankHealth, Trouble};

/// A rank below this share of the median speed is slow: thermal limits, another job, a fault.
const SLOW: f64 = 0.7;
/// Clocks further apart mix up the order of what machines write down.
const SKEW: f64 = 1.0;

/// Everything that can be told from the ranks' measurements; the worst first.
pub fn troubles(ranks: &[RankHealth], estimated: Option<u64>) -> Vec<Trouble> {
    let mut found = Vec::new();
    devices(ranks, &mut found);
    if let Some(estimated) = estimated {
        memory(ranks, estimated, &mut found);
    }
    speeds(ranks, &mut found);
    clocks(ranks, &mut found);
    found.sort_by_key(|trouble| !trouble.forbids_a_run);
    found
}

fn odd(rank: usize, look: Look, says: String) -> Trouble {
    Trouble { rank: Some(rank), look, forbids_a_run: false, says }
}

/// Ranks that wait for one on a CPU all run at its speed; ranks that share a GPU share its memory too.
fn devices(ranks: &[RankHealth], found: &mut Vec<Trouble>) {
    let has_gpus = ranks.iter().any(|rank| rank.device != "cpu");
    for rank in ranks.iter().filter(|rank| has_gpus && rank.device == "cpu") {
        let why = rank.why_cpu.as_deref().unwrap_or("it was told to");
        let says =
            format!("rank {} on {} computes on the CPU, while others have GPUs: {why}", rank.rank, rank.host);
        found.push(Trouble { forbids_a_run: true, ..odd(rank.rank, Look::Device, says) });
    }
    for ((host, device), sharing) in by_device(ranks).into_iter().filter(|((_, device), _)| *device != "cpu")
    {
        if let [first, .., last] = sharing[..] {
            let says = format!(
                "{} ranks share {device} of {host}, ranks {} to {} among them: start one process for each GPU",
                sharing.len(),
                first.rank,
                last.rank
            );
            found.push(odd(last.rank, Look::Device, says));
        }
    }
}

/// Ranks by what they share: the GPU of a machine, or its memory.
fn by_device(ranks: &[RankHealth]) -> BTreeMap<(&str, &str), Vec<&RankHealth>> {
    let mut devices: BTreeMap<_, Vec<&RankHealth>> = BTreeMap::new();
    for rank in ranks {
        devices.entry((rank.host.as_str(), rank.device.as_str())).or_default().push(rank);
    }
    devices
}

fn memory(ranks: &[RankHealth], estimated: u64, found: &mut Vec<Trouble>) {
    for ((host, device), sharing) in by_device(ranks) {
        let needed = estimated.saturating_mul(u64::try_from(sharing.len()).unwrap_or(u64::MAX));
        let free = sharing.iter().filter_map(|rank| rank.memory_free).min();
        let (Some(first), Some(free)) = (sharing.first(), free.filter(|free| *free < needed)) else {
            continue;
        };
        let says = format!(
            "{device} of {host} (rank {}) has {} free, and the run is estimated to need {}: end what else uses it, \
             or make the run smaller",
            first.rank,
            text::bytes(free),
            text::bytes(needed)
        );
        found.push(Trouble { forbids_a_run: true, ..odd(first.rank, Look::Estimate, says) });
    }
}

fn speeds(ranks: &[RankHealth], found: &mut Vec<Trouble>) {
    let mut speeds: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    for rank in ranks {
        for matmul in &rank.matmuls {
            speeds.entry(matmul.precision.as_str()).or_default().push((rank.rank, matmul.tflops));
        }
    }
    for (precision, speeds) in speeds {
        let mut sorted: Vec<f64> = speeds.iter().map(|(_, tflops)| *tflops).collect();
        sorted.sort_by(f64::total_cmp);
        // Of two the faster one.
        let median = sorted[sorted.len() / 2];
        for (rank, tflops) in speeds.into_iter().filter(|(_, tflops)| *tflops < SLOW * median) {
            let says = format!(
                "rank {rank} multiplies {precision} matrices at {tflops:.3} TFLOP/s, the others at about \
                 {median:.3}: all wait for it; see whether something else runs there, or whether it is hot"
            );
            found.push(odd(rank, Look::Matmul, says));
        }
    }
}

fn clocks(ranks: &[RankHealth], found: &mut Vec<Trouble>) {
    for rank in ranks.iter().filter(|rank| rank.clock_ahead.abs() > SKEW + rank.clock_uncertainty) {
        let way = if rank.clock_ahead > 0.0 { "ahead of" } else { "behind" };
        let says = format!(
            "the clock of {} (rank {}) is {:.1} s {way} that of rank 0: times in logs do not compare; let both follow \
             a time server",
            rank.host,
            rank.rank,
            rank.clock_ahead.abs()
        );
        found.push(odd(rank.rank, Look::Clock, says));
    }
}

#[cfg(test)]
mod tests {
    use accel_studio::worker::Matmul;

    use super::*;

    fn ranks(devices: &[&str]) -> Vec<RankHealth> {
        let rank = |(rank, device): (usize, &&str)| RankHealth {
            rank,
            host: "node7".to_owned(),
            pid: 1,
            device: (*device).to_owned(),
            why_cpu: None,
            memory_total: Some(80 << 30),
            memory_free: Some(70 << 30),
            allocated: 0,
            matmuls: vec![Matmul { precision: "bf16".to_owned(), size: 4096, tflops: 600.0 }],
            to_device: None,
            from_device: None,
            clock_ahead: 0.0,
            clock_uncertainty: 0.001,
        };
        devices.iter().enumerate().map(rank).collect()
    }

    fn only(found: &[Trouble]) -> &Trouble {
        let [one] = found else { panic!("one trouble was expected: {found:?}") };
        one
    }

    #[test]
    fn sound_ranks_have_no_troubles() {
        assert_eq!(troubles(&ranks(&["cuda:0", "cuda:1"]), Some(60 << 30)), []);
    }

    #[test]
    fn a_rank_on_the_cpu_among_gpus_forbids_a_run() {
        let mut mixed = ranks(&["cuda:0", "cpu"]);
        mixed[1].why_cpu = Some("its driver is too old".to_owned());
        let found = troubles(&mixed, None);
        assert!(only(&found).forbids_a_run && only(&found).rank == Some(1));
        assert!(only(&found).says.contains("rank 1 on node7 computes on the CPU"), "{found:?}");
        assert_eq!(troubles(&ranks(&["cpu", "cpu"]), None), []);
    }

    #[test]
    fn ranks_that_share_a_gpu_share_its_memory() {
        let shared = ranks(&["cuda:0", "cuda:0"]);
        assert!(only(&troubles(&shared, None)).says.contains("2 ranks share cuda:0"));
        let found = troubles(&shared, Some(40 << 30));
        assert_eq!(found.len(), 2);
        assert!(found[0].forbids_a_run && found[0].look == Look::Estimate, "the worst comes first");
    }

    #[test]
    fn too_little_memory_forbids_a_run() {
        let found = troubles(&ranks(&["cuda:0", "cuda:1"]), Some(75 << 30));
        assert_eq!(found.len(), 2);
        assert!(found[1].says.starts_with("cuda:1 of node7 (rank 1) has 70"), "{found:?}");
    }

    #[test]
    fn a_slow_rank_and_a_wrong_clock_are_odd() {
        let mut odd = ranks(&["cuda:0", "cuda:1", "cuda:2"]);
        odd[2].matmuls[0].tflops = 300.0;
        let found = troubles(&odd, None);
        assert!(only(&found).says.starts_with("rank 2 multiplies bf16 matrices at 300.000 TFLOP/s"));
        odd[2].matmuls[0].tflops = 500.0;
        odd[1].clock_ahead = -4.0;
        let found = troubles(&odd, None);
        assert!(only(&found).says.contains("(rank 1) is 4.0 s behind that of rank 0"), "{found:?}");
        assert!(!only(&found).forbids_a_run);
    }
}
