//! CR LF in what a shell reads, which takes the CR for a character.

use super::super::{Detector, Look};
use crate::rules::facts::EntryFacts;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-line-end", look: Look::Facts(find) };

fn find(entry: &EntryFacts<'_>) -> Option<String> {
    let content = entry.content.filter(|content| content.census.crlf > 0)?;
    let line = super::shebang(entry);
    let named = || entry.name.rsplit(|b| *b == b'.').next().is_some_and(|end| end == b"sh");
    // A first line that ends so is worse, and told as that.
    let told = line.is_some_and(|line| line.ends_with(b"\r") && super::is_run(entry));
    let shell = line.map_or_else(named, super::is_shell);
    (shell && !told).then(|| content.census.crlf.to_string())
}
