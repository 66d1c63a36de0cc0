//! Where processes meet: the port, the machines, and what torch.distributed's launcher is told of them.
//!
//! accelerate 1.15.0, `utils/launch.py`: the first half of `prepare_multi_gpu_env` and of
//! `prepare_deepspeed_cmd_env`.

use num_traits::ToPrimitive;

use super::draft::Draft;
use crate::layers::{Refusal, python};
use crate::value::Value;

/// Where nobody names a port.
const PORT: i64 = 29_500;

/// What torch.distributed's launcher is told on top of the options that it shares with Accelerate.
pub(super) type Told = Vec<(&'static str, Value)>;

/// The port that is asked for: 0 means a free one.
pub(super) fn port(draft: &Draft) -> Value {
    let port = draft.get("main_process_port");
    match port {
        Value::Null => Value::int(PORT),
        port if port.as_number() == Some(0.0) || *port == Value::Bool(false) => {
            Value::int((draft.site.free_port)())
        }
        port => port.clone(),
    }
}

/// Tells torch.distributed's launcher how many processes there are, and where.
pub(super) fn tell(draft: &Draft, port: &Value) -> Result<Told, Refusal> {
    if !draft.is_above("num_machines", 1)? {
        return Ok(vec![
            ("nproc_per_node", Value::text(python::str(draft.get("num_processes")))),
            ("master_port", Value::text(python::str(port))),
        ]);
    }
    let address = python::str(draft.get("main_process_ip"));
    let port = python::str(port);
    let mut told: Told = vec![
        ("nproc_per_node", Value::text(share(draft)?)),
        ("nnodes", Value::text(python::str(draft.get("num_machines")))),
        ("node_rank", Value::int(machine_rank(draft)?)),
    ];
    if draft.is_on("same_network") {
        told.extend([("master_addr", Value::text(address)), ("master_port", Value::text(port))]);
    } else {
        told.push(("rdzv_endpoint", Value::text(format!("{address}:{port}"))));
    }
    Ok(told)
}

/// Processes of each machine: the rest of the division is lost without a word.
pub(super) fn share(draft: &Draft) -> Result<String, Refusal> {
    let names = ["num_processes", "num_machines"];
    python::floor_divided(draft.get(names[0]), draft.get(names[1]), names).map(|share| python::str(&share))
}

/// `int(args.machine_rank)`.
fn machine_rank(draft: &Draft) -> Result<i64, Refusal> {
    let value = draft.get("machine_rank");
    let read = match value {
        Value::Text(text) => python::int(text).and_then(|rank| rank.to_i64()).ok_or("ValueError"),
        Value::Float(number) => number.trunc().to_i64().ok_or("ValueError"),
        other => python::integer(other).ok_or("TypeError"),
    };
    read.map_err(|python| {
        let sentence = match value {
            Value::Null => {
                "several machines need `machine_rank`: 0 on the first, 1 on the second and so on".to_owned()
            }
            other => format!("`machine_rank` must be a whole number, and it is {}", other.kind()),
        };
        Refusal::new(python, sentence, "machine_rank")
    })
}

/// True where the port is taken and this is the machine on which it must be free.
pub(super) fn is_port_taken(draft: &Draft, port: &Value) -> Result<bool, Refusal> {
    let is_several = draft.is_above("num_machines", 1)?;
    if is_several && machine_rank(draft)? != 0 {
        return Ok(false);
    }
    let Some(number) = python::integer(port) else {
        let (python, kind) = if matches!(port, Value::Int(_)) {
            ("OverflowError", "too large")
        } else {
            ("TypeError", port.kind())
        };
        let sentence = format!("`main_process_port` must be a number from 0 to 65535, and it is {kind}");
        return Err(Refusal::new(python, sentence, "main_process_port"));
    };
    let Ok(number) = u16::try_from(number) else {
        let sentence = format!("{number} is no port; `main_process_port` goes from 0 to 65535");
        return Err(Refusal::new("OverflowError", sentence, "main_process_port"));
    };
    let is_taken = (draft.site.is_port_taken)(number);
    if is_taken && is_several {
        let by = (draft.site.port_holder)(number).map(|who| format!(" by {who}")).unwrap_or_default();
        let sentence = format!(
            "port {number} is taken on this machine{by}, and the other machines expect the job there; choose another \
             `main_process_port` on all of them"
        );
        return Err(Refusal::new("ConnectionError", sentence, "main_process_port"));
    }
    Ok(is_taken)
}

/// Says that the port is taken and another one is used, which works on one machine.
pub(super) fn fall_back(draft: &mut Draft, told: &mut Told, port: &Value) {
    told.push(("standalone", Value::Bool(true)));
    let holder = python::int(&python::str(port)).and_then(|number| u16::try_from(number).ok());
    let holder = holder.and_then(draft.site.port_holder).map(|who| format!(" by {who}")).unwrap_or_default();
    draft.notes.push(format!(
        "port {} is taken{holder}, so the processes meet on a free one; `--main_process_port 0` asks for that without a warning",
        python::str(port)
    ));
}
