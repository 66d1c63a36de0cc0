//! Everything known of every field: one row each, and questions to the rows.
//!
//! Form, wizard, JSON Schema, environment names, flags and reference pages are read from here.

use crate::value::Value;

/// A version of Accelerate, such as 1.15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16, pub u16);

/// One key of a config file.
#[derive(Debug)]
pub struct Field {
    /// Dotted path: `fsdp_config.fsdp_version`.
    pub key: &'static str,
    /// The place in form, wizard and reference.
    pub group: Group,
    /// What may stand there.
    pub kind: Kind,
    /// What Accelerate uses when the key is absent.
    pub default: Default,
    /// Form label, a noun in two or three words: "Sharding strategy".
    pub label: &'static str,
    /// Wizard question.
    pub ask: &'static str,
    /// One sentence for a person who does not know the jargon.
    pub help: &'static str,
    /// When it matters.
    pub when: When,
    /// How the value reaches the job.
    pub reach: Reach,
    /// The flag of `accelerate launch` that sets the same.
    pub flag: Option<&'static str>,
    /// Variables that carry it into the worker.
    pub env: &'static [&'static str],
    /// First release that knows the key; `None`: older than 0.20.
    pub since: Option<Release>,
    /// First release that no longer knows it.
    pub gone: Option<Release>,
    /// Other spellings that Accelerate accepts, without the section: `version` for `fsdp_version`.
    pub aliases: &'static [&'static str],
    /// True for the few fields that most people set: asked by the wizard, first in the form.
    pub common: bool,
}

/// A page of the form and of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Environment, distribution, precision, processes.
    Basics,
    /// Several machines and their network.
    Machines,
    /// torch.compile.
    Dynamo,
    /// Fully sharded data parallel.
    Fsdp,
    /// DeepSpeed ZeRO.
    DeepSpeed,
    /// Megatron-LM.
    Megatron,
    /// Sizes of the device mesh.
    Parallelism,
    /// 8-bit floating point.
    Fp8,
    /// TPU machines and pods.
    Tpu,
    /// MPI for CPU training.
    Mpi,
    /// Amazon SageMaker.
    SageMaker,
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of a few words.
    Choice(&'static [Choice]),
    /// One of a few integers.
    Number(&'static [NumberChoice]),
    /// True or false.
    Bool,
    /// An integer.
    Int {
        /// Smallest value that works.
        min: i64,
        /// Largest value that works.
        max: Option<i64>,
    },
    /// A number with a fraction.
    Float {
        /// Smallest value that works.
        min: f64,
        /// Words that are accepted too, such as `auto`.
        words: &'static [&'static str],
    },
    /// Any text.
    Text(Text),
    /// A list of texts.
    Texts,
    /// Exactly this many booleans.
    Bools(usize),
    /// A section: a mapping of further fields.
    Section,
    /// A mapping that is passed on unread.
    Anything,
}

/// What a text means, for its editor and its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Just words.
    Plain,
    /// A path on this machine.
    Path,
    /// A host name or address.
    Host,
    /// `all`, or device numbers separated by commas without spaces.
    DeviceIds,
    /// Class names separated by commas without spaces.
    ClassNames,
    /// A version such as `4.17.0`, which must be quoted.
    Version,
}

/// One word of a choice.
#[derive(Debug)]
pub struct Choice {
    /// As written in the file.
    pub word: &'static str,
    /// A sentence for a person choosing.
    pub says: &'static str,
    /// First release that knows it; `None`: older than 0.20.
    pub since: Option<Release>,
    /// First release that no longer knows it.
    pub gone: Option<Release>,
}

/// One number of a choice.
#[derive(Debug)]
pub struct NumberChoice {
    /// As written in the file.
    pub number: i64,
    /// A sentence for a person choosing.
    pub says: &'static str,
}

/// What counts when a key is absent.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Accelerate refuses the file without it.
    Required,
    /// Nothing: the option stays off or unset.
    Nothing,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A word or text.
    Text(&'static str),
    /// It depends; the sentence says on what.
    Depends(&'static str),
}

/// How a value in the file reaches the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The launcher passes it on; the sentence under `when` says for which types.
    Used,
    /// The launcher silently drops it: only the flag works.
    FlagOnly,
    /// Nothing ever reads it.
    Dead,
}

/// When a field matters: data, so that every room can also say why not.
#[derive(Debug)]
pub enum When {
    /// Always.
    Always,
    /// A field equals a word, boolean or number as written here.
    Is(&'static str, Is),
    /// A text field is one of these words.
    In(&'static str, &'static [&'static str]),
    /// An integer field is above this.
    Above(&'static str, i64),
    /// A field is set at all.
    Set(&'static str),
    /// All of these.
    All(&'static [When]),
    /// Any of these.
    Any(&'static [When]),
    /// Not this.
    Not(&'static When),
}

/// A constant that a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Is {
    /// Text, compared without regard to case.
    Text(&'static str),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
}

impl Default {
    /// The default as a value, where it is one.
    pub fn value(self) -> Option<Value> {
        match self {
            Default::Bool(flag) => Some(Value::Bool(flag)),
            Default::Int(number) => Some(Value::int(number)),
            Default::Float(number) => Some(Value::Float(number)),
            Default::Text(text) => Some(Value::text(text)),
            Default::Required | Default::Nothing | Default::Depends(_) => None,
        }
    }
}
