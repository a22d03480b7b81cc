//! Path tables: a second list of all directories, which must say what the directories say.
//!
//! ECMA-119 6.9 and 9.4. A table that agrees with the tree holds no information of its own, so all
//! of it is layout.

use super::image::Image;
use super::tree::Tree;
use crate::model::claim::SLACK;
use crate::model::{GapKind, Owner, Part, Role, Structure};
use crate::readers::Spent;
use crate::source::{be16, be32, le16, le32};

static PATH_TABLE_L: Role = Role::structure("path table L");
static PATH_TABLE_M: Role = Role::structure("path table M");

/// Which of the up to four tables.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// First logical block.
    pub(super) block: u32,
    /// Bytes recorded.
    pub(super) size: u32,
    /// Type M: big-endian.
    pub(super) big: bool,
}

/// Reads a table, accounts for it and compares it with the tree.
pub(super) fn read(image: &mut Image<'_>, tree: &Tree, table: Table) -> Result<(), Spent> {
    let Table { block, size, big } = table;
    let at = image.offset(block);
    let bytes = image.read(at, size.into())?;
    let end = at + bytes.len() as u64;
    let role = if big { &PATH_TABLE_M } else { &PATH_TABLE_L };
    let wrong = compare(&bytes, tree, big);
    let parts = [Part::layout(0..bytes.len(), wrong.is_none())];
    let (view, owner) = (tree.view, Owner::Volume);
    image.volume.structure(&Structure { view, role, owner, at, bytes: &bytes, parts: &parts });
    if let Some(over) = end.checked_rem(image.block).filter(|&over| over != 0) {
        image.volume.claim(view, end..end + image.block - over, &SLACK, owner);
    }
    image.furthest = image.furthest.max(end);
    if let Some((offset, message)) = wrong {
        let here = at + offset as u64;
        let message = format!("{} at {here}: {message}", role.name);
        image.volume.defect("structure/iso-path-table", owner, Some(here..end), message);
    }
    if (bytes.len() as u64) < u64::from(size) {
        image.outside(owner, end..at + u64::from(size), role.name);
    }
    if bytes.is_empty() && size != 0 {
        let message = format!("{} at block {block} cannot be read", role.name);
        image.volume.unread(GapKind::Damaged, owner, None, message);
    }
    Ok(())
}

/// Bytes that a path table of a tree takes.
pub(super) fn expected_size(tree: &Tree) -> u64 {
    let sizes = (0..tree.directories.len()).map(|index| {
        let length = tree.identifier(index).len() as u64;
        8 + length + length % 2
    });
    sizes.sum()
}

/// The first contradiction: its offset and what it is.
fn compare(bytes: &[u8], tree: &Tree, big: bool) -> Option<(usize, String)> {
    let word = if big { be16 } else { le16 };
    let long = if big { be32 } else { le32 };
    // The extents of the directories in the order of the table; parents are named by their place.
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let fields = || {
            let name_length = usize::from(*bytes.get(at)?);
            let name = bytes.get(at + 8..at + 8 + name_length)?;
            Some((*bytes.get(at + 1)?, long(bytes, at + 2)?, word(bytes, at + 6)?, name))
        };
        let Some((attributes, block, parent, name)) =
            fields().filter(|fields| !fields.3.is_empty())
        else {
            return Some((at, format!("record number {} is cut off", blocks.len() + 1)));
        };
        blocks.push(block);
        let Some(&index) = tree.by_block.get(&block) else {
            return Some((at, format!("no directory at block {block}")));
        };
        let Some(directory) = tree.directories.get(index) else { return Some((at, String::new())) };
        if tree.identifier(index) != name {
            return Some((at, format!("another identifier than the directory at block {block}")));
        }
        if directory.record.map_or(0, |record| record.attribute_blocks) != attributes {
            return Some((at, format!("another attribute length than at block {block}")));
        }
        let above = usize::from(parent).checked_sub(1).and_then(|parent| blocks.get(parent));
        let expected = tree.directories.get(directory.parent).map(|above| above.block);
        if above.copied() != expected {
            return Some((at, format!("parent number {parent} of the directory at block {block}")));
        }
        if name.len() % 2 != 0 && bytes.get(at + 8 + name.len()).is_some_and(|&pad| pad != 0) {
            return Some((at, "padding that is not zero".into()));
        }
        at += 8 + name.len() + name.len() % 2;
    }
    if blocks.len() != tree.directories.len() {
        let message =
            format!("{} directories, the tree has {}", blocks.len(), tree.directories.len());
        return Some((0, message));
    }
    None
}
