//! Line and column of a byte in a text.

use std::io;

use crate::source::Source;

/// Texts beyond this size are not read to count their lines.
const LIMIT: u64 = 64 << 20;

/// Line and column, both from 1, of the byte at `offset`; the column counts characters. LF, CR LF
/// and a lone CR end a line. `None` in a text of more than 64 MiB.
pub fn position(
    source: &dyn Source,
    offset: u64,
    encoding: Option<&str>,
) -> io::Result<Option<(u64, u64)>> {
    if offset > LIMIT {
        return Ok(None);
    }
    let is_utf8 = encoding.is_none_or(|label| label.eq_ignore_ascii_case("utf-8"));
    let (mut line, mut column, mut after_cr) = (1, 1, false);
    let mut buffer = vec![0; 64 << 10];
    let mut at = 0;
    while at < offset {
        let wanted = usize::try_from(offset - at).unwrap_or(usize::MAX).min(buffer.len());
        let n = source.read_at(at, buffer.get_mut(..wanted).unwrap_or_default())?;
        if n == 0 {
            break;
        }
        for &byte in buffer.get(..n).unwrap_or_default() {
            match byte {
                b'\n' if after_cr => column = 1,
                b'\n' | b'\r' => (line, column) = (line + 1, 1),
                // Of a UTF-8 sequence only the first byte counts.
                0x80..=0xbf if is_utf8 => {}
                _ => column += 1,
            }
            after_cr = byte == b'\r';
        }
        at += n as u64;
    }
    Ok(Some((line, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_counts_once_and_columns_are_characters() {
        let text = "a\r\nb\rcé®x\n".as_bytes().to_vec();
        let at = |offset, encoding| position(&text, offset, encoding).expect("memory");
        assert_eq!(at(0, None), Some((1, 1)));
        assert_eq!(at(3, None), Some((2, 1)));
        assert_eq!(at(5, None), Some((3, 1)));
        assert_eq!(at(10, None), Some((3, 4)));
        assert_eq!(at(10, Some("macintosh")), Some((3, 6)));
    }
}
