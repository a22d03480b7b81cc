//! Boot files that were moved: their boot information table names another sector now.
//!
//! The reader tells the table's numbers as facts, and only where each of them recomputes from the
//! volume. Here they are taken out of the comparison of the bytes: with the numbers of the approved
//! build put back, the new content must be the approved one, or what the declared edits give.

use std::io;

use crate::model::fact::field;
use crate::model::{Digest, Row, Value};
use crate::source::{Forward, Source};

/// Offset of the table's numbers in a boot file.
const AT: u64 = 8;

/// The numbers of the table of an entry, as its bytes hold them, if it has one.
fn table(row: &Row) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let fields = [
        field::BOOT_TABLE_DESCRIPTOR,
        field::BOOT_TABLE_FILE,
        field::BOOT_TABLE_LENGTH,
        field::BOOT_TABLE_SUM,
    ];
    for (field, four) in fields.into_iter().zip(bytes.chunks_exact_mut(4)) {
        let Value::Number(number) = row.fact(field)? else { return None };
        four.copy_from_slice(&u32::try_from(*number).ok()?.to_le_bytes());
    }
    Some(bytes)
}

/// A new content with the table of the approved build in the place of its own.
pub(super) struct PutBack<'a> {
    new: &'a dyn Source,
    table: [u8; 16],
}

impl<'a> PutBack<'a> {
    /// The content of `rows`, old and new, if both have a table and these differ.
    pub(super) fn of(rows: (&Row, &Row), new: &'a dyn Source) -> Option<Self> {
        let (old, now) = (table(rows.0)?, table(rows.1)?);
        (old != now).then_some(Self { new, table: old })
    }

    /// Whether nothing else differs from the content of that digest.
    pub(super) fn is(&self, approved: Option<Digest>) -> io::Result<bool> {
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut Forward::new(self), &mut hasher)?;
        Ok(approved == Some(hasher.finalize().into()))
    }
}

impl Source for PutBack<'_> {
    fn len(&self) -> u64 {
        self.new.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.new.read_at(offset, buffer)?;
        for (at, byte) in (AT..).zip(self.table) {
            let place = at.checked_sub(offset).and_then(|place| usize::try_from(place).ok());
            if let Some(slot) = place.filter(|&place| place < n).and_then(|at| buffer.get_mut(at)) {
                *slot = byte;
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::read_exact;

    #[test]
    fn the_table_is_put_back_wherever_a_read_begins() {
        let new: Vec<u8> = (0..40).collect();
        let back = PutBack { new: &new, table: [0xff; 16] };
        let expected: Vec<u8> =
            (0..40).map(|n| if (8..24).contains(&n) { 0xff } else { n }).collect();
        for from in 0..40u64 {
            for length in 0..=40 - from {
                let read = read_exact(&back, from, length).expect("there");
                let range = from as usize..(from + length) as usize;
                assert_eq!(read, expected.get(range).expect("there"));
            }
        }
    }
}
