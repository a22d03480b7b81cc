//! Packed bytes as they were before packing: raw deflate (RFC 1951) and gzip (RFC 1952, any number of
//! members), read forward in bounded memory.
//!
//! A [`Decoder`] notices what an ordinary one passes over: stored bytes behind the end of the packed
//! data, and checksums that do not fit. It never allocates from a field of the input.

use std::io::{self, ErrorKind, Read};

use flate2::{FlushDecompress, Status};

use super::inflater::Inflater;
use super::{le16, le32};
use crate::model::Codec;

/// Bytes held to look behind the end of what is stored as it is.
const BEHIND: usize = 512;

/// What stood at the end of the stored bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ending {
    /// Bytes decoded in all.
    pub size: u64,
    /// Members of a gzip file; 1 for the other codecs.
    pub members: u64,
    /// Stored bytes that the decoder did not need.
    pub trailing: u64,
    /// Whether those bytes are all zero: padding of a tape or a block, not data.
    pub zero_padding: bool,
}

/// The decoded bytes of one content.
pub struct Decoder<'a> {
    codec: Codec,
    input: Input<'a>,
    /// `None` for what is stored as it is; its buffer is in `input` meanwhile.
    inflater: Option<Inflater>,
    state: State,
    /// Of the gzip member at hand, or of everything for the other codecs.
    crc: crc32fast::Hasher,
    member_size: u64,
    expected_crc: Option<u32>,
    expected_size: Option<u64>,
    ending: Ending,
    failure: Option<(ErrorKind, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Body,
    MemberEnd,
    Between,
    Done,
}

/// Decodes `stored`, which holds the stored bytes of one content and nothing else.
///
/// ```
/// use std::io::Read as _;
/// use premaster::model::Codec;
/// let stored: &[u8] = &[0x01, 0x02, 0x00, 0xfd, 0xff, b'o', b'k', 0, 0, 0];
/// let mut decoder = premaster::source::decode(Codec::Deflate, Box::new(stored));
/// let mut text = String::new();
/// decoder.read_to_string(&mut text).unwrap();
/// assert_eq!(text, "ok");
/// let ending = decoder.ending().unwrap();
/// assert_eq!((ending.trailing, ending.zero_padding), (3, true));
/// ```
pub fn decode<'a>(codec: Codec, stored: Box<dyn Read + Send + 'a>) -> Decoder<'a> {
    let mut inflater = (codec != Codec::Plain).then(Inflater::take);
    let buffer = match &mut inflater {
        Some(inflater) => std::mem::take(&mut inflater.buffer),
        None => vec![0; BEHIND].into(),
    };
    Decoder {
        codec,
        input: Input { stored, buffer, start: 0, end: 0, taken: 0 },
        inflater,
        state: State::Start,
        crc: crc32fast::Hasher::new(),
        member_size: 0,
        expected_crc: None,
        expected_size: None,
        ending: Ending::default(),
        failure: None,
    }
}

