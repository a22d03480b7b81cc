//! Lists of checksums, as `sha256sum` and its kin write them: a digest and a name on each line, or
//! the BSD form `SHA256 (name) = digest`.

use std::io::{self, Read};

use sha2::Digest as _;

use super::example::from_hex;
use super::parsed::{Notes, Parsed};

/// Bytes of the longest line: a path and its digest.
const LONGEST: usize = 8 << 10;

/// Lines of a list that are read.
const LINES: usize = 1 << 16;

/// What a digest is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// BLAKE3, 256 bits.
    Blake3,
    /// MD5, 128 bits.
    Md5,
    /// SHA-1, 160 bits.
    Sha1,
    /// SHA-2, 256 bits.
    Sha256,
    /// SHA-2, 512 bits.
    Sha512,
}

impl Algorithm {
    /// The digest of all that `data` gives.
    pub fn digest(self, data: &mut dyn Read) -> io::Result<Vec<u8>> {
        match self {
            Self::Blake3 => {
                let mut hasher = blake3::Hasher::new();
                hasher.update_reader(data)?;
                Ok(hasher.finalize().as_bytes().to_vec())
            }
            Self::Md5 => digest_of(md5::Md5::new(), data),
            Self::Sha1 => digest_of(sha1::Sha1::new(), data),
            Self::Sha256 => digest_of(sha2::Sha256::new(), data),
            Self::Sha512 => digest_of(sha2::Sha512::new(), data),
        }
    }

    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blake3 => "BLAKE3",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }
}

fn digest_of(mut hasher: impl sha2::Digest, data: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match data.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().to_vec()),
            Ok(n) => hasher.update(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A line of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// None for one that is not computed here: SHA-224, SHA-384, RIPEMD-160.
    pub algorithm: Option<Algorithm>,
    /// The digest that it tells.
    pub digest: Vec<u8>,
    /// The entry that it is of.
    pub name: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads a line as `note` keeps it: without line end, with a name.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (hint, hex, name) = match line.iter().rposition(|b| *b == b'=') {
            Some(equals) if line.get(..equals)?.trim_ascii_end().ends_with(b")") => {
                let left = line.get(..equals)?.trim_ascii_end().strip_suffix(b")")?;
                let open = left.iter().position(|b| *b == b'(')?;
                let hint = left.get(..open)?.trim_ascii();
                (hint, line.get(equals + 1..)?.trim_ascii(), left.get(open + 1..)?)
            }
            _ => {
                let space = line.iter().position(|b| *b == b' ')?;
                let name = line.get(space + 1..)?;
                // The second character tells text or binary, which is the same everywhere that counts.
                let name = name.strip_prefix(b" ").or(name.strip_prefix(b"*")).unwrap_or(name);
                (&b""[..], line.get(..space)?, name)
            }
        };
        // A line that begins with a backslash has escapes in its name.
        let digest = from_hex(std::str::from_utf8(hex).ok()?)?;
        let is = |name: &[u8]| hint.is_empty() || hint.eq_ignore_ascii_case(name);
        let algorithm = match digest.len() {
            16 if is(b"MD5") => Some(Algorithm::Md5),
            20 if is(b"SHA1") => Some(Algorithm::Sha1),
            32 if hint.eq_ignore_ascii_case(b"BLAKE3") => Some(Algorithm::Blake3),
            32 if is(b"SHA256") => Some(Algorithm::Sha256),
            64 if is(b"SHA512") => Some(Algorithm::Sha512),
            16 | 20 | 28 | 32 | 48 | 64 => None,
            _ => return None,
        };
        (!name.is_empty()).then_some(Self { algorithm, digest, name })
    }
}

