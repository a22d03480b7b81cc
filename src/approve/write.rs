//! Writing a manifest: whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use super::json::{Header, Line, Trailer};
use super::{SCHEMA, TEXT_LIMIT, TEXT_TOTAL};
use crate::model::{Class, Digest, Manifest, Row, RowKind};

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
        size: manifest.artifact.size,
        blake3: manifest.artifact.blake3,
        sha256: manifest.artifact.sha256(),
    };
    line(&mut out, &header)?;
    let mut counts = Counts::default();
    let mut left = if facts.texts { TEXT_TOTAL } else { 0 };
    for mut row in manifest.rows() {
        let is_entry = matches!(row.kind, RowKind::Entry(_) | RowKind::Artifact);
        let keep = row.content.as_ref().is_some_and(|content| {
            content.class == Class::Text && content.size <= TEXT_LIMIT.min(left)
        });
        if is_entry && keep && row.main.is_none() {
            let bytes = text(&row)?;
            if let Some(content) = &mut row.content {
                left = left.saturating_sub(content.size);
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

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
