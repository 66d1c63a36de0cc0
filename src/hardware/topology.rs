//! How the GPUs of a machine reach each other, in the words of `nvidia-smi topo -m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The best way from one GPU to another, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It is the same one.
    Itself,
    /// That many NVLinks, directly or through a switch of NVLinks.
    NvLink(u32),
    /// Both are on one board.
    Board,
    /// Through one PCIe switch.
    Switch,
    /// Through several PCIe switches.
    Switches,
    /// Through the PCIe host bridge of a processor.
    Bridge,
    /// Between the host bridges of one NUMA node.
    Node,
    /// From one processor to another.
    System,
}

/// Row by row: how the first GPU reaches each, then the second. Nothing where the driver does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Topology(pub Vec<Vec<Option<Reach>>>);

impl Topology {
    /// How one GPU reaches another, by their places in the list of devices.
    pub fn between(&self, from: usize, to: usize) -> Option<Reach> {
        self.0.get(from)?.get(to).copied().flatten()
    }

    /// The slowest way between any two, which is what collectives over all of them go at. Nothing for
    /// fewer than two GPUs, or where a way is unknown.
    pub fn slowest(&self) -> Option<Reach> {
        let ways = self.0.iter().enumerate().flat_map(|(from, row)| row.iter().skip(from + 1).copied());
        let ways: Option<Vec<Reach>> = ways.collect();
        // Fewer NVLinks are slower, though the number is smaller.
        ways?.into_iter().max_by_key(|way| match way {
            Reach::NvLink(links) => (Reach::NvLink(0), u32::MAX - links),
            way => (*way, 0),
        })
    }

    /// Every GPU reaches every other over that many NVLinks.
    pub fn nvlinked(gpus: usize, links: u32) -> Topology {
        let way = |from, to| Some(if from == to { Reach::Itself } else { Reach::NvLink(links) });
        Topology((0..gpus).map(|from| (0..gpus).map(|to| way(from, to)).collect()).collect())
    }
}

impl Reach {
    /// What the word means, for people.
    pub fn sentence(self) -> String {
        match self {
            Reach::Itself => "the same GPU".to_owned(),
            Reach::NvLink(links) => crate::text::count(links as usize, "NVLink"),
            Reach::Board => "on one board".to_owned(),
            Reach::Switch => "through one PCIe switch".to_owned(),
            Reach::Switches => "through several PCIe switches".to_owned(),
            Reach::Bridge => "through a processor's PCIe host bridge".to_owned(),
            Reach::Node => "between PCIe host bridges of one processor".to_owned(),
            Reach::System => "from processor to processor".to_owned(),
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::Itself => out.pad("X"),
            Reach::NvLink(links) => out.pad(&format!("NV{links}")),
            Reach::Board => out.pad("PSB"),
            Reach::Switch => out.pad("PIX"),
            Reach::Switches => out.pad("PXB"),
            Reach::Bridge => out.pad("PHB"),
            Reach::Node => out.pad("NODE"),
            Reach::System => out.pad("SYS"),
        }
    }
}

impl FromStr for Reach {
    type Err = String;

    fn from_str(word: &str) -> Result<Reach, String> {
        Ok(match word {
            "X" => Reach::Itself,
            "PSB" => Reach::Board,
            "PIX" => Reach::Switch,
            "PXB" => Reach::Switches,
            "PHB" => Reach::Bridge,
            "NODE" => Reach::Node,
            "SYS" => Reach::System,
            _ => match word.strip_prefix("NV").map(str::parse) {
                Some(Ok(links)) => Reach::NvLink(links),
                _ => {
                    return Err(format!(
                        "`{word}` is no way between GPUs; write X, NV4, PIX, PXB, PHB, NODE or SYS"
                    ));
                }
            },
        })
    }
}

impl Serialize for Reach {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reach {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Reach, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        let ways = [
            Reach::Itself,
            Reach::NvLink(18),
            Reach::Board,
            Reach::Switch,
            Reach::Switches,
            Reach::Bridge,
            Reach::Node,
            Reach::System,
        ];
        for way in ways {
            assert_eq!(way.to_string().parse(), Ok(way));
        }
        assert!("NVX".parse::<Reach>().is_err());
    }

    #[test]
    fn the_slowest_way_counts() {
        assert_eq!(Topology::nvlinked(8, 18).slowest(), Some(Reach::NvLink(18)));
        assert_eq!(Topology::nvlinked(1, 18).slowest(), None);
        let mut pairs = Topology::nvlinked(3, 4);
        pairs.0[0][2] = Some(Reach::NvLink(2));
        assert_eq!(pairs.slowest(), Some(Reach::NvLink(2)), "fewer links are slower");
        pairs.0[1][2] = Some(Reach::System);
        assert_eq!(pairs.slowest(), Some(Reach::System));
        pairs.0[1][2] = None;
        assert_eq!(pairs.slowest(), None, "what is unknown is not guessed");
    }
}
