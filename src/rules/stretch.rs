//! The bytes of a content from first to last, in stretches with what stands around them: at once where
//! they are in memory, else read forward in bounded memory.

use std::io::{self, Read};
use std::ops::Range;

use super::parsed::Hit;
use crate::model::Evidence;
use crate::source::{Forward, Source};

/// Bytes of a stretch.
const OWN: usize = 256 << 10;
/// Bytes around it, if there are so many.
const AROUND: usize = 1 << 10;

/// Some bytes of a content.
#[derive(Clone, Debug)]
pub struct Stretch<'a> {
    /// They, and what stands around them.
    pub bytes: &'a [u8],
    /// Offset of the first of these in the content.
    pub start: u64,
    /// Which of them are the stretch itself. Each byte of a content is in one stretch.
    pub own: Range<usize>,
}

impl Stretch<'_> {
    /// The bytes of the stretch itself, and the offset of the first.
    pub fn own(&self) -> (u64, &[u8]) {
        (self.start + self.own.start as u64, self.bytes.get(self.own.clone()).unwrap_or_default())
    }

    /// A hit at some of the bytes.
    pub fn hit(&self, range: &Range<usize>, detail: impl Into<String>) -> Hit {
        let evidence = Evidence::around(self.bytes, range.start, self.start);
        let start = self.start + range.start as u64;
        Hit { evidence, ..Hit::new(detail).at(start, range.len() as u64) }
    }
}

/// Reads a content of `size` bytes and shows its stretches.
pub(super) fn read(
    source: &dyn Source,
    size: u64,
    see: &mut dyn FnMut(&Stretch<'_>),
) -> io::Result<()> {
    let mut data = Forward::new(source);
    let mut bytes = Vec::with_capacity(OWN + 2 * AROUND);
    let (mut start, mut from) = (0, 0);
    loop {
        let wanted = OWN + AROUND - (bytes.len() - from);
        let read = (&mut data).take(wanted as u64).read_to_end(&mut bytes)?;
        let is_last = read < wanted;
        let end = if is_last { bytes.len() } else { from + OWN };
        if start + bytes.len() as u64 > size || is_last && start + (bytes.len() as u64) < size {
            return Err(io::Error::other("it is of another size than before"));
        }
        see(&Stretch { bytes: &bytes, start, own: from..end });
        if is_last {
            return Ok(());
        }
        let passed = end.saturating_sub(AROUND);
        bytes.drain(..passed);
        start += passed as u64;
        from = end - passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_in_one_stretch_with_what_stands_around_it() {
        let sizes = [0, 1, OWN - 1, OWN, OWN + 1, OWN + AROUND, OWN + AROUND + 1, 3 * OWN + 7];
        for size in sizes {
            let bytes: Vec<u8> = (0..size).map(|n| (n / 7) as u8).collect();
            let mut all = Vec::new();
            let done = read(&bytes, size as u64, &mut |stretch| {
                let (at, own) = stretch.own();
                assert_eq!(at, all.len() as u64, "{size}");
                all.extend_from_slice(own);
                let (from, to) =
                    (stretch.start as usize, stretch.start as usize + stretch.bytes.len());
                assert_eq!(bytes.get(from..to), Some(stretch.bytes), "{size}");
                assert!(from == 0 || at as usize - from == AROUND, "{size}");
                assert!(to == size || to - all.len() == AROUND, "{size}");
            });
            done.expect("in memory");
            assert!(all == bytes, "{size}");
            for other in [size as u64 + 1, (size as u64).saturating_sub(1)] {
                let done = read(&bytes, other, &mut |_| {});
                assert_eq!(done.is_err(), other != size as u64, "{size}");
            }
        }
    }
}
