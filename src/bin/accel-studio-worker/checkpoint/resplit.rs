//! Parts of a checkpoint → what this rank holds now, however many ranks held it then.

use std::path::Path;

use tch::{Device, Kind, Tensor};

use super::part::{ALL, Part, What};
use super::{Result, State, Whole};
use crate::engine::UnitState;

/// Reads this rank's numbers. `own` tells which they are; files that hold none of them are not opened.
pub fn read(path: &Path, state: &State, own: &[UnitState]) -> Result<Vec<UnitState>> {
    let count = state.parts.len() as i64;
    let mut states: Vec<UnitState> = own.iter().map(empty).collect::<Result<_>>()?;
    for (number, sum) in (0..).zip(&state.parts) {
        let pieces: Vec<(usize, Piece)> = (state.units.iter().zip(own).enumerate())
            .filter_map(|(at, (unit, own))| Some((at, Piece::of(unit, own, number, count)?)))
            .collect();
        if pieces.is_empty() {
            continue;
        }
        let part = Part::open(path, sum)?;
        for (at, piece) in pieces {
            for what in ALL {
                piece.copy(&part, what, &mut states[at])?;
            }
        }
    }
    Ok(states)
}

/// What an old part and a new one have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Where it starts in the old part.
    from: i64,
    /// Where it starts in the new one.
    to: i64,
    length: i64,
}

impl Piece {
    /// Of old part `number` among `count`. Padding is left out: it is 0 and of another length now.
    fn of(unit: &Whole, own: &UnitState, number: i64, count: i64) -> Option<Piece> {
        let length = unit.padded / count;
        let new_length = own.parameters.numel() as i64;
        let start = own.rank_offset.max(number * length);
        let end = (own.rank_offset + new_length).min((number + 1) * length).min(unit.numel);
        (start < end).then(|| Piece {
            from: start - number * length,
            to: start - own.rank_offset,
            length: end - start,
        })
    }

    fn copy(self, part: &Part, what: What, into: &mut UnitState) -> Result<()> {
        let numbers = part.slice(&into.name, what, self.from, self.from + self.length)?;
        let mut place = what.of(into).f_narrow(0, self.to, self.length)?;
        Ok(place.f_copy_(&numbers)?)
    }
}

fn empty(own: &UnitState) -> Result<UnitState> {
    let zeros = || Tensor::f_zeros([own.parameters.numel() as i64], (Kind::Float, Device::Cpu));
    Ok(UnitState {
        name: own.name.clone(),
        numel: own.numel,
        padded: own.padded,
        rank_offset: own.rank_offset,
        parameters: zeros()?,
        first: zeros()?,
        second: zeros()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(rank_offset: i64, length: i64) -> UnitState {
        let zeros = || Tensor::zeros([length], (Kind::Float, Device::Cpu));
        let (parameters, first, second) = (zeros(), zeros(), zeros());
        UnitState { name: "u".to_owned(), numel: 10, padded: 12, rank_offset, parameters, first, second }
    }

    /// Ten numbers, cut in four with two of padding, read by three ranks that hold four each.
    #[test]
    fn pieces_cover_every_number_once() {
        let unit = Whole { name: "u".to_owned(), numel: 10, padded: 12 };
        let mut covered = Vec::new();
        for rank in 0..3 {
            for part in 0..4 {
                let Some(piece) = Piece::of(&unit, &own(rank * 4, 4), part, 4) else { continue };
                assert!(piece.from + piece.length <= 3 && piece.to + piece.length <= 4, "{piece:?}");
                assert_eq!(part * 3 + piece.from, rank * 4 + piece.to);
                covered.extend((0..piece.length).map(|at| part * 3 + piece.from + at));
            }
        }
        assert_eq!(covered, (0..10).collect::<Vec<_>>());
    }
}