/// Notes each line of a list that names an entry. A file that holds nothing but a digest is about the
/// entry whose name it has, without its own end.
pub(super) fn note(parsed: &Parsed<'_>, notes: &mut Notes) {
    if !parsed.is_whole() {
        return;
    }
    let name = parsed.name.to_ascii_lowercase();
    // What qdoc of Qt keeps beside a help project is no digest of that file.
    if name.ends_with(b".qhp.sha1") {
        return;
    }
    let is_blake3 = name.starts_with(b"b3sums") || name.ends_with(b".b3");
    let mut at = 0u64;
    for line in parsed.bytes.split(|b| *b == b'\n') {
        let range = at..at + line.len() as u64;
        at = range.end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LONGEST {
            continue;
        }
        let mut key = line.to_vec();
        if !line.trim_ascii().is_empty() && line.trim_ascii().iter().all(u8::is_ascii_hexdigit) {
            let Some(dot) = memchr::memrchr(b'.', parsed.name) else { continue };
            key = [line.trim_ascii(), b"  ", parsed.name.get(..dot).unwrap_or_default()].concat();
        }
        let Some(read) = Line::parse(&key) else { continue };
        if is_blake3 && read.algorithm == Some(Algorithm::Sha256) && !key.contains(&b'=') {
            let hex = key.split(|b| *b == b' ').next().unwrap_or_default();
            key = [b"BLAKE3 (", read.name, b") = ", hex].concat();
        }
        notes.take_up_to(LINES, key, Some(range));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_abc() {
        // RFC 1321 A.5; FIPS 180-4, examples.
        for (algorithm, expected) in [
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            let found = algorithm.digest(&mut &b"abc"[..]).expect("memory");
            assert_eq!(Some(found), from_hex(expected), "{}", algorithm.name());
        }
    }

    #[test]
    fn the_name_of_a_list_tells_what_its_digests_are() {
        let line = format!("{}  a\n", "00".repeat(32));
        for (name, expected) in [
            ("B3SUMS", Algorithm::Blake3),
            ("b3sums.txt", Algorithm::Blake3),
            ("dist.b3", Algorithm::Blake3),
            ("web3.sha256", Algorithm::Sha256),
            ("SHA256SUMS-b3.txt", Algorithm::Sha256),
            ("SHA256SUMS", Algorithm::Sha256),
        ] {
            let mut notes = Notes::default();
            note(&Parsed { name: name.as_bytes(), ..Parsed::new(line.as_bytes()) }, &mut notes);
            let notes = notes.into_vec();
            let found = notes.iter().map(|note| Line::parse(&note.key).and_then(|l| l.algorithm));
            assert_eq!(found.collect::<Vec<_>>(), [Some(expected)], "{name}");
        }
    }

    #[test]
    fn lines() {
        let a = "00".repeat(32);
        for (line, expected) in [
            (format!("{a}  a.txt"), Some((Some(Algorithm::Sha256), &b"a.txt"[..]))),
            (format!("{a} *b c"), Some((Some(Algorithm::Sha256), b"b c"))),
            (format!("SHA256 (d) = {a}"), Some((Some(Algorithm::Sha256), b"d"))),
            (format!("BLAKE3 (d) = {a}"), Some((Some(Algorithm::Blake3), b"d"))),
            (format!("{a}{a}  e"), Some((Some(Algorithm::Sha512), b"e"))),
            ("00".repeat(16) + "  f", Some((Some(Algorithm::Md5), b"f"))),
            ("00".repeat(20) + "  f", Some((Some(Algorithm::Sha1), b"f"))),
            (format!("RMD160 (f) = {}", "00".repeat(20)), Some((None, b"f"))),
            ("00".repeat(48) + "  f", Some((None, b"f"))),
            (format!("\\{a}  g"), None),
            ("# a comment".into(), None),
            (a.clone(), None),
            (format!("{a} "), None),
            ("= ) (".into(), None),
            (String::new(), None),
        ] {
            let found = Line::parse(line.as_bytes());
            let found = found.as_ref().map(|line| (line.algorithm, line.name));
            assert_eq!(found, expected, "{line}");
        }
    }
}