impl Decoder<'_> {
    /// Checks size and CRC-32 of the decoded bytes against what the container records; a difference
    /// is an error of kind `InvalidData` at the end, or as soon as there are too many bytes.
    #[must_use]
    pub fn expecting(mut self, crc32: Option<u32>, size: Option<u64>) -> Self {
        self.expected_crc = crc32;
        self.expected_size = size;
        self
    }

    /// What stood at the end; `None` until a read returned 0 bytes without an error.
    pub fn ending(&self) -> Option<Ending> {
        (self.state == State::Done && self.failure.is_none()).then_some(self.ending)
    }

    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                State::Start if self.codec == Codec::Gzip => {
                    self.header()?;
                    self.state = State::Body;
                }
                State::Start => {
                    self.ending.members = 1;
                    self.state = State::Body;
                }
                State::Body => {
                    let n = match self.codec {
                        Codec::Plain => self.copy(out)?,
                        Codec::Deflate | Codec::Gzip => self.inflate(out)?,
                        Codec::Sealed => {
                            let what =
                                "the bytes are encrypted or packed in a way that is not known";
                            return Err(io::Error::new(io::ErrorKind::Unsupported, what));
                        }
                    };
                    if n > 0 {
                        self.count(out.get(..n).unwrap_or_default())?;
                        return Ok(n);
                    }
                }
                State::MemberEnd if self.codec == Codec::Gzip => {
                    self.trailer()?;
                    self.state = State::Between;
                }
                State::MemberEnd => self.finish()?,
                State::Between => {
                    if self.input.peek(2)? == [0x1f, 0x8b] {
                        if let Some(inflater) = &mut self.inflater {
                            inflater.inflate.reset(false);
                        }
                        self.state = State::Start;
                    } else {
                        self.finish()?;
                    }
                }
                State::Done => return Ok(0),
            }
        }
    }

    /// Moves stored bytes to `out` as they are; 0 where they end.
    fn copy(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read_direct(out)?;
        if n == 0 {
            self.state = State::MemberEnd;
        }
        Ok(n)
    }

    /// One call of the inflater; 0 if it made no output this time.
    fn inflate(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(Inflater { inflate, .. }) = &mut self.inflater else { return Ok(0) };
        let at = self.input.taken;
        let bytes = self.input.fill()?;
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        let ended = bytes.is_empty();
        let status = inflate.decompress(bytes, out, FlushDecompress::None);
        let taken = (inflate.total_in() - before_in) as usize;
        let made = (inflate.total_out() - before_out) as usize;
        self.input.consume(taken);
        match status {
            Err(error) => {
                let size = self.ending.size;
                let what = format!(
                    "the deflate data are broken near stored byte {} ({size} bytes decoded): {error}",
                    at + taken as u64
                );
                return Err(io::Error::new(ErrorKind::InvalidData, what));
            }
            Ok(Status::StreamEnd) => self.state = State::MemberEnd,
            Ok(Status::Ok | Status::BufError) if taken == 0 && made == 0 => {
                let what = if ended {
                    format!("the stored bytes end at {at}, before the last deflate block does")
                } else {
                    format!("the deflate data make no progress at stored byte {at}")
                };
                let kind = if ended { ErrorKind::UnexpectedEof } else { ErrorKind::InvalidData };
                return Err(io::Error::new(kind, what));
            }
            Ok(_) => {}
        }
        Ok(made)
    }

    fn count(&mut self, decoded: &[u8]) -> io::Result<()> {
        self.ending.size = self.ending.size.saturating_add(decoded.len() as u64);
        self.member_size = self.member_size.saturating_add(decoded.len() as u64);
        if self.codec == Codec::Gzip || self.expected_crc.is_some() {
            self.crc.update(decoded);
        }
        match self.expected_size {
            Some(size) if self.ending.size > size => {
                Err(invalid(format!("decodes to more than the {size} bytes recorded")))
            }
            _ => Ok(()),
        }
    }

    /// Counts what is left behind the packed data and compares with what was expected.
    fn finish(&mut self) -> io::Result<()> {
        self.ending.zero_padding = true;
        loop {
            let bytes = self.input.fill()?;
            if bytes.is_empty() {
                break;
            }
            let n = bytes.len();
            self.ending.zero_padding &= bytes.iter().all(|&b| b == 0);
            self.ending.trailing += n as u64;
            self.input.consume(n);
        }
        self.ending.zero_padding &= self.ending.trailing > 0;
        if let Some(size) = self.expected_size
            && size != self.ending.size
        {
            let found = self.ending.size;
            return Err(invalid(format!("decodes to {found} bytes, but {size} are recorded")));
        }
        if let Some(expected) = self.expected_crc
            && self.codec != Codec::Gzip
        {
            let found = self.crc.clone().finalize();
            if found != expected {
                let what = format!("CRC-32 recorded {expected:#010x}, but found {found:#010x}");
                return Err(invalid(what));
            }
        }
        self.state = State::Done;
        Ok(())
    }

    /// RFC 1952 section 2.3: the header of a member.
    fn header(&mut self) -> io::Result<()> {
        let member = self.ending.members + 1;
        let at = self.input.taken;
        let mut crc = crc32fast::Hasher::new();
        let fixed: [u8; 10] = self.input.array("header", member)?;
        crc.update(&fixed);
        let [id1, id2, method, flags, ..] = fixed;
        if [id1, id2] != [0x1f, 0x8b] {
            return Err(invalid(format!("no gzip magic at stored byte {at}")));
        }
        if method != 8 {
            let what = format!("gzip member {member} has compression method {method}, not 8");
            return Err(invalid(what));
        }
        if flags & 0x04 != 0 {
            let length: [u8; 2] = self.input.array("extra field", member)?;
            crc.update(&length);
            for _ in 0..u16::from_le_bytes(length) {
                crc.update(&self.input.array::<1>("extra field", member)?);
            }
        }
        for (flag, what) in [(0x08, "name"), (0x10, "comment")] {
            let mut is_open = flags & flag != 0;
            while is_open {
                let byte = self.input.array::<1>(what, member)?;
                crc.update(&byte);
                is_open = byte != [0];
            }
        }
        if flags & 0x02 != 0 {
            let bytes: [u8; 2] = self.input.array("header CRC", member)?;
            let (expected, found) = (le16(&bytes, 0).unwrap_or_default(), crc.finalize() as u16);
            if expected != found {
                return Err(invalid(format!(
                    "CRC-16 of the header of gzip member {member}: expected {expected:#06x}, found {found:#06x}"
                )));
            }
        }
        self.ending.members = member;
        self.crc = crc32fast::Hasher::new();
        self.member_size = 0;
        Ok(())
    }

    /// RFC 1952 section 2.3.1: CRC-32 and size modulo 2^32 at the end of a member.
    fn trailer(&mut self) -> io::Result<()> {
        let member = self.ending.members;
        let bytes: [u8; 8] = self.input.array("trailer", member)?;
        let (crc, size) =
            (le32(&bytes, 0).unwrap_or_default(), le32(&bytes, 4).unwrap_or_default());
        let found = self.crc.clone().finalize();
        if crc != found {
            return Err(invalid(format!(
                "CRC-32 at the end of the gzip member {member}: expected {crc:#010x}, found {found:#010x}"
            )));
        }
        let found = self.member_size as u32;
        if size != found {
            return Err(invalid(format!(
                "size at the end of the gzip member {member}: expected {size}, found {found}"
            )));
        }
        Ok(())
    }
}

