//! Lists of checksums, as `sha256sum` and its kin write them: a digest and a name on each line, or
//! the BSD form `SHA256 (name) = digest`.

use std::borrow::Cow;
use std::collections::HashSet;
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
    /// None for one that is not computed here: SHA-224, SHA-384, RIPEMD-160, BLAKE2.
    pub algorithm: Option<Algorithm>,
    /// The digest that it tells; none if it has the length of no algorithm's.
    pub digest: Option<Vec<u8>>,
    /// Hexadecimal digits of the digest.
    pub digits: usize,
    /// The entry that it is of.
    pub name: Cow<'a, [u8]>,
}

impl<'a> Line<'a> {
    /// Reads a line as `note` keeps it: without line end, with a name.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        // A line that begins with a backslash has escapes in its name.
        let (line, is_escaped) =
            line.strip_prefix(b"\\").map_or((line, false), |line| (line, true));
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
        if name.is_empty() || !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let is = |name: &[u8]| hint.is_empty() || hint.eq_ignore_ascii_case(name);
        let (algorithm, is_known) = match hex.len() {
            32 if is(b"MD5") => (Some(Algorithm::Md5), true),
            40 if is(b"SHA1") => (Some(Algorithm::Sha1), true),
            64 if hint.eq_ignore_ascii_case(b"BLAKE3") => (Some(Algorithm::Blake3), true),
            64 if is(b"SHA256") => (Some(Algorithm::Sha256), true),
            128 if is(b"SHA512") => (Some(Algorithm::Sha512), true),
            32 | 40 | 56 | 64 | 96 | 128 => (None, true),
            // No digest of any length, but one that lost a digit or won some.
            25..=136 => (None, false),
            _ => return None,
        };
        let digest = std::str::from_utf8(hex).ok().filter(|_| is_known).and_then(from_hex);
        let name = if is_escaped { Cow::Owned(unescaped(name)) } else { Cow::Borrowed(name) };
        Some(Self { algorithm, digest, digits: hex.len(), name })
    }
}

/// A name as coreutils escape it: a backslash, a line feed, a carriage return.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(&other) => other,
                None => byte,
            },
            _ => byte,
        });
    }
    out
}

/// Whether a list tells several digests of one name: those that a file of settings had in earlier
/// releases, by which ucf(1) of Debian knows one that nobody changed.
fn is_history(list: &[u8]) -> bool {
    let is_bare = |line: &[u8]| line.len() > 1 && line.iter().all(u8::is_ascii_hexdigit);
    let mut lines = list.split(|b| *b == b'\n').take(LINES).map(<[u8]>::trim_ascii_end);
    let mut names = HashSet::new();
    lines.any(|line| {
        let name = Line::parse(line).map(|line| line.name);
        let name = name.or_else(|| is_bare(line).then_some(Cow::Borrowed(&b""[..])));
        name.is_some_and(|name| !names.insert(name))
    })
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
    // Digests that have the length of others.
    let is_blake2 = name.starts_with(b"b2sums") || name.ends_with(b".b2");
    let is_blake3 = name.starts_with(b"b3sums") || name.ends_with(b".b3");
    if name.ends_with(b".md5sum") && is_history(parsed.bytes) {
        return;
    }
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
        let other = match read.algorithm {
            Some(Algorithm::Sha256) if is_blake3 => Some(&b"BLAKE3 ("[..]),
            Some(Algorithm::Sha512) if is_blake2 => Some(&b"BLAKE2b ("[..]),
            _ => None,
        };
        if let Some(other) = other.filter(|_| !key.contains(&b'=')) {
            // The name as it stands there, escaped or not.
            let (mark, plain) = key.split_at(usize::from(key.starts_with(b"\\")));
            let (hex, name) = plain.split_at(plain.iter().position(|b| *b == b' ').unwrap_or(0));
            let name = name.get(2..).unwrap_or_default();
            key = [mark, other, name, b") = ", hex].concat();
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
    fn digests_of_blake2_are_not_those_of_sha_512() {
        let line = format!("{}  a\n", "00".repeat(64));
        for (name, expected) in [("B2SUMS", None), ("SHA512SUMS", Some(Algorithm::Sha512))] {
            let mut notes = Notes::default();
            note(&Parsed { name: name.as_bytes(), ..Parsed::new(line.as_bytes()) }, &mut notes);
            let notes = notes.into_vec();
            let found: Vec<_> = notes.iter().filter_map(|note| Line::parse(&note.key)).collect();
            let found: Vec<_> = found.iter().map(|line| (line.algorithm, &*line.name)).collect();
            assert_eq!(found, [(expected, &b"a"[..])], "{name}");
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
            (format!("\\{a}  g\\n\\\\h"), Some((Some(Algorithm::Sha256), b"g\n\\h"))),
            (format!("\\SHA256 (g\\n) = {a}"), Some((Some(Algorithm::Sha256), b"g\n"))),
            (format!("{}  h", &a[1..]), Some((None, b"h"))),
            ("face  to face".into(), None),
            ("# a comment".into(), None),
            (a.clone(), None),
            (format!("{a} "), None),
            ("= ) (".into(), None),
            (String::new(), None),
        ] {
            let found = Line::parse(line.as_bytes());
            let found = found.as_ref().map(|line| (line.algorithm, &*line.name));
            assert_eq!(found, expected, "{line}");
        }
    }
}
