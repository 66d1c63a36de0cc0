//! The arguments of torch.distributed's own launcher as Accelerate fills them, and its checks.
//!
//! torch 2.11: `torch/distributed/run.py` (parser, `config_from_args`). On one machine the processes are
//! planned by us; a group over several machines, or with a wish that only torch can fulfil, is handed to
//! torch itself.

use num_traits::ToPrimitive;

use super::draft::Draft;
use super::meeting::Told;
use crate::launch::Tee;
use crate::layers::{Refusal, python};
use crate::value::Value;

/// An option of torchrun's parser: its name and what it starts with.
struct Knob {
    name: &'static str,
    start: Start,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Start {
    Nothing,
    Text(&'static str),
    Int(i64),
    Float(f64),
    Off,
}

/// How the text of a `PET_` variable becomes a value, and whether only torch can do it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ours,
    Torchs,
}

const fn ours(name: &'static str, start: Start) -> Knob {
    Knob { name, start, kind: Kind::Ours }
}

const fn torchs(name: &'static str, start: Start) -> Knob {
    Knob { name, start, kind: Kind::Torchs }
}

/// The parser's options. Those of torch alone make us hand the job over where they are used.
const OPTIONS: [Knob; 26] = [
    ours("nnodes", Start::Text("1:1")),
    ours("nproc_per_node", Start::Text("1")),
    ours("rdzv_backend", Start::Text("static")),
    ours("rdzv_endpoint", Start::Text("")),
    ours("rdzv_id", Start::Text("none")),
    ours("rdzv_conf", Start::Text("")),
    ours("standalone", Start::Off),
    ours("max_restarts", Start::Int(0)),
    ours("monitor_interval", Start::Float(0.1)),
    torchs("start_method", Start::Text("spawn")),
    torchs("event_log_handler", Start::Text("null")),
    ours("role", Start::Text("default")),
    ours("module", Start::Off),
    ours("no_python", Start::Off),
    torchs("run_path", Start::Off),
    ours("log_dir", Start::Nothing),
    torchs("redirects", Start::Text("0")),
    ours("tee", Start::Text("0")),
    torchs("local_ranks_filter", Start::Text("")),
    ours("node_rank", Start::Int(0)),
    ours("master_addr", Start::Text("127.0.0.1")),
    ours("master_port", Start::Int(29_500)),
    torchs("local_addr", Start::Nothing),
    torchs("logs_specs", Start::Nothing),
    torchs("numa_binding", Start::Nothing),
    torchs("virtual_local_rank", Start::Off),
];

/// torchrun's arguments as Accelerate fills them.
pub(super) struct Torchrun<'d, 'a> {
    pub draft: &'d Draft<'a>,
    pub told: Told,
}

impl Torchrun<'_, '_> {
    /// The value of an argument: told, else Accelerate's own of the same name, else torch's.
    pub fn get(&self, name: &str) -> Value {
        if let Some((_, value)) = self.told.iter().rev().find(|(told, _)| *told == name) {
            return value.clone();
        }
        match self.draft.resolved.settings.setting(name) {
            Some(setting) => setting.value.clone(),
            None => self.base(name),
        }
    }

    /// What torchrun starts with: the variable `PET_…`, else its parser's default.
    fn base(&self, name: &str) -> Value {
        let option = OPTIONS.iter().find(|option| option.name == name);
        let start = option.map_or(Start::Nothing, |option| option.start);
        let variable = format!("PET_{}", name.to_uppercase());
        let said = self.draft.computer.machine.env.get(&variable);
        match (start, said) {
            (Start::Int(_), Some(text)) => python::int(text).map_or_else(|| Value::text(text), Value::Int),
            (Start::Float(_), Some(text)) => {
                python::float_of(text).map_or_else(|| Value::text(text), Value::Float)
            }
            (Start::Off, Some(text)) => Value::Bool(text == "1"),
            (_, Some(text)) => Value::text(text),
            (Start::Nothing, None) => Value::Null,
            (Start::Text(text), None) => Value::text(text),
            (Start::Int(number), None) => Value::int(number),
            (Start::Float(number), None) => Value::Float(number),
            (Start::Off, None) => Value::Bool(false),
        }
    }

    pub fn text(&self, name: &str) -> Result<String, Refusal> {
        match self.get(name) {
            Value::Text(text) => Ok(text),
            other => {
                let sentence = format!("`{name}` must be text, and it is {}", other.kind());
                Err(Refusal::new("AttributeError", sentence, name))
            }
        }
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_truthy()
    }

    /// Most machines that may take part.
    pub fn machines(&self) -> Result<i64, Refusal> {
        let text = self.text("nnodes")?;
        let wrong = |python, sentence: String| Err(Refusal::new(python, sentence, "num_machines"));
        let parts: Vec<Option<i64>> =
            text.split(':').map(|part| python::int(part).and_then(|part| part.to_i64())).collect();
        let (least, most) = match parts.as_slice() {
            [Some(both)] => (*both, *both),
            [Some(least), Some(most)] => (*least, *most),
            [_] | [_, _] => return wrong("ValueError", format!("`{text}` is no number of machines")),
            _ => return wrong("RuntimeError", format!("`{text}` is no range of machines such as 1:4")),
        };
        if !(0 < least && least <= most) {
            return wrong(
                "AssertionError",
                format!("`{text}` is no number of machines; at least 1 takes part"),
            );
        }
        Ok(most)
    }

