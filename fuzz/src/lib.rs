//! What the fuzz targets do: whatever the bytes, a reader, the decoder and the parsers return, and
//! what they return holds together. A panic, an overflow, a hang or too much memory is a find.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use premaster::approve::ManifestFile;
use premaster::intent::Intent;
use premaster::model::claim::overlay;
use premaster::model::{Codec, Declared};
use premaster::readers::{self, Probe, READERS};
use premaster::rules::links::{Piece, goal, syntax};
use premaster::source::{ExtentSource, Forward, Source, decode};

/// Bytes that are read of all contents together.
const CONTENTS: u64 = 1 << 20;

/// Probes and reads `bytes` with the reader of an id, and the contents that it finds.
///
/// # Panics
/// If what the reader returns does not hold together.
pub fn reader(id: &str, bytes: &[u8]) {
    let reader = READERS.iter().find(|reader| reader.doc.id == id).expect("a reader's id");
    let length = bytes.len();
    let probe = Probe {
        head: &bytes[..length.min(64 << 10)],
        tail: &bytes[length.saturating_sub(64 << 10)..],
        length: Some(length as u64),
        name: b"fuzz",
        declared: Declared::Nothing,
    };
    let _ = (reader.probe)(&probe);
    let source = Arc::new(bytes.to_vec());
    let mut volume = readers::list(reader, &*source, b"fuzz");
    volume.close();
    let mut at = 0;
    for tile in overlay(&volume.claims, length as u64) {
        assert_eq!(tile.start, at, "a hole or an overlap of tiles");
        at = tile.end;
    }
    assert_eq!(at, length as u64, "the tiles cover the container");
    for node in &volume.nodes {
        assert!(node.parent().is_none_or(|parent| volume.node(parent).is_some()));
        assert!(node.content().is_none_or(|id| volume.contents.get(id.0 as usize).is_some()));
        assert!(usize::from(node.view.0) < volume.views.len());
        let _ = volume.name(node);
    }
    let mut left = CONTENTS;
    for stored in &volume.contents {
        let source: Arc<dyn Source> = Arc::clone(&source) as _;
        let extents = Forward::new(Arc::new(ExtentSource::new(source, &stored.extents, None)));
        let data = decode(stored.codec, Box::new(extents)).expecting(stored.crc32, stored.size);
        let read = std::io::copy(&mut data.take(left), &mut std::io::sink());
        left -= read.unwrap_or_default().min(left);
        if left == 0 {
            break;
        }
    }
}

/// Decodes bytes behind one that chooses the codec.
///
/// # Panics
/// If the decoder counts other bytes than it gives.
pub fn decoder(bytes: &[u8]) {
    let Some((&choice, stored)) = bytes.split_first() else { return };
    let codec = [Codec::Plain, Codec::Deflate, Codec::Gzip][usize::from(choice) % 3];
    let mut decoder = decode(codec, Box::new(stored)).expecting(None, None);
    let mut buffer = vec![0; 1 + usize::from(choice) * 64];
    let mut size = 0;
    while size < CONTENTS {
        match decoder.read(&mut buffer) {
            Ok(0) => {
                assert_eq!(decoder.ending().map(|ending| ending.size), Some(size));
                return;
            }
            Ok(n) => size += n as u64,
            Err(_) => {
                assert!(decoder.ending().is_none());
                return;
            }
        }
    }
}

/// Names of contents, one for each way to make references.
const NAMES: [&str; 19] = [
    "a.html",
    "a.svg",
    "a.opf",
    "a.ncx",
    "a.rels",
    "container.xml",
    "sitemap.xml",
    "a.xml",
    "a.css",
    "a.js",
    "a.webmanifest",
    "Info.plist",
    "autorun.inf",
    "a.desktop",
    "a.service",
    "a.m3u",
    "a.pls",
    "a.cue",
    "a.lnk",
];

/// Reads the references of a content behind a byte that chooses its syntax.
///
/// # Panics
/// If one lies outside of the content, or there are more of them than it has bytes.
pub fn links(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(choice) % NAMES.len()];
    let syntax = syntax(name.as_bytes(), None).expect("a syntax");
    let mut count = 0;
    syntax.read(bytes, &mut |piece| {
        count += 1;
        if let Piece::Reference(found) = piece {
            assert!(found.at + found.length <= bytes.len(), "{found:?}");
            for text in found.also.iter().map(Vec::as_slice).chain([&*found.text]) {
                let _ = goal(text, found.form);
            }
        }
    });
    assert!(count <= bytes.len() + 1, "{count} of {name}");
}

/// Reads a manifest to its end.
pub fn manifest(bytes: &[u8]) {
    let input = std::io::Cursor::new(bytes.to_vec());
    if let Ok(mut manifest) = ManifestFile::read(Path::new("fuzz"), Box::new(input)) {
        while manifest.next().is_some() {}
        let _ = (manifest.error(), manifest.blake3());
    }
}

/// Parses an intent, beside a folder that has no files.
pub fn intent(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Intent::parse(text, Path::new("/nonexistent"));
    }
}
