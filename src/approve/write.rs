//! Writing a manifest: whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use super::json::{Header, Line, Trailer};
use super::{SCHEMA, TEXT_LIMIT, TEXT_TOTAL};
use crate::model::{Class, Content, Digest, Manifest, Row, RowKind};

/// What the header says besides the artifact.
#[derive(Clone, Debug, Default)]
pub struct HeaderFacts {
    /// The readers that took part, each `id/version`.
    pub readers: Vec<String>,
    /// Digest of the rules that judged the build.
    pub rules: Option<Digest>,
    /// Targets that were asked for.
    pub targets: Vec<String>,
    /// Whether texts are kept verbatim.
    pub texts: bool,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Rows.
    pub rows: u64,
    /// Texts kept verbatim.
    pub texts: u64,
}

/// Writes the manifest of a build to `path`. `text` gives the bytes of a row's content.
///
/// # Errors
/// What the file system reports; nothing stands at `path` then that was not there before.
pub fn write(
    path: &Path,
    manifest: &Manifest,
    facts: &HeaderFacts,
    text: &mut dyn FnMut(&Row) -> io::Result<Vec<u8>>,
) -> io::Result<Counts> {
    // A link stays one; a device or a pipe is no place for a manifest.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Err(io::Error::other("it is no file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    let counts = if path.extension().is_some_and(|extension| extension == "zst") {
        // The encoder wants a reader; lines go through a spool on disk.
        let mut plain = io::BufWriter::new(tempfile::tempfile()?);
        let counts = write_lines(&mut plain, manifest, facts, text)?;
        let mut plain = plain.into_inner().map_err(io::IntoInnerError::into_error)?;
        io::Seek::rewind(&mut plain)?;
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress(io::BufReader::new(plain), io::BufWriter::new(&mut file), level);
        counts
    } else {
        let mut out = io::BufWriter::new(&mut file);
        let counts = write_lines(&mut out, manifest, facts, text)?;
        out.flush()?;
        counts
    };
    set_permissions(&file)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(counts)
}

/// A temporary file is private; a manifest is not.
#[cfg(unix)]
fn set_permissions(file: &tempfile::NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_permissions(_: &tempfile::NamedTempFile) -> io::Result<()> {
    Ok(())
}

/// Everything that is written goes into the digest of the trailer.
struct Hashed<W> {
    out: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_lines(
    out: &mut dyn Write,
    manifest: &Manifest,
    facts: &HeaderFacts,
    text: &mut dyn FnMut(&Row) -> io::Result<Vec<u8>>,
) -> io::Result<Counts> {
    let mut out = Hashed { out, hasher: blake3::Hasher::new() };
    let header = Header {
        schema: SCHEMA.to_owned(),
        tool: concat!("premaster ", env!("CARGO_PKG_VERSION")).to_owned(),
        readers: facts.readers.clone(),
        rules: facts.rules,
        targets: facts.targets.clone(),
        folder: manifest.folder,
        format: manifest.format.map(str::to_owned),
        size: manifest.artifact.size(),
        blake3: manifest.artifact.blake3,
        sha256: manifest.artifact.sha256(),
    };
    line(&mut out, &header)?;
    let mut counts = Counts::default();
    let contents = manifest.container_ids().flat_map(|id| manifest.contents_of(id));
    let contents = contents.filter_map(|place| manifest.content(place));
    let texts = contents.chain([&manifest.artifact]).filter(|of| of.class == Class::Text);
    let most = if facts.texts { largest(texts.map(Content::size).collect()) } else { None };
    for mut row in manifest.rows() {
        let is_entry = matches!(row.kind, RowKind::Entry(_) | RowKind::Artifact);
        let keep = row.content.as_ref().is_some_and(|content| {
            content.class == Class::Text && most.is_some_and(|most| content.size <= most)
        });
        if is_entry && keep && row.main.is_none() {
            let bytes = text(&row)?;
            if let Some(content) = &mut row.content {
                content.text = Some(bytes);
                counts.texts += 1;
            }
        }
        line(&mut out, &Line::of(&row))?;
        counts.rows += 1;
    }
    let trailer = Trailer { rows: counts.rows, blake3: out.hasher.finalize().into() };
    line(&mut out, &trailer)?;
    out.flush()?;
    Ok(counts)
}

/// Bytes of the largest text that is kept, by the sizes of all: where not all fit, the small ones do, so
/// that most have theirs. None if not even all of the smallest fit.
fn largest(mut sizes: Vec<u64>) -> Option<u64> {
    sizes.sort_unstable();
    let mut left = TEXT_TOTAL;
    for size in sizes {
        match left.checked_sub(size) {
            Some(rest) if size <= TEXT_LIMIT => left = rest,
            _ => return size.checked_sub(1).map(|below| below.min(TEXT_LIMIT)),
        }
    }
    Some(TEXT_LIMIT)
}

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_texts_are_kept_as_far_as_they_fit() {
        let kib = |n: u64| n << 10;
        assert_eq!(largest(Vec::new()), Some(TEXT_LIMIT));
        assert_eq!(largest(vec![1, kib(64), kib(65), kib(1000)]), Some(kib(64)));
        // 8 MiB of each: those of 2 KiB fit, half of those of 4 KiB would.
        let sizes = [vec![kib(4); 4096], vec![kib(2); 4096]].concat();
        assert_eq!(largest(sizes.clone()), Some(kib(4) - 1));
        let kept: u64 = sizes.iter().filter(|size| **size < kib(4)).sum();
        assert!(kept <= TEXT_TOTAL);
        assert_eq!(largest(vec![kib(4); 4096]), Some(TEXT_LIMIT));
        assert_eq!(largest(vec![kib(4); 4097]), Some(kib(4) - 1));
    }
}
