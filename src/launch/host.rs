//! This computer, as far as a launch must ask it: ports, and whether Python sees a package. A door.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// True where somebody on this computer listens on a port: it takes a connection, which is what
/// accelerate 1.15 asks (`utils/other.py`, `is_port_in_use`).
pub fn is_port_taken(port: u16) -> bool {
    port != 0 && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port that is free now; 0 where the system has none to give.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|listener| listener.local_addr()).map_or(0, |address| address.port())
}

/// The addresses behind a name, as this computer resolves it; none where it cannot.
pub fn resolve(name: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in (name, 0).to_socket_addrs().into_iter().flatten() {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    found
}

/// True for an address of this computer: only its own can be bound.
pub fn is_own(address: IpAddr) -> bool {
    TcpListener::bind((address, 0)).is_ok()
}

/// What became of a knock at another computer's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The connection was taken.
    Listening,
    /// The computer is there and nobody listens.
    Nobody,
    /// No answer in time, or no way there.
    Silence,
}

/// Knocks at a port and leaves again.
pub fn knock(address: IpAddr, port: u16, patience: Duration) -> Answer {
    match TcpStream::connect_timeout(&(address, port).into(), patience) {
        Ok(_) => Answer::Listening,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Answer::Nobody,
        Err(_) => Answer::Silence,
    }
}

/// A process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
}

impl Holder {
    /// `python (process 4242)`.
    pub fn says(&self) -> String {
        format!("{} (process {})", self.name, self.pid)
    }
}

/// Who listens on a port, as far as this user may know.
pub fn port_holder(port: u16) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inode = tables.iter().find_map(|table| listening(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let files = fs::read_dir(process.path().join("fd")).ok()?;
        let mut links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        links.any(|link| link.to_str() == Some(&wanted)).then_some(())?;
        let name = fs::read_to_string(process.path().join("comm")).ok()?;
        Some(Holder { pid, name: name.trim().to_owned() })
    })
}

/// The inode of the socket that listens on a port: columns 2, 4 and 10 of proc_net(5); 0A is LISTEN.
fn listening(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let is_it = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == "0A";
        is_it.then(|| fields.get(9)?.parse().ok()).flatten()
    })
}

/// Asks a Python whether it finds a package, without importing it. None where it cannot be asked.
pub fn has_package(python: &Path, package: &str) -> Option<bool> {
    let question =
        "import importlib.util, sys; sys.exit(3 if importlib.util.find_spec(sys.argv[1]) is None else 0)";
    let mut command = Command::new(python);
    command.args(["-c", question, package]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status().ok()?.code() {
        Some(0) => Some(true),
        Some(3) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_names_who_listens() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     0: 0100007F:733C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4711 1\n\
                     1: 0100007F:733D 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1000 0 4712 1\n";
        assert_eq!(listening(table, 29_500), Some(4711));
        assert_eq!(listening(table, 29_501), None, "a connection is nobody who listens");
        assert_eq!(listening("garbage\n: : :\n", 1), None);
    }

    #[test]
    fn a_port_is_taken_while_somebody_listens() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        assert!(is_port_taken(port));
        if cfg!(target_os = "linux") {
            assert_eq!(port_holder(port).map(|holder| holder.pid), Some(std::process::id()));
        }
        drop(listener);
        assert!(!is_port_taken(port));
        assert_ne!(free_port(), 0);
        assert!(!is_port_taken(0));
    }
}
