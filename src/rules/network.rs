//! How machines find each other: address, port and machine number.

use std::net::{IpAddr, Ipv4Addr};

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::{Finding, Severity};
use crate::schema::Release;

pub(super) const RULES: &[Rule] = &[
    ADDRESS_MISSING,
    ADDRESS_FORM,
    LOOPBACK,
    RANK_MISSING,
    PORT_ZERO,
    PORT_RESERVED,
    PORT_MISSING,
    SEVERAL_WITHOUT_PORT,
];

const ADDRESS_MISSING: Rule = Rule {
    name: "network/address-missing",
    says: "several machines and no address to meet at",
    severity: Severity::Warning,
    why: "All machines look for the first one at `main_process_ip`. Without it they look for a machine that is called \
          None, again and again, until the rendezvous times out.",
    bad: yaml("num_machines: 2\nmachine_rank: 0\nmain_process_port: 29500\nnum_processes: 16\n"),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: address_missing,
    ..Rule::BLANK
};

fn address_missing(facts: &Facts, found: &mut Findings) {
    let machines = facts.machines();
    if machines > 1 && facts.meets_others() && facts.is_left_out("main_process_ip") {
        found
            .report(
                facts.value_place("num_machines"),
                format!("{machines} machines, but `main_process_ip` is not set"),
            )
            .advise("write the address of the first machine, or pass `--main_process_ip` at every launch");
    }
}

const ADDRESS_FORM: Rule = Rule {
    name: "network/address-form",
    says: "an address with a port, a scheme or a space in it",
    severity: Severity::Warning,
    why: "The launcher puts `main_process_ip` and `main_process_port` together with a colon. An address that holds a \
          port, `http://` or a space names no machine: all machines wait for it, unless the right address comes from \
          the command line.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1:29500\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: address_form,
    ..Rule::BLANK
};

fn address_form(facts: &Facts, found: &mut Findings) {
    let Some(address) = facts.address().filter(|_| facts.machines() > 1 && facts.meets_others()) else {
        return;
    };
    let wrong = match address {
        _ if address.contains("://") => "a scheme",
        _ if address.trim().contains(char::is_whitespace) => "a space",
        _ if has_port(address) => "a port",
        _ => return,
    };
    let finding = found.report(facts.value_place("main_process_ip"), format!("`{address}` holds {wrong}"));
    finding.advise("write the bare address or host name; the port belongs into `main_process_port`");
    offer_parts(facts, finding, address);
}

/// True for `host:port`, false for the colons of an IPv6 address.
fn has_port(address: &str) -> bool {
    let is_ipv6 = address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    !is_ipv6
        && address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn offer_parts(facts: &Facts, finding: &mut Finding, address: &str) {
    let Some((host, port)) = address.rsplit_once(':').filter(|(host, _)| !host.contains("://")) else {
        return;
    };
    let Ok(number) = port.parse::<i64>() else { return };
    let mut edits = vec![facts.write("main_process_ip", host)];
    if !facts.is_set("main_process_port") {
        edits.push(facts.write("main_process_port", number));
    }
    finding.offer(format!("write {host}"), edits);
}

const LOOPBACK: Rule = Rule {
    name: "network/loopback",
    says: "several machines that meet at this machine's own address",
    severity: Severity::Warning,
    why: "127.0.0.1, localhost and 0.0.0.0 mean \"this machine\" on every machine. Each waits for the others at its \
          own door.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 127.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: loopback,
    ..Rule::BLANK
};

fn loopback(facts: &Facts, found: &mut Findings) {
    let Some(address) = facts.address().filter(|_| facts.machines() > 1 && facts.meets_others()) else {
        return;
    };
    if is_this_machine(address) {
        found
            .report(facts.value_place("main_process_ip"), format!("`{address}` means every machine itself"))
            .relate(facts.value_place("num_machines"), "they cannot reach each other there")
            .advise("write an address of the first machine that the others can reach");
    }
}

fn is_this_machine(address: &str) -> bool {
    match address.trim().parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => address.trim().eq_ignore_ascii_case("localhost"),
    }
}

const RANK_MISSING: Rule = Rule {
    name: "network/machine-rank-missing",
    says: "several machines and no machine number",
    severity: Severity::Warning,
    why: "Every machine needs its own number. Without `machine_rank` each takes 0, and they wait for the others \
          forever. One file for all machines is fine when the number comes from the command line.",
    bad: yaml("num_machines: 2\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n"),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: rank_missing,
    ..Rule::BLANK
};

fn rank_missing(facts: &Facts, found: &mut Findings) {
    if facts.machines() > 1 && facts.starts_per_device() && facts.is_left_out("machine_rank") {
        found
            .report(facts.key_place("num_machines"), "several machines, but `machine_rank` is not set")
            .advise("write this machine's number, or pass `--machine_rank` at every launch");
    }
}

const PORT_ZERO: Rule = Rule {
    name: "network/port-zero",
    says: "an automatic port with several machines",
    severity: Severity::Error,
    why: "Port 0 lets the launcher pick a free one. Each machine picks its own, so they never meet.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 0\nnum_processes: 16\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    since: Some(Release(1, 7)),
    check: port_zero,
    ..Rule::BLANK
};

