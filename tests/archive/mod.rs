//! Archives that tests compose themselves: small, plain, and with what no tool would pack.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A ustar header with its checksum.
fn header(name: &[u8], size: usize, kind: u8) -> [u8; 512] {
    let mut block = [0; 512];
    let size = format!("{size:011o}\0");
    for (at, text) in [
        (0, name),
        (100, b"0000644\0"),
        (108, b"0000000\0"),
        (116, b"0000000\0"),
        (124, size.as_bytes()),
        (136, b"05465543210\0"),
        (148, b"        "),
        (156, &[kind]),
        (257, b"ustar\x0000"),
    ] {
        block[at..at + text.len()].copy_from_slice(text);
    }
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Adds a member of any kind to a tar archive.
pub(crate) fn member(out: &mut Vec<u8>, name: impl AsRef<[u8]>, kind: u8, data: &[u8]) {
    out.extend(header(name.as_ref(), data.len(), kind));
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
}

/// A tar archive of plain files.
pub(crate) fn tar<N: AsRef<[u8]>>(files: &[(N, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in files {
        member(&mut out, name, b'0', data);
    }
    out.extend([0; 1024]);
    out
}

/// Bytes packed by gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
