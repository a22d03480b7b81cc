//! Claims and tiles: who says what about which bytes of a container.
//!
//! On a hybrid disc the HFS header lies in ISO 9660's system area and one extent serves several
//! trees, so a byte has no single owner. Every reader returns claims, which may overlap;
//! [`overlay`] cuts them into tiles without hole or overlap, each with all its claims.

use std::ops::Range;

use super::volume::{ContentId, NodeId, ViewId};

/// How much a claim says about its bytes. Structure beats content, content beats a reservation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strength {
    /// The unused end of a block that belongs to a content.
    Slack,
    /// An area that the format sets aside without saying what stands in it.
    Reserved,
    /// The bytes of an entry.
    Content,
    /// Fields that the reader understands.
    Structure,
}

/// What a range is for, in the words of its format's specification.
#[derive(PartialEq, Eq, Debug)]
pub struct Role {
    /// For example `path table L`, `volume bitmap`, `system area`.
    pub name: &'static str,
    /// How much it says.
    pub strength: Strength,
}

impl Role {
    /// A role whose fields the reader understands.
    pub const fn structure(name: &'static str) -> Self {
        Self { name, strength: Strength::Structure }
    }

    /// An area set aside.
    pub const fn reserved(name: &'static str) -> Self {
        Self { name, strength: Strength::Reserved }
    }
}

/// The bytes of an entry.
pub static CONTENT: Role = Role { name: "content", strength: Strength::Content };
/// The unused end of the last block of a content.
pub static SLACK: Role = Role { name: "slack", strength: Strength::Slack };

/// Whose the range is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// The volume as a whole.
    Volume,
    /// An entry.
    Node(NodeId),
    /// The bytes that one or more entries point at.
    Content(ContentId),
}

/// One statement about a range, in bytes from the start of the container.
#[derive(Clone, Debug)]
pub struct Claim {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// What it is for.
    pub role: &'static Role,
    /// Whose it is.
    pub owner: Owner,
    /// The namespace in which it has that role.
    pub view: ViewId,
    /// Which volume of the container says so; `walk` numbers them.
    pub volume: u16,
}

/// A range in which the same claims hold from end to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Indices into the claims, strongest first; empty where nobody claims the bytes.
    pub claims: Vec<u32>,
}

impl Tile {
    /// The bytes of the tile.
    pub fn range(&self) -> Range<u64> {
        self.start..self.end
    }
}

/// A claim that covers the place at hand.
struct Open {
    /// Strongest first, then the number of the claim.
    key: (std::cmp::Reverse<Strength>, u32),
    end: u64,
}

/// Cuts `0..length` into tiles. Claims that reach past `length` are cut off there; empty ones are
/// passed over. The tiles come in ascending order and tile `0..length` exactly.
///
/// The iterator holds the claims that are open at one place, never all tiles.
pub fn overlay(claims: &[Claim], length: u64) -> impl Iterator<Item = Tile> {
    let mut starts: Vec<u32> = (0..claims.len() as u32)
        .filter(|&i| claims.get(i as usize).is_some_and(|c| c.start < c.end && c.start < length))
        .collect();
    starts.sort_unstable_by_key(|&i| claims.get(i as usize).map(|c| (c.start, c.end, i)));
    let mut pending = starts.into_iter().peekable();
    // The open claims with their ends, strongest first. A hostile container may open as many as it
    // has entries at every place, so what is done for each tile is one walk over this list.
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0u64;
    let start_of = move |i: u32| claims.get(i as usize).map_or(u64::MAX, |c| c.start);
    std::iter::from_fn(move || {
        if at >= length {
            return None;
        }
        while let Some(next) = pending.next_if(|&i| start_of(i) <= at) {
            let Some(claim) = claims.get(next as usize) else { continue };
            let key = (std::cmp::Reverse(claim.role.strength), next);
            let place = open.partition_point(|open| open.key < key);
            open.insert(place, Open { key, end: claim.end.min(length) });
        }
        let mut end = length;
        if let Some(&next) = pending.peek() {
            end = end.min(start_of(next));
        }
        end = open.iter().fold(end, |end, open| end.min(open.end));
        let here = open.iter().map(|open| open.key.1).collect();
        let tile = Tile { start: at, end, claims: here };
        at = end;
        open.retain(|open| open.end > at);
        Some(tile)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static RESERVED: Role = Role::reserved("area");

    fn claim(start: u64, end: u64, role: &'static Role) -> Claim {
        Claim { start, end, role, owner: Owner::Volume, view: ViewId(0), volume: 0 }
    }

    #[test]
    fn the_strongest_claim_comes_first() {
        let claims = [claim(0, 100, &RESERVED), claim(40, 60, &CONTENT)];
        let tiles: Vec<_> = overlay(&claims, 120).map(|t| (t.start, t.end, t.claims)).collect();
        let expected =
            [(0, 40, vec![0]), (40, 60, vec![1, 0]), (60, 100, vec![0]), (100, 120, vec![])];
        assert_eq!(tiles, expected);
    }

    proptest! {
        #[test]
        fn tiles_cover_everything_once(spans in prop::collection::vec((0u64..300, 0u64..80), 0..40), length in 0u64..256) {
            let claims: Vec<_> = spans.iter().map(|&(s, l)| claim(s, s + l, &CONTENT)).collect();
            let mut at = 0;
            for tile in overlay(&claims, length) {
                prop_assert_eq!(tile.start, at);
                prop_assert!(tile.end > at);
                at = tile.end;
                for (i, c) in claims.iter().enumerate() {
                    let inside = c.start <= tile.start && tile.end <= c.end && c.start < c.end;
                    prop_assert_eq!(tile.claims.contains(&(i as u32)), inside);
                }
            }
            prop_assert_eq!(at, length);
        }
    }
}