    /// Processes on this machine (`determine_local_world_size`).
    pub fn processes(&self) -> Result<u32, Refusal> {
        let text = self.text("nproc_per_node")?;
        let gpus = self.draft.computer.machine.visible_gpus().len();
        let cores = || self.draft.computer.machine.host.cores.logical.map_or(1, i64::from);
        let wrong = |python, sentence: String| Err(Refusal::new(python, sentence, "num_processes"));
        let count = match (python::int(&text), text.as_str()) {
            (Some(number), _) => number.to_i64().unwrap_or(i64::MAX),
            (None, "gpu") if gpus == 0 => {
                return wrong("ValueError", "`num_processes` is gpu, and no CUDA GPU can be seen".to_owned());
            }
            (None, "gpu") => gpus.to_i64().unwrap_or(i64::MAX),
            (None, "auto") if gpus > 0 => gpus.to_i64().unwrap_or(i64::MAX),
            (None, "cpu" | "auto") => cores(),
            (None, _) => {
                return wrong("ValueError", format!("`num_processes` is `{text}`; write a whole number"));
            }
        };
        match u32::try_from(count) {
            Ok(count) if count > 0 => Ok(count),
            _ => {
                let sentence = format!("{count} processes would start on this machine; at least 1 is needed");
                wrong("AssertionError", sentence)
            }
        }
    }

    pub fn check_restarts(&self) -> Result<u32, Refusal> {
        let value = self.get("max_restarts");
        if python::is_above(&value, -1, "max_restarts")? {
            return Ok(python::integer(&value).and_then(|count| count.to_u32()).unwrap_or(u32::MAX));
        }
        Err(Refusal::new("AssertionError", "`max_restarts` must be 0 or more", "max_restarts"))
    }

    /// `key=value` pairs separated by commas.
    pub fn check_rendezvous(&self) -> Result<(), Refusal> {
        let text = self.text("rdzv_conf")?;
        let is_pair = |pair: &str| {
            pair.split_once('=')
                .is_some_and(|(key, value)| !key.trim().is_empty() && !value.trim().is_empty())
        };
        if text.trim().is_empty() || text.trim().split(',').all(is_pair) {
            return Ok(());
        }
        let sentence = format!("`rdzv_conf` is `{text}`; write key=value pairs separated by commas");
        Err(Refusal::new("ValueError", sentence, "rdzv_conf"))
    }

    pub fn tee(&self) -> Result<Tee, Refusal> {
        let value = self.get("tee");
        let text = value.as_text().ok_or_else(|| {
            Refusal::new(
                "TypeError",
                format!("`tee` must be text such as 3, and it is {}", value.kind()),
                "tee",
            )
        })?;
        Tee::parse(text).ok_or_else(|| {
            let sentence = format!(
                "`tee` is `{text}`; write 1 for output, 2 for errors, 3 for both, or 0:3,1:1 by rank"
            );
            Refusal::new("ValueError", sentence, "tee")
        })
    }

    /// Address and port at which a static group meets (`parse_rendezvous_endpoint`).
    pub fn endpoint(&self) -> Result<(String, String), Refusal> {
        let told = python::str(&self.get("rdzv_endpoint"));
        let endpoint = match told.is_empty() {
            true => {
                format!("{}:{}", python::str(&self.get("master_addr")), python::str(&self.get("master_port")))
            }
            false => told,
        };
        let wrong = |sentence: String| Err(Refusal::new("ValueError", sentence, "main_process_ip"));
        let Some((host, port)) = endpoint.rsplit_once(':') else {
            return wrong(format!("`{endpoint}` lacks a port"));
        };
        if port.parse::<u16>().is_err() {
            return wrong(format!("`{port}` is no port"));
        }
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_part = |char: char| char.is_alphanumeric() || "_.:-".contains(char);
        if host.is_empty() || !host.chars().all(is_part) {
            return wrong(format!("`{host}` is no host name or address"));
        }
        Ok((host.to_owned(), port.to_owned()))
    }

    /// True where only torch itself can do what is asked.
    pub fn is_torchs(&self, machines: i64) -> bool {
        let is_unusual =
            |option: &Knob| option.kind == Kind::Torchs && self.get(option.name) != default(option);
        machines > 1
            || !self.is_on("standalone") && python::str(&self.get("rdzv_backend")) != "static"
            || OPTIONS.iter().any(is_unusual)
    }

    /// The options to give to torchrun: those that differ from what it starts with.
    pub fn options(&self) -> Vec<String> {
        let mut argv = Vec::new();
        for option in &OPTIONS {
            let value = self.get(option.name);
            if value == self.base(option.name) || !value.is_truthy() && !self.base(option.name).is_truthy() {
                continue;
            }
            argv.push(format!("--{}", option.name));
            if value != Value::Bool(true) {
                argv.push(python::str(&value));
            }
        }
        argv
    }
}

fn default(option: &Knob) -> Value {
    match option.start {
        Start::Nothing => Value::Null,
        Start::Text(text) => Value::text(text),
        Start::Int(number) => Value::int(number),
        Start::Float(number) => Value::Float(number),
        Start::Off => Value::Bool(false),
    }
}
