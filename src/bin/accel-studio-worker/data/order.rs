//! A seeded order of n things that needs no list of them: the i-th is computed.
//!
//! A Feistel network permutes the numbers of 2k bits (Luby and Rackoff 1988); results that are too large are permuted
//! again until they fit ("cycle walking", Black and Rogaway 2002). Our own, because a resumed run must find the
//! same order with every later release, which shuffles of crates do not promise.

/// Rounds of the network. Four make it a pseudo-random permutation in theory; small domains want more.
const ROUNDS: u64 = 8;

/// An order of `len` things.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    len: u64,
    half_bits: u32,
    keys: [u64; ROUNDS as usize],
}

impl Permutation {
    /// The order that belongs to a seed and to one of its streams (an epoch).
    pub fn new(len: u64, seed: u64, stream: u64) -> Permutation {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        let start = mix(seed ^ mix(stream));
        let keys = std::array::from_fn(|round| mix(start.wrapping_add(round as u64)));
        Permutation { len, half_bits: bits.div_ceil(2).max(1), keys }
    }

    /// How many things there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Which thing comes at `place`, which is below `len`.
    pub fn at(&self, place: u64) -> u64 {
        debug_assert!(place < self.len, "place {place} of {}", self.len);
        let mut number = self.permute(place);
        while number >= self.len {
            number = self.permute(number);
        }
        number
    }

    fn permute(&self, number: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (number >> self.half_bits, number & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        (left << self.half_bits) | right
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit depends on every bit.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(len: u64, seed: u64, stream: u64) -> Vec<u64> {
        let order = Permutation::new(len, seed, stream);
        (0..len).map(|place| order.at(place)).collect()
    }

    #[test]
    fn every_thing_comes_once() {
        for len in [1, 2, 3, 7, 64, 65, 1000] {
            let mut order = all(len, 5, 1);
            order.sort_unstable();
            assert_eq!(order, (0..len).collect::<Vec<_>>(), "{len}");
        }
    }

    /// Written down: a run that was saved by an older release must go on with the same order.
    #[test]
    fn the_order_stays_the_same_from_release_to_release() {
        assert_eq!(all(10, 42, 1), [7, 5, 1, 6, 0, 9, 2, 4, 8, 3]);
    }

    #[test]
    fn seeds_and_epochs_differ() {
        assert_ne!(all(50, 1, 1), all(50, 2, 1));
        assert_ne!(all(50, 1, 1), all(50, 1, 2));
    }

    /// Of a fair order, a thing is as often in the first half as in the second; 5 standard deviations.
    #[test]
    fn no_place_is_preferred() {
        let firsts = (0..4000).filter(|seed| Permutation::new(10, *seed, 1).at(3) < 5).count();
        assert!((1842..=2158).contains(&firsts), "{firsts}");
    }
}
