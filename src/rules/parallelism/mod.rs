//! The device mesh: sizes that must fit together, to the number of processes and to the training type.
//! What splits sequences has a file of its own.

mod sequence;

pub(super) use sequence::RULES as SEQUENCE_RULES;

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::Release;
use crate::text::all_of;

pub(super) const RULES: &[Rule] =
    &[REPLICAS_WITHOUT_SHARDS, NEEDS_FSDP_2, NOTHING_TO_SHARD, PRODUCT, SIZES_WITHOUT_SHARDING, ALL_ONES];

const SECTION: &str = "parallelism_config";
const FSDP_VERSION: &str = "fsdp_config.fsdp_version";

/// The axes of the mesh as Accelerate names them.
const AXES: [&str; 5] = ["dp_replicate", "dp_shard", "tp", "cp", "sp"];

fn key(axis: &str) -> String {
    format!("parallelism_config.parallelism_config_{axis}_size")
}

/// The value of an axis where it is written, else the section.
fn place(facts: &Facts, axis: &str) -> Place {
    let key = key(axis);
    if facts.entry(&key).is_some() { facts.value_place(&key) } else { facts.key_place(SECTION) }
}

const REPLICAS_WITHOUT_SHARDS: Rule = Rule {
    name: "parallelism/replicas-without-shards",
    says: "tensor or context parallelism over unsplit copies",
    severity: Severity::Error,
    why: "Accelerate combines tensor and context parallelism with sharded copies only: with dp_replicate above 1, \
          dp_shard must be above 1 too. Every worker refuses anything else.",
    bad: yaml(
        "distributed_type: FSDP\nnum_processes: 4\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_replicate_size: 2\n  parallelism_config_cp_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 4\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 2\n  parallelism_config_cp_size: 2\n",
    ),
    since: Some(Release(1, 10)),
    check: replicas_without_shards,
    ..Rule::BLANK
};

fn replicas_without_shards(facts: &Facts, found: &mut Findings) {
    let is_split = facts.mesh("tp") > 1 || facts.mesh("cp") > 1;
    if facts.has_mesh() && is_split && facts.mesh("dp_replicate") > 1 && facts.mesh("dp_shard") == 1 {
        let other = if facts.mesh("tp") > 1 { "tp" } else { "cp" };
        found
            .report(
                place(facts, "dp_replicate"),
                format!("copies cannot be combined with {other} unless they are sharded"),
            )
            .relate(place(facts, other), "needs sharded copies")
            .advise("set dp_shard above 1, or dp_replicate to 1");
    }
}

const NEEDS_FSDP_2: Rule = Rule {
    name: "parallelism/needs-fsdp-2",
    says: "a device mesh with FSDP version 1 or Megatron-LM",
    severity: Severity::Error,
    why: "A mesh works with FSDP version 2, DeepSpeed and MULTI_GPU. With FSDP version 1, which is what a file without \
          `fsdp_version` means, and with Megatron-LM every worker refuses sizes above 1.",
    bad: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 1\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    since: Some(Release(1, 10)),
    check: needs_fsdp_2,
    ..Rule::BLANK
};

fn needs_fsdp_2(facts: &Facts, found: &mut Findings) {
    let is_first = facts.fsdp_version() == Some(1);
    let is_other = facts.is_type("MEGATRON_LM");
    if facts.get(SECTION).is_some() && facts.mesh_size() > 1 && (is_first || is_other) {
        let finding = found.report(facts.key_place(SECTION), "the mesh needs FSDP version 2");
        if is_other {
            finding.relate(facts.value_place("distributed_type"), "has a mesh of its own");
            finding.advise("remove the section; Megatron-LM's sizes stand in `megatron_lm_config`");
        } else {
            finding.advise("write `fsdp_version: 2`; without it version 1 is used");
            finding.offer("write `fsdp_version: 2`", vec![facts.write(FSDP_VERSION, 2)]);
        }
    }
}

const NOTHING_TO_SHARD: Rule = Rule {
    name: "parallelism/nothing-to-shard",
    says: "no axis for FSDP to shard over",
    severity: Severity::Error,
    why: "FSDP splits the model over dp_shard and cp. With both at 1 and another size above 1 nothing is left for it: \
          since 1.15 every worker says so, older ones stop later with a KeyError.",
    bad: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_replicate_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    since: Some(Release(1, 10)),
    check: nothing_to_shard,
    ..Rule::BLANK
};

fn nothing_to_shard(facts: &Facts, found: &mut Findings) {
    let is_second = facts.fsdp_version() == Some(2) && facts.has_mesh();
    if is_second && facts.mesh_size() > 1 && facts.mesh("dp_shard") == 1 && facts.mesh("cp") == 1 {
        found
            .report(
                facts.key_place(SECTION),
                "the mesh leaves FSDP nothing to shard over: dp_shard and cp are 1",
            )
            .relate(facts.value_place("distributed_type"), "wants to shard")
            .advise("set `parallelism_config_dp_shard_size` above 1, or use a type other than FSDP");
    }
}

