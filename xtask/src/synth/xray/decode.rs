// SPDX-License-Identifier: MIT OR Apache-2.0
//! Back from bits to features: what a bitstream says, read by the same database.

use std::collections::HashSet;

use super::{Database, Frames, Place};

/// The features whose bits are as they have to be, at least one of them 1; and the ones that no feature explains.
pub fn decode(database: &Database, frames: &Frames) -> (Vec<String>, Vec<Place>) {
    let mut found = vec![];
    let mut left: HashSet<Place> = frames.ones().collect();
    for (name, tile) in &database.tiles {
        // A design uses few of the tiles.
        for block in tile.blocks.iter().filter(|block| frames.any(block)) {
            let kind = block.alias.as_ref().map_or(&tile.kind, |alias| &alias.kind);
            let Some(features) = database.features.get(&(kind.clone(), block.bus.clone())) else { continue };
            for ((feature, index), bits) in features {
                let places: Option<Vec<_>> =
                    bits.iter().map(|bit| Some((block.place(*bit)?, bit.set))).collect();
                let Some(places) = places else { continue };
                let as_wanted = places.iter().all(|(place, set)| frames.has(*place) == *set);
                if as_wanted && places.iter().any(|(_, set)| *set) {
                    found.push(format!("{name}.{feature}[{index}]"));
                    for (place, _) in places {
                        left.remove(&place);
                    }
                }
            }
        }
    }
    found.sort_unstable();
    let mut left: Vec<_> = left.into_iter().collect();
    left.sort_unstable();
    (found, left)
}

#[cfg(test)]
mod tests {
    use super::super::database::tests::made_up;
    use super::super::{assemble, lines};
    use super::*;

    #[test]
    fn what_was_assembled_is_found_again() {
        let database = made_up();
        let text = "INT_L_X0Y0.A.B[0]\nBRAM_L_X1Y0.RAMB18_Y0.INIT_00[1]\nLIOB33_SING_X0Y0.IOB_Y0.PULL[0]";
        let mut frames = assemble(&database, &lines(text).unwrap()).unwrap();
        let stranger = Place { frame: 0x101, bit: 0 };
        frames.set(stranger);
        let (found, left) = decode(&database, &frames);
        let mut wanted: Vec<_> = text.lines().collect();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        assert_eq!(left, [stranger]);
    }
}
