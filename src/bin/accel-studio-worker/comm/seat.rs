//! Which seat this process has among its ranks, from the variables that torchrun, mpirun or srun set.
//!
//! Pure: it is handed the environment.

use super::store::Address;

/// One process among all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Among all.
    pub rank: usize,
    /// How many there are.
    pub size: usize,
    /// Among those of this machine; the rank where nobody says.
    pub local_rank: usize,
    /// How many are on this machine, where somebody says.
    pub local_size: Option<usize>,
    /// Where the store is.
    pub address: Address,
    /// Whether the launcher itself serves the store there, as torchrun does; else rank 0 does.
    pub has_agent: bool,
}

/// What one launcher calls them.
struct Names {
    launcher: &'static str,
    rank: &'static str,
    size: &'static str,
    local_rank: &'static str,
    local_size: &'static str,
}

const TORCHRUN: Names = Names {
    launcher: "torchrun",
    rank: "RANK",
    size: "WORLD_SIZE",
    local_rank: "LOCAL_RANK",
    local_size: "LOCAL_WORLD_SIZE",
};

/// The first whose rank and size are both set counts. Slurm's size is the step's: `SLURM_NTASKS` is also set in a
/// batch script, which is one process.
const LAUNCHERS: [Names; 4] = [
    TORCHRUN,
    Names {
        launcher: "mpirun",
        rank: "OMPI_COMM_WORLD_RANK",
        size: "OMPI_COMM_WORLD_SIZE",
        local_rank: "OMPI_COMM_WORLD_LOCAL_RANK",
        local_size: "OMPI_COMM_WORLD_LOCAL_SIZE",
    },
    Names {
        launcher: "srun",
        rank: "SLURM_PROCID",
        size: "SLURM_STEP_NUM_TASKS",
        local_rank: "SLURM_LOCALID",
        local_size: "SLURM_NTASKS_PER_NODE",
    },
    Names {
        launcher: "mpiexec",
        rank: "PMI_RANK",
        size: "PMI_SIZE",
        local_rank: "MPI_LOCALRANKID",
        local_size: "MPI_LOCALNRANKS",
    },
];

/// PyTorch's port for a rendezvous that names none.
const PORT: u16 = 29_500;

/// The environment: a variable's value.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Seat {
    /// The only process.
    pub fn alone() -> Seat {
        Seat {
            rank: 0,
            size: 1,
            local_rank: 0,
            local_size: Some(1),
            address: loopback(PORT),
            has_agent: false,
        }
    }

    /// The seat that the environment gives; alone where no launcher speaks.
    ///
    /// # Errors
    /// A variable that is no number, a rank outside of the world, several machines without an address.
    pub fn read(variables: Variables<'_>) -> Result<Seat, String> {
        let is_set = |name: &str| variables(name).is_some_and(|value| !value.is_empty());
        let Some(names) = LAUNCHERS.iter().find(|names| is_set(names.rank) && is_set(names.size)) else {
            return match [TORCHRUN.rank, TORCHRUN.size].map(is_set) {
                [true, false] => {
                    Err("`RANK` is set, but `WORLD_SIZE` is not: set both, or neither".to_owned())
                }
                _ => Ok(Seat::alone()),
            };
        };
        let number = |name| number(variables, name);
        let (rank, size) = (number(names.rank)?.unwrap_or(0), number(names.size)?.unwrap_or(1));
        if rank >= size {
            let Names { rank: a, size: b, .. } = names;
            return Err(format!(
                "`{a}` is {rank}, but `{b}` is {size}: ranks go from 0 to {}",
                size.max(1) - 1
            ));
        }
        let local_rank = number(names.local_rank)?.unwrap_or(rank);
        let local_size = number(names.local_size)?;
        let address = address(variables, names.launcher, local_size.is_none_or(|local| local == size))?;
        // torch/distributed/rendezvous.py, `_env_rendezvous_handler` and `_create_c10d_store`.
        let has_agent = variables("TORCHELASTIC_USE_AGENT_STORE").is_some_and(|word| word == "True");
        Ok(Seat { rank, size, local_rank, local_size, address, has_agent })
    }
}

fn number(variables: Variables<'_>, name: &str) -> Result<Option<usize>, String> {
    let Some(text) = variables(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| format!("`{name}` is {text:?}, which is no number of processes"))
}