impl Read for Decoder<'_> {
    /// An error comes again at every further read.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, what)) = &self.failure {
            return Err(io::Error::new(*kind, what.clone()));
        }
        if out.is_empty() {
            return Ok(0);
        }
        self.step(out).inspect_err(|error| {
            if error.kind() != ErrorKind::Interrupted {
                self.failure = Some((error.kind(), error.to_string()));
            }
        })
    }
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        if let Some(mut inflater) = self.inflater.take() {
            inflater.buffer = std::mem::take(&mut self.input.buffer);
            inflater.give_back();
        }
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// The stored bytes behind a buffer of fixed size.
struct Input<'a> {
    stored: Box<dyn Read + Send + 'a>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes consumed so far.
    taken: u64,
}

impl Input<'_> {
    /// The bytes at hand, at least one unless the input has ended.
    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = read_some(&mut *self.stored, &mut self.buffer)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// The next `wanted` bytes, or fewer at the end, without consuming them.
    fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.end - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let Some(rest) = self.buffer.get_mut(self.end..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            match read_some(&mut *self.stored, rest)? {
                0 => break,
                n => self.end += n,
            }
        }
        let end = self.end.min(self.start + wanted);
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
        self.taken += n as u64;
    }

    /// Fills `out` past the buffer: for bytes that need no decoding.
    fn read_direct(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = read_some(&mut *self.stored, out)?;
        self.taken += n as u64;
        Ok(n)
    }

    fn array<const N: usize>(&mut self, what: &str, member: u64) -> io::Result<[u8; N]> {
        let taken = self.taken;
        let Some(bytes) = self.peek(N)?.first_chunk::<N>().copied() else {
            let what =
                format!("the stored bytes end in the {what} of gzip member {member}, at {taken}");
            return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
        };
        self.consume(N);
        Ok(bytes)
    }
}

