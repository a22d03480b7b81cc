//! The data of an entry: how many bytes follow, the sparse map, the padding up to the next block.

use std::io::Read as _;
use std::ops::Range;

use super::header::{Header, SIZE};
use super::sparse::{self, Map, padding};
use super::stream::Block;
use super::{Issue, Spent, Walk, drain};
use crate::model::claim::{CONTENT, SLACK};
use crate::model::{ContentId, GapKind, Kind, Owner, Part, Role, Stored};

static MAP: Role = Role::structure("sparse map");

/// Longest sparse map, blocks.
const MAP_BLOCKS: usize = 1 << 13;

/// A region of the entry's own, accounted for when its node is known.
pub(super) struct Region {
    pub role: &'static Role,
    pub at: u64,
    pub bytes: Vec<u8>,
    pub parts: Vec<Part>,
}

/// Where the reading of an entry's data stands.
pub(super) struct Body<'w, 's, 'i, 'a> {
    pub walk: &'w mut Walk<'s, 'i>,
    pub header: &'a Header,
    pub path: &'a [u8],
    pub issues: &'w mut Vec<Issue>,
    pub regions: &'w mut Vec<Region>,
}

/// The data of an entry, read.
pub(super) struct Data {
    pub id: Option<ContentId>,
    /// Where they lie.
    range: Range<u64>,
    /// What fills the last block.
    padding: Vec<u8>,
    /// Whether all of them are there.
    is_whole: bool,
}

impl Body<'_, '_, '_, '_> {
    /// The bytes that follow the header. For entries that have none a size may mean nothing, or the
    /// writer meant it; the next block tells.
    pub(super) fn real_size(&mut self, size: u64, kind: Kind) -> u64 {
        let has_none = !matches!(kind, Kind::File) && self.header.kind() != b'D';
        if size == 0 || !has_none {
            return size;
        }
        let next = self.walk.stream.block();
        let (follows, back) = match &next {
            Block::Full(block) => {
                let is_other = block.iter().all(|&b| b == 0) || super::header::checks(block);
                (!is_other, Some(block))
            }
            // Bytes that were cut off are data that are missing.
            Block::Partial(_) | Block::End => (false, None),
        };
        if let Some(block) = back {
            self.walk.stream.push_back(block);
        }
        let what = format!(
            "a {} at {} has a size of {size} bytes, {}",
            kind.name(),
            self.header.at,
            if follows { "which follow it" } else { "but no data follow it" }
        );
        let range = self.header.at + SIZE.start as u64..self.header.at + SIZE.end as u64;
        let rule = Some("structure/tar-size-without-data");
        self.issues.push(Issue { rule, kind: None, range, what });
        if follows { size } else { 0 }
    }

    /// The sparse map, if the entry has one, and the stored bytes that are left behind it.
    pub(super) fn map(
        &mut self,
        size: u64,
        pax: Option<Result<sparse::Pax, String>>,
    ) -> Result<(u64, Option<Map>), Spent> {
        let found = match pax {
            _ if self.header.kind() == b'S' => self.old_map(size)?,
            None => return Ok((size, None)),
            Some(Err(what)) => Err(what),
            Some(Ok(pax)) if pax.is_in_data => self.map_in_data(size, pax)?,
            Some(Ok(pax)) => Ok((size, pax.into_map())),
        };
        let (left, what) = match found {
            Ok((left, map)) => match map.fault(left) {
                None if map.is_reasonable(left) => return Ok((left, Some(map))),
                None => {
                    let at = self.header.at;
                    let what =
                        format!("{left} stored bytes make a file of {}: too many holes", map.size);
                    let kind = Some(GapKind::Limit);
                    self.issues.push(Issue { rule: None, kind, range: at..at + 512, what });
                    return Ok((left, None));
                }
                Some(what) => (left, what),
            },
            Err(what) => (size, what),
        };
        let at = self.header.at;
        let what = format!("the sparse map of the entry at {at} is broken: {what}");
        let rule = Some("structure/tar-sparse-map-broken");
        let kind = Some(GapKind::Damaged);
        self.issues.push(Issue { rule, kind, range: at..at + 512, what });
        Ok((left, None))
    }

