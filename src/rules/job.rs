//! The job that a config describes: questions that rules of several subjects ask.
//!
//! Only about configs for a machine of one's own: for SageMaker there is no type and no machine.

use super::Facts;
use crate::document::Edit;
use crate::finding::Place;
use crate::key::KeyPath;
use crate::schema::{self, Platform, Release};
use crate::value::Value;

/// First release with a second generation of FSDP.
const FSDP_2: Release = Release(1, 6);

impl Facts<'_> {
    /// The training type as a word; `None` for SageMaker and where there is none.
    pub fn local_type(&self) -> Option<&str> {
        self.config.distributed_type().filter(|_| self.platform != Platform::SageMaker)
    }

    /// True for one process per accelerator with a copy of the model each: MULTI_GPU and its kin.
    pub fn is_multi_device(&self) -> bool {
        self.local_type().is_some_and(|kind| kind.starts_with("MULTI_") && kind != "MULTI_CPU")
    }

    /// True where the launcher starts one process per accelerator on each machine by itself.
    pub fn starts_per_device(&self) -> bool {
        let by_torchrun = matches!(self.local_type(), Some("FSDP" | "DEEPSPEED" | "MEGATRON_LM"));
        (by_torchrun || self.is_multi_device()) && !self.starts_by_hosts()
    }

    /// True where DeepSpeed's own launcher starts the job on every machine of a host file.
    pub fn starts_by_hosts(&self) -> bool {
        let launcher = self.config.text("deepspeed_config.deepspeed_multinode_launcher");
        self.is_type("DEEPSPEED") && self.machines() > 1 && launcher.as_deref() != Some("standard")
    }

    /// The number of processes over all machines, where the file gives a sensible one.
    pub fn processes(&self) -> Option<i64> {
        self.config.int("num_processes").filter(|number| *number > 0)
    }

    /// The number of machines; 1 unless the file says otherwise.
    pub fn machines(&self) -> i64 {
        self.config.int("num_machines").unwrap_or(1).max(1)
    }

    /// The generation of FSDP; `None` for other types and impossible numbers.
    pub fn fsdp_version(&self) -> Option<i64> {
        let version = self.config.fsdp_version()?;
        if self.release < FSDP_2 { Some(1) } else { Some(version).filter(|version| matches!(version, 1 | 2)) }
    }

    /// A size of the device mesh; 1 unless the file says otherwise. `axis` is tp, cp, sp …
    pub fn mesh(&self, axis: &str) -> i64 {
        let key = format!("parallelism_config.parallelism_config_{axis}_size");
        // A release that does not know the axis does not count it.
        self.entry(&key).and_then(|_| self.config.int(&key)).unwrap_or(1)
    }

    /// True where the key is written and holds more than nothing.
    pub fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| *value != Value::Null)
    }

    /// True where the key is neither set nor there with a slip of the fingers, which is a finding of
    /// its own.
    pub fn is_left_out(&self, key: &str) -> bool {
        let Some(field) = schema::field(key) else { return true };
        let is_slip = |entry: &super::Entry| {
            entry.field.is_none()
                && entry.section == field.section()
                && super::keys::is_slip_of(entry.name, field.name())
        };
        !self.is_set(key) && !self.entries.iter().any(is_slip)
    }

    /// The path of a key in the spelling of the file, or in its proper one.
    pub fn path(&self, key: &str) -> KeyPath {
        self.entry(key).map_or_else(|| KeyPath::of(key), |entry| entry.path.clone())
    }

    /// The key of a row as written.
    pub fn key_place(&self, key: &str) -> Place {
        Place::key(self.path(key))
    }

    /// The value of a row as written.
    pub fn value_place(&self, key: &str) -> Place {
        Place::value(self.path(key))
    }

    /// Writes a value where the key stands, or adds the key beside its neighbours.
    pub fn write(&self, key: &str, value: impl Into<Value>) -> Edit {
        let (path, value) = (self.path(key), value.into());
        let Some(field) = schema::field(key).filter(|_| self.entry(key).is_none()) else {
            return Edit::Set { path, value };
        };
        let section = field.section();
        let siblings = self.entries.iter().filter(|entry| entry.section == section);
        let present: Vec<&str> = siblings.map(|entry| entry.name).collect();
        // The first key of a section may bring its section with it.
        if present.is_empty() {
            return Edit::Set { path, value };
        }
        Edit::Insert { path, value, after: schema::after(field, &present) }
    }

    /// Removes a key in the spelling of the file.
    pub fn remove(&self, key: &str) -> Edit {
        Edit::Remove { path: self.path(key) }
    }
}