/// `MASTER_ADDR` and `MASTER_PORT`; what is missing follows from the launcher where it can.
fn address(variables: Variables<'_>, launcher: &str, is_one_machine: bool) -> Result<Address, String> {
    let port = match variables("MASTER_PORT").filter(|text| !text.is_empty()) {
        Some(text) => {
            text.trim().parse().map_err(|_| format!("`MASTER_PORT` is {text:?}, which is no port"))?
        }
        None => variables("SLURM_JOB_ID").map_or(PORT, |job| job_port(&job)),
    };
    let named = variables("MASTER_ADDR").filter(|text| !text.is_empty());
    let first_node = || variables("SLURM_STEP_NODELIST").and_then(|nodes| first_of(&nodes));
    let attempt = variables("TORCHELASTIC_RESTART_COUNT").unwrap_or_default();
    let prefix = if attempt.is_empty() { String::new() } else { format!("attempt{attempt}/") };
    match named.or_else(|| (launcher == "srun").then(first_node).flatten()) {
        Some(host) => Ok(Address { host, port, prefix }),
        None if is_one_machine => Ok(Address { prefix, ..loopback(port) }),
        None => Err(format!(
            "`MASTER_ADDR` is not set: {launcher} started processes on several machines, which meet at the first \
             one; set it to that machine's name, and `MASTER_PORT` to a free port there"
        )),
    }
}

fn loopback(port: u16) -> Address {
    Address { host: "127.0.0.1".to_owned(), port, prefix: String::new() }
}

/// Jobs that share a machine meet at different ports, and all tasks of a job at the same one.
fn job_port(job: &str) -> u16 {
    let number: u64 = job.parse().unwrap_or(0);
    15_000 + u16::try_from(number % 10_000).expect("it is below 10000")
}

/// The first host of a Slurm list: `node[07-12,15],other` → `node07`.
fn first_of(nodes: &str) -> Option<String> {
    let end = nodes.find([',', '[']).unwrap_or(nodes.len());
    let (name, rest) = nodes.split_at(end);
    let digits = rest.strip_prefix('[').map_or("", |range| range.split(['-', ',', ']']).next().unwrap_or(""));
    (!name.is_empty()).then(|| format!("{name}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(variables: &[(&str, &str)]) -> Result<Seat, String> {
        Seat::read(&|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn told(variables: &[(&str, &str)]) -> (usize, usize, usize, String) {
        let seat = seat(variables).expect("a sound environment");
        (seat.rank, seat.size, seat.local_rank, format!("{}:{}", seat.address.host, seat.address.port))
    }

    #[test]
    fn without_a_launcher_there_is_one_process() {
        assert_eq!(seat(&[]), Ok(Seat::alone()));
        // What a batch script of Slurm sees outside of srun.
        let batch = [("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8"), ("SLURM_JOB_ID", "7")];
        assert_eq!(seat(&batch), Ok(Seat::alone()));
    }

    #[test]
    fn each_launcher_is_understood() {
        let torchrun = [
            ("RANK", "3"),
            ("WORLD_SIZE", "4"),
            ("LOCAL_RANK", "1"),
            ("LOCAL_WORLD_SIZE", "2"),
            ("MASTER_ADDR", "node0"),
            ("MASTER_PORT", "1234"),
        ];
        assert_eq!(told(&torchrun), (3, 4, 1, "node0:1234".to_owned()));
        let elastic = [torchrun.as_slice(), &[("TORCHELASTIC_USE_AGENT_STORE", "True")]].concat();
        assert!(seat(&elastic).expect("a sound environment").has_agent);
        let mpirun = [("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")];
        assert_eq!(told(&mpirun), (1, 2, 1, "127.0.0.1:29500".to_owned()));
        let srun = [
            ("SLURM_PROCID", "5"),
            ("SLURM_STEP_NUM_TASKS", "8"),
            ("SLURM_LOCALID", "1"),
            ("SLURM_NTASKS_PER_NODE", "4"),
            ("SLURM_STEP_NODELIST", "gpu[07-08],x1"),
            ("SLURM_JOB_ID", "123456"),
        ];
        assert_eq!(told(&srun), (5, 8, 1, "gpu07:18456".to_owned()));
        let mpiexec = [("PMI_RANK", "0"), ("PMI_SIZE", "2"), ("MPI_LOCALRANKID", "0")];
        assert_eq!(told(&mpiexec), (0, 2, 0, "127.0.0.1:29500".to_owned()));
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let wrong = |variables: &[(&str, &str)]| seat(variables).expect_err("it cannot be");
        assert!(wrong(&[("RANK", "x"), ("WORLD_SIZE", "2")]).contains("`RANK` is \"x\""));
        assert!(wrong(&[("RANK", "2"), ("WORLD_SIZE", "2")]).contains("from 0 to 1"));
        assert!(wrong(&[("RANK", "0"), ("WORLD_SIZE", "0")]).contains("`WORLD_SIZE` is 0"));
        assert!(wrong(&[("RANK", "0")]).contains("`WORLD_SIZE` is not"));
        let port = [("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_PORT", "70000")];
        assert!(wrong(&port).contains("no port"));
        let far = [("RANK", "0"), ("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "2")];
        assert!(wrong(&far).contains("`MASTER_ADDR` is not set"));
    }

    #[test]
    fn the_first_node_of_a_list() {
        let firsts =
            ["a", "a,b", "n[3]", "n[03-9,11],m", "n[1,2]-x"].map(|nodes| first_of(nodes).expect("one"));
        assert_eq!(firsts, ["a", "a", "n3", "n03", "n1"]);
        assert_eq!(first_of(""), None);
    }
}