fn read_some(input: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(out) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};
    use std::io::Write as _;

    fn text() -> Vec<u8> {
        (0..40_000u32).flat_map(|n| (n * n % 251).to_le_bytes()).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn all(codec: Codec, stored: &[u8]) -> Result<(Vec<u8>, Ending), io::Error> {
        let mut decoder = decode(codec, Box::new(stored));
        let mut out = Vec::new();
        decoder.read_to_end(&mut out)?;
        Ok((out, decoder.ending().expect("at the end")))
    }

    #[test]
    fn members_follow_each_other_and_what_follows_them_is_counted() {
        let (first, second) = (text(), b"second".to_vec());
        let joined = [first.clone(), second.clone()].concat();
        let members = [gzip(&first), gzip(&second), gzip(b"")].concat();
        let cases: [(&[u8], u64, bool); 4] =
            [(b"", 0, false), (&[0; 512], 512, true), (b"\0\0x", 3, false), (b"\x1f", 1, false)];
        for (trail, trailing, zero_padding) in cases {
            let stored = [&members, trail].concat();
            let (out, ending) = all(Codec::Gzip, &stored).expect("sound");
            assert!(out == joined);
            let size = joined.len() as u64;
            assert_eq!(ending, Ending { size, members: 3, trailing, zero_padding });
        }
    }

    #[test]
    fn plain_and_deflated_bytes() {
        let text = text();
        let (out, ending) = all(Codec::Plain, &text).expect("sound");
        assert!(out == text && ending.trailing == 0);
        let stored = [deflate(&text), b"left".to_vec()].concat();
        let (out, ending) = all(Codec::Deflate, &stored).expect("sound");
        assert!(out == text);
        assert_eq!((ending.trailing, ending.zero_padding), (4, false));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let stored = gzip(b"a text that is short enough to be cut at every byte of it");
        for length in 0..stored.len() {
            let error = all(Codec::Gzip, &stored[..length]).expect_err("cut");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "at {length}: {error}");
        }
        let stored = deflate(b"a text that is short enough");
        for length in 0..stored.len() {
            assert!(all(Codec::Deflate, &stored[..length]).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_of_data_and_trailer_is_noticed() {
        let text: Vec<u8> = b"fair is foul and foul is fair ".repeat(8);
        let stored = gzip(&text);
        for bit in 0..stored.len() * 8 {
            let mut bytes = stored.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // Time, extra flags and system are not covered by a checksum, nor is the text flag.
            if let Ok((out, ending)) = all(Codec::Gzip, &bytes) {
                let unchecked = (4..10).contains(&(bit / 8)) || bit / 8 == 3;
                // What gzip reads is the same, or the decoder says that it left bytes over.
                assert!(unchecked || (out == text && ending.trailing > 0), "bit {bit}");
            }
        }
        let mut bytes = stored.clone();
        let crc = bytes.len() - 8;
        bytes[crc] ^= 1;
        let error = all(Codec::Gzip, &bytes).expect_err("wrong CRC").to_string();
        assert!(
            error.starts_with("CRC-32 at the end of the gzip member 1: expected 0x"),
            "{error}"
        );
    }

    #[test]
    fn what_the_container_records_is_compared() {
        let text = text();
        let crc = crc32fast::hash(&text);
        let size = text.len() as u64;
        let cases = [
            (Some(crc), Some(size), ""),
            (Some(crc ^ 1), Some(size), "CRC-32 recorded"),
            (None, Some(size - 1), "decodes to more than"),
            (None, Some(size + 1), "decodes to 160000 bytes, but 160001"),
        ];
        for codec in [Codec::Plain, Codec::Deflate] {
            let stored = if codec == Codec::Plain { text.clone() } else { deflate(&text) };
            for (crc, size, expected) in cases {
                let mut decoder = decode(codec, Box::new(&stored[..])).expecting(crc, size);
                let found = io::copy(&mut decoder, &mut io::sink()).err();
                let found = found.map_or(String::new(), |error| error.to_string());
                assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty());
            }
        }
    }

    #[test]
    fn an_error_stays() {
        let mut decoder = decode(Codec::Gzip, Box::new(&b"no gzip at all"[..]));
        for _ in 0..3 {
            let error = decoder.read(&mut [0; 8]).expect_err("no magic");
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
        assert_eq!(decoder.ending(), None);
    }
}
