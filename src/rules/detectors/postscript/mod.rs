//! Detectors of PostScript and of printer descriptions.

pub(super) mod postscript_after_end;
pub(super) mod postscript_binary;
pub(super) mod postscript_end;
pub(super) mod ppd_encoding;

use crate::model::{Content, KeptEnds};
use crate::rules::facts::EntryFacts;

const END: &[u8] = b"%%EOF";

/// A document that follows the structuring conventions, which fonts and resources do not.
fn document<'a>(entry: &EntryFacts<'a>) -> Option<(&'a Content, &'a KeptEnds)> {
    let content = entry.content.filter(|content| content.format() == Some("postscript"))?;
    let ends = content.ends()?;
    let head = ends.head.strip_prefix(b"\x04").unwrap_or(&ends.head);
    let line = head.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let resource = memchr::memmem::find(line, b"Resource").is_some();
    (line.starts_with(b"%!PS-Adobe-") && !resource).then_some((content, ends))
}