    /// The map in a GNU header and in the blocks that extend it, which the size does not count.
    fn old_map(&mut self, size: u64) -> Result<Result<(u64, Map), String>, Spent> {
        let Some((mut map, mut is_extended)) = sparse::old(self.header) else {
            return Ok(Err("a field is no number".into()));
        };
        let mut blocks = 0;
        while is_extended && blocks < MAP_BLOCKS {
            blocks += 1;
            let at = self.walk.stream.at;
            self.walk.sink.budget().structure(512)?;
            let Block::Full(block) = self.walk.stream.block() else {
                return Ok(Err(format!("the data end within it, at {at}")));
            };
            let pairs = block.get(..sparse::EXTENSION_FLAG).unwrap_or_default();
            let is_sound = sparse::old_pairs(&mut map, pairs);
            is_extended = block.get(sparse::EXTENSION_FLAG).is_some_and(|&b| b != 0);
            let parts = vec![Part::layout(0..sparse::EXTENSION_FLAG + 1, is_sound)];
            self.regions.push(Region { role: &MAP, at, bytes: block.to_vec(), parts });
            if !is_sound {
                return Ok(Err(format!("a field at {at} is no number")));
            }
        }
        Ok(Ok((size, map)))
    }

    /// The map in front of the data, which the size does count.
    fn map_in_data(
        &mut self,
        size: u64,
        pax: sparse::Pax,
    ) -> Result<Result<(u64, Map), String>, Spent> {
        let mut reader = sparse::InData::new();
        let mut left = size;
        while left >= 512 {
            let at = self.walk.stream.at;
            self.walk.sink.budget().structure(512)?;
            let Block::Full(block) = self.walk.stream.block() else { break };
            let fed = reader.feed(&block[..]);
            let length = match fed {
                sparse::Fed::End(length) => length,
                sparse::Fed::More => block.len(),
                sparse::Fed::NoMap => {
                    self.walk.stream.push_back(&block);
                    break;
                }
            };
            left -= 512;
            let parts = vec![Part::layout(0..length, true)];
            self.regions.push(Region { role: &MAP, at, bytes: block.to_vec(), parts });
            if matches!(fed, sparse::Fed::End(_)) {
                let mut map = pax.into_map();
                map.runs = reader.runs();
                return Ok(Ok((left, map)));
            }
            if self.regions.len() > MAP_BLOCKS {
                break;
            }
        }
        let at = self.walk.stream.at;
        let what = format!("the map in front of the data is not whole at {at}");
        let kind = Some(GapKind::Damaged);
        let rule = Some("structure/tar-sparse-map-broken");
        self.issues.push(Issue { rule, kind, range: at..at + 1, what });
        // What is left is read as it is stored.
        Ok(Ok((left, Map { runs: vec![(0, left)], size: left })))
    }

    /// Hands the data to the sink and reads up to the next block.
    pub(super) fn content(&mut self, size: u64, map: Option<Map>) -> Data {
        let start = self.walk.stream.at;
        let mut stored = Stored::plain(start, size);
        let Walk { stream, sink, view, .. } = &mut *self.walk;
        let name = self.path.rsplit(|&b| b == b'/').next().unwrap_or_default();
        let mut run = stream.run(size);
        let taken = match map {
            None => sink.content(*view, name, stored, &mut run),
            Some(map) => {
                let extents = map.extents(start);
                stored = Stored { size: Some(map.size), extents: extents.clone().into(), ..stored };
                let mut expanded = sparse::Expanded::new(&mut run, extents);
                sink.content(*view, name, stored, &mut expanded)
            }
        };
        drain(&mut run);
        let missing = run.left;
        let end = stream.at;
        let range = start..start.saturating_add(size);
        if missing > 0 {
            let what = format!("expected {size} bytes at {start}, but the data end at {end}");
            let kind = Some(GapKind::Damaged);
            self.issues.push(Issue { rule: None, kind, range: range.clone(), what });
        }
        let id = match taken {
            Ok(id) => Some(id),
            Err(error) if missing == 0 => {
                let what = format!("the content at {start} was not taken: {error}");
                let kind = Some(GapKind::Damaged);
                self.issues.push(Issue { rule: None, kind, range: range.clone(), what });
                None
            }
            Err(_) => None,
        };
        let mut rest = Vec::new();
        if missing == 0 {
            let _ = self.walk.stream.run(padding(size)).read_to_end(&mut rest);
        }
        Data { id, range, padding: rest, is_whole: missing == 0 }
    }
}

impl Data {
    /// Claims the padding, and the data where the sink did not.
    pub(super) fn account(self, walk: &mut Walk<'_, '_>, node: Owner) {
        let view = walk.view;
        let owner = match self.id {
            Some(id) => Owner::Content(id),
            None => node,
        };
        if self.id.is_none() {
            walk.volume().claim(view, self.range.clone(), &CONTENT, node);
        }
        if !self.is_whole {
            // The size in the header is more than there is.
            walk.volume().distrust_layout(view);
        }
        let end = self.range.end;
        let stop = end.saturating_add(self.padding.len() as u64);
        walk.volume().claim(view, end..stop, &SLACK, owner);
        walk.volume().add_residue(view, &SLACK, owner, end, &self.padding);
    }
}