fn port_zero(facts: &Facts, found: &mut Findings) {
    if facts.config.int("main_process_port") == Some(0) && facts.machines() > 1 && facts.starts_per_device() {
        found
            .report(facts.value_place("main_process_port"), "each machine would pick another free port")
            .relate(facts.value_place("num_machines"), "so many would search")
            .advise("write one port for all machines, such as 29500")
            .offer("write 29500", vec![facts.write("main_process_port", 29500)]);
    }
}

const PORT_RESERVED: Rule = Rule {
    name: "network/port-reserved",
    says: "a port that only the administrator may open",
    severity: Severity::Warning,
    why: "Ports below 1024 need special rights on most systems. Without them the first machine cannot open the port.",
    bad: yaml("main_process_port: 80\n"),
    good: yaml("main_process_port: 29501\n"),
    check: port_reserved,
    ..Rule::BLANK
};

fn port_reserved(facts: &Facts, found: &mut Findings) {
    let port = facts.config.int("main_process_port").filter(|port| (1..1024).contains(port));
    if let Some(port) = port.filter(|_| facts.local_type().is_some()) {
        found
            .report(facts.value_place("main_process_port"), format!("port {port} is reserved for the system"))
            .advise("write a port from 1024 on, such as 29500");
    }
}

const PORT_MISSING: Rule = Rule {
    name: "network/port-missing",
    says: "several machines and no port",
    severity: Severity::Hint,
    why: "Without `main_process_port` all machines meet at 29500. That works, until a second job on the same machine \
          wants the same port.",
    bad: yaml("num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nnum_processes: 16\n"),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: port_missing,
    ..Rule::BLANK
};

fn port_missing(facts: &Facts, found: &mut Findings) {
    if facts.machines() > 1 && facts.starts_per_device() && facts.is_left_out("main_process_port") {
        let place = if facts.is_set("main_process_ip") { "main_process_ip" } else { "distributed_type" };
        found
            .report(facts.key_place(place), "`main_process_port` is not set: all machines meet at port 29500")
            .advise("write the port down; it must be the same on all machines")
            .repair("write 29500", vec![facts.write("main_process_port", 29500)]);
    }
}

const SEVERAL_WITHOUT_PORT: Rule = Rule {
    name: "network/type-no-port",
    says: "several machines of type NO without a port",
    severity: Severity::Warning,
    why: "Since 1.8 the launcher of the types NO and MULTI_CPU stops when several machines are asked for and the \
          address or the port of the first one is not given.",
    bad: yaml(
        "distributed_type: MULTI_CPU\nnum_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nnum_processes: 4\nuse_cpu: true\n\
         mpirun_config:\n  mpirun_hostfile: hosts\n",
    ),
    good: yaml(
        "distributed_type: MULTI_CPU\nnum_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nnum_processes: 4\n\
         main_process_port: 29500\nuse_cpu: true\nmpirun_config:\n  mpirun_hostfile: hosts\n",
    ),
    since: Some(Release(1, 8)),
    check: several_without_port,
    ..Rule::BLANK
};

fn several_without_port(facts: &Facts, found: &mut Findings) {
    let is_simple = matches!(facts.local_type(), Some("NO" | "MULTI_CPU"));
    if is_simple && facts.machines() > 1 && facts.is_left_out("main_process_port") {
        found
            .report(facts.key_place("num_machines"), "several machines, but `main_process_port` is not set")
            .advise("write the port of the first machine, or pass `--main_process_port` at every launch")
            .repair("write 29500", vec![facts.write("main_process_port", 29500)]);
    }
}

/// True for an address of the open internet.
pub(super) fn is_public(address: &str) -> bool {
    let Ok(IpAddr::V4(address)) = address.trim().parse::<IpAddr>() else { return false };
    let is_shared = |ip: Ipv4Addr| ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
    let is_for_documents = address.is_documentation();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared(address)
        || is_for_documents
        || address.octets()[0] >= 224
        || address.octets()[0] == 0)
}

impl Facts<'_> {
    /// True where machines meet at `main_process_ip`: DeepSpeed's own launchers read it from their
    /// host file.
    fn meets_others(&self) -> bool {
        let is_simple =
            matches!(self.local_type(), Some("NO" | "MULTI_CPU")) && self.release >= Release(1, 8);
        self.starts_per_device() || is_simple
    }

    /// The address of the first machine, where it is text.
    pub(super) fn address(&self) -> Option<&str> {
        let address = self.get("main_process_ip")?;
        address.as_text().filter(|_| !super::placeholder::is_one(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_of_ipv6_are_no_port() {
        assert!(has_port("10.0.0.1:29500") && has_port("node0:1234"));
        assert!(!has_port("fe80::1") && !has_port("[fe80::1]") && !has_port("node0"));
    }

    #[test]
    fn public_addresses_are_told_from_private_ones() {
        assert!(is_public("52.14.3.9"));
        assert!(
            ["10.0.0.1", "192.168.1.1", "172.20.0.3", "100.64.0.1", "127.0.0.1", "node0"]
                .iter()
                .all(|address| !is_public(address))
        );
    }
}
