//! Ranges of another source, one behind the other: a file on a disc image, a partition.

use std::io;
use std::sync::Arc;

use super::Source;
use crate::model::Extent;

/// Extents of `inner` as one run of bytes. Holes read as zeros; what lies past the end of `inner`
/// cannot be read and ends the source early.
pub struct ExtentSource {
    inner: Arc<dyn Source>,
    /// Where each extent starts in this source.
    starts: Vec<u64>,
    extents: Vec<Extent>,
    length: u64,
}

impl ExtentSource {
    /// The `extents` of `inner`, cut off at `length` if that is given.
    pub fn new(inner: Arc<dyn Source>, extents: &[Extent], length: Option<u64>) -> Self {
        let mut starts = Vec::with_capacity(extents.len());
        let mut at = 0u64;
        for extent in extents {
            starts.push(at);
            at = at.saturating_add(extent.length);
        }
        let length = length.map_or(at, |length| length.min(at));
        Self { inner, starts, extents: extents.to_vec(), length }
    }

    /// One range of `inner`.
    pub fn range(inner: Arc<dyn Source>, start: u64, end: u64) -> Self {
        let length = end.saturating_sub(start);
        Self::new(inner, &[Extent { start, length }], None)
    }
}

impl Source for ExtentSource {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        let mut at = offset;
        let mut index = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        while at < self.length
            && let (Some(start), Some(extent)) = (self.starts.get(index), self.extents.get(index))
            && let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty())
        {
            let within = at - start;
            let left = extent.length.saturating_sub(within).min(self.length - at);
            let wanted = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            index += 1;
            let Some(rest) = rest.get_mut(..wanted).filter(|rest| !rest.is_empty()) else {
                continue;
            };
            let read = if extent.is_hole() {
                rest.fill(0);
                wanted
            } else {
                self.inner.read_at(extent.start.saturating_add(within), rest)?
            };
            filled += read;
            at += read as u64;
            if read < wanted {
                break;
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_read_as_one_run_whatever_the_position() {
        let inner: Arc<dyn Source> = Arc::new((0u8..=255).collect::<Vec<_>>());
        let extents = [
            Extent { start: 10, length: 3 },
            Extent { start: Extent::HOLE, length: 2 },
            Extent { start: 0, length: 0 },
            Extent { start: 250, length: 4 },
        ];
        let source = ExtentSource::new(inner, &extents, Some(8));
        let whole = [10, 11, 12, 0, 0, 250, 251, 252];
        assert_eq!(source.len(), 8);
        for start in 0..10 {
            for length in 0..10 {
                let mut buffer = vec![9; length];
                let n = source.read_at(start as u64, &mut buffer).expect("memory");
                let expected = &whole[start.min(8)..(start + length).min(8)];
                assert_eq!(&buffer[..n], expected);
            }
        }
    }
}
