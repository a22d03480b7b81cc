//! What an Authenticode signature says was signed (Microsoft, Windows Authenticode Portable Executable
//! Signature Format; ITU-T X.690): the digest in `SpcIndirectDataContent`. Who signed it is not read.

use memchr::memmem;

use crate::source::{le16, le32};

/// `SPC_INDIRECT_DATA_OBJID`.
const INDIRECT_DATA: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS: u16 = 2;
/// Tags of DER.
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const FIRST: u8 = 0xa0;

/// The algorithm of a digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// RFC 1321.
    Md5,
    /// FIPS 180-4, as are the others.
    Sha1,
    /// With 256 bits.
    Sha256,
    /// With 384 bits.
    Sha384,
    /// With 512 bits.
    Sha512,
}

/// What a table of certificates says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Authenticode<'a> {
    /// The digest of what was signed.
    Digest(Algorithm, &'a [u8]),
    /// It is of another kind, or its digest is.
    Unknown,
    /// It cannot be read.
    Broken,
}

/// Reads the first entry of a table of certificates.
pub fn authenticode(table: &[u8]) -> Authenticode<'_> {
    let entry = le32(table, 0).and_then(|size| table.get(8..usize::try_from(size).ok()?));
    match (entry, le16(table, 6)) {
        (Some(data), Some(PKCS)) => signed_data(data).unwrap_or(Authenticode::Broken),
        (Some(_), Some(kind)) if kind != 0 => Authenticode::Unknown,
        _ => Authenticode::Broken,
    }
}

fn signed_data(data: &[u8]) -> Option<Authenticode<'_>> {
    // BER, in which a length may be left open, is allowed to those who write it, and rare.
    if data.starts_with(&[SEQUENCE, 0x80]) {
        return Some(Authenticode::Unknown);
    }
    der(data, SEQUENCE)?;
    let at = memmem::find(data, INDIRECT_DATA)? + INDIRECT_DATA.len();
    let (content, _) = der(data.get(at..)?, FIRST)?;
    let (content, _) = der(content, SEQUENCE)?;
    let (_, digest) = der(content, SEQUENCE)?;
    let (digest, _) = der(digest, SEQUENCE)?;
    let (algorithm, digest) = der(digest, SEQUENCE)?;
    let (algorithm, _) = der(algorithm, OBJECT)?;
    let (digest, _) = der(digest, OCTETS)?;
    let (algorithm, length) = match algorithm {
        b"\x2a\x86\x48\x86\xf7\x0d\x02\x05" => (Algorithm::Md5, 16),
        b"\x2b\x0e\x03\x02\x1a" => (Algorithm::Sha1, 20),
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x01" => (Algorithm::Sha256, 32),
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x02" => (Algorithm::Sha384, 48),
        b"\x60\x86\x48\x01\x65\x03\x04\x02\x03" => (Algorithm::Sha512, 64),
        _ => return Some(Authenticode::Unknown),
    };
    (digest.len() == length).then_some(Authenticode::Digest(algorithm, digest))
}

/// The content of the value that bytes begin with, if it has a tag, and what follows it.
fn der(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if length.len() > 4 {
            return None;
        }
        (length.iter().fold(0, |all, &byte| all << 8 | usize::from(byte)), rest)
    };
    rest.split_at_checked(length).filter(|_| found == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of DER.
    fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).expect("short");
        let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
        [vec![tag], length, content].concat()
    }

    /// A table of certificates that tells a digest.
    fn table(algorithm: &[u8], digest: &[u8]) -> Vec<u8> {
        let algorithm = value(SEQUENCE, &[&value(OBJECT, &[algorithm]), b"\x05\0"]);
        let digest = value(SEQUENCE, &[&algorithm, &value(OCTETS, &[digest])]);
        let content = value(SEQUENCE, &[&value(SEQUENCE, &[b"\x05\0"]), &digest]);
        let data = value(SEQUENCE, &[INDIRECT_DATA, &value(FIRST, &[&content])]);
        let size = u32::try_from(data.len() + 8).expect("short").to_le_bytes();
        [&size[..], b"\0\x02\x02\0", &data].concat()
    }

    #[test]
    fn what_was_signed_is_read_and_nothing_else_is_taken_for_it() {
        let sha384 = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
        let whole = table(sha384, &[7; 48]);
        assert_eq!(authenticode(&whole), Authenticode::Digest(Algorithm::Sha384, &[7; 48]));
        assert_eq!(authenticode(&table(sha384, &[7; 32])), Authenticode::Broken);
        assert_eq!(authenticode(&table(b"\x2a\x03", &[7; 32])), Authenticode::Unknown);
        for length in 0..whole.len() {
            let cut = authenticode(whole.get(..length).expect("shorter"));
            assert_eq!(cut, Authenticode::Broken, "{length}");
        }
        let mut other = whole.clone();
        other[6] = 4;
        assert_eq!(authenticode(&other), Authenticode::Unknown);
        for at in 8..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            // Nothing is read past its end, whatever a length says.
            let _ = authenticode(&changed);
        }
    }
}