const PRODUCT: Rule = Rule {
    name: "parallelism/product",
    says: "sizes that do not multiply to the number of processes",
    severity: Severity::Error,
    why: "Every process has one place in the mesh, so the sizes must multiply to `num_processes`. Otherwise every \
          worker stops. Sequence parallelism with DeepSpeed is exempt since 1.13.",
    bad: yaml(
        "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 4\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 8\n",
    ),
    since: Some(Release(1, 10)),
    check: product,
    ..Rule::BLANK
};

fn product(facts: &Facts, found: &mut Findings) {
    let (total, Some(processes)) = (facts.mesh_size(), facts.processes()) else { return };
    // On several machines the launcher starts the same number on each.
    let started = processes / facts.machines() * facts.machines();
    let is_exempt = facts.mesh("sp") > 1 && facts.release >= Release(1, 13) && total <= started;
    let is_wrong = total > 1 && started > 0 && total != started;
    if !facts.has_mesh() || facts.is_mesh_refused() || is_exempt || !is_wrong {
        return;
    }
    let above = AXES
        .into_iter()
        .filter(|axis| facts.mesh(axis) > 1)
        .map(|axis| format!("{axis} {}", facts.mesh(axis)));
    let sizes = all_of(above.collect::<Vec<String>>());
    let finding = found.report(
        Place::value(KeyPath::of(SECTION)),
        format!("the sizes multiply to {total}, but {started} processes are started"),
    );
    finding.relate(facts.value_place("num_processes"), format!("{sizes} make {total}"));
    finding.advise("change a size or `num_processes`, so that the product is the number of processes");
    let rest = total / facts.mesh("dp_shard");
    if facts.is_type("FSDP") && started % rest == 0 {
        let shards = started / rest;
        finding.offer(format!("shard over {shards}"), vec![facts.write(&key("dp_shard"), shards)]);
    }
}

const SIZES_WITHOUT_SHARDING: Rule = Rule {
    name: "parallelism/no-sharding",
    says: "shards for a type that copies the model",
    severity: Severity::Warning,
    why: "MULTI_GPU and its kin put a whole copy of the model on every GPU. A dp_shard size is accepted and splits \
          nothing; FSDP version 2 does that.",
    bad: yaml(
        "distributed_type: MULTI_GPU\nnum_processes: 2\nparallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         parallelism_config:\n  parallelism_config_dp_shard_size: 2\n",
    ),
    since: Some(Release(1, 10)),
    check: sizes_without_sharding,
    ..Rule::BLANK
};

fn sizes_without_sharding(facts: &Facts, found: &mut Findings) {
    if facts.is_multi_device() && facts.mesh("dp_shard") > 1 {
        let kind = facts.local_type().unwrap_or_default();
        found
            .report(place(facts, "dp_shard"), format!("{kind} does not shard"))
            .relate(facts.value_place("distributed_type"), "a whole copy on every GPU")
            .advise("write `distributed_type: FSDP` with `fsdp_version: 2`, or set this size to 1");
    }
}

const ALL_ONES: Rule = Rule {
    name: "parallelism/all-ones",
    says: "a mesh in which every size is 1",
    severity: Severity::Hint,
    why: "With all sizes at 1 there is no mesh: training runs as it would without the section.",
    bad: yaml("parallelism_config:\n  parallelism_config_tp_size: 1\n"),
    good: yaml("debug: false\n"),
    since: Some(Release(1, 10)),
    check: all_ones,
    ..Rule::BLANK
};

fn all_ones(facts: &Facts, found: &mut Findings) {
    if facts.has_mesh() && facts.mesh_size() == 1 && AXES.iter().any(|axis| facts.is_set(&key(axis))) {
        found
            .report(facts.key_place(SECTION), "every size is 1: the section changes nothing")
            .advise("remove it, or set a size above 1")
            .offer(format!("remove `{SECTION}`"), vec![facts.remove(SECTION)]);
    }
}

impl Facts<'_> {
    /// True where the workers build a mesh: the section is filled and the type reads it.
    fn has_mesh(&self) -> bool {
        let row = self.entry(SECTION).and_then(|entry| entry.field);
        row.is_some_and(|row| self.matters(row)) && self.holds_options(SECTION)
    }

    /// The product of all sizes.
    fn mesh_size(&self) -> i64 {
        AXES.iter().map(|axis| self.mesh(axis).max(1)).fold(1, i64::saturating_mul)
    }

    /// True where the type refuses any mesh, so that the sizes do not matter.
    fn is_mesh_refused(&self) -> bool {
        self.fsdp_version() == Some(1) || (self.is_multi_device() && self.mesh("cp") > 1)
    }
}
