//! Which gradients travel together: many small units at once, large ones in pieces.

/// Units that are reduced as soon as the last of them is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// In the order in which backward completes them.
    pub units: Vec<usize>,
    /// How many are ready.
    pub ready: usize,
    /// Start and length of each piece of what they hold together, in numbers.
    pub pieces: Vec<(i64, i64)>,
}

/// Bytes of one gradient.
const FP32: u64 = 4;

/// Buckets of about `bytes` for units of these sizes, in the order in which backward completes them. A unit larger
/// than a bucket has one of its own, which travels in several pieces.
pub fn buckets(order: &[usize], sizes: &[i64], bytes: u64) -> Vec<Bucket> {
    let most = i64::try_from(bytes / FP32).unwrap_or(i64::MAX).max(1);
    let mut buckets: Vec<(Vec<usize>, i64)> = Vec::new();
    for unit in order {
        let size = sizes[*unit];
        match buckets.last_mut() {
            Some((units, held)) if held.saturating_add(size) <= most => {
                units.push(*unit);
                *held += size;
            }
            _ => buckets.push((vec![*unit], size)),
        }
    }
    buckets.into_iter().map(|(units, held)| Bucket { units, ready: 0, pieces: pieces(held, most) }).collect()
}

fn pieces(held: i64, most: i64) -> Vec<(i64, i64)> {
    let starts = (0..).map(|piece| piece * most).take_while(|start| *start < held);
    starts.map(|start| (start, most.min(held - start))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_units_travel_together_and_large_ones_in_pieces() {
        let buckets = buckets(&[3, 2, 1, 0], &[25, 4, 3, 3], 40);
        let units: Vec<&[usize]> = buckets.iter().map(|bucket| bucket.units.as_slice()).collect();
        assert_eq!(units, [[3, 2, 1].as_slice(), &[0]]);
        assert_eq!(buckets[0].pieces, [(0, 10)]);
        assert_eq!(buckets[1].pieces, [(0, 10), (10, 10), (20, 5)]);
    }

    #[test]
    fn every_number_travels_once_whatever_the_limit() {
        for bytes in [0, 1, 4, 7, 100, u64::MAX] {
            let buckets = buckets(&[0, 1, 2], &[5, 1, 9], bytes);
            let pieces = buckets.iter().flat_map(|bucket| &bucket.pieces);
            assert_eq!(pieces.map(|(_, length)| length).sum::<i64>(), 15, "{bytes}");
        }
    }
}
