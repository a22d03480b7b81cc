//! CR LF in what a shell reads, which takes the CR for a character.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-line-end", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let content = entry.content.filter(|content| content.census.crlf > 0)?;
    let line = super::first_line(entry);
    // A first line that ends so is worse, and told as that.
    let told = line.is_some_and(|line| line.text.ends_with(b"\r") && super::is_run(entry));
    let is_shell = line.map_or_else(|| super::is_named_shell(entry.name), |line| line.is_shell());
    let at = super::first_end(super::head(entry), true);
    (is_shell && !told)
        .then(|| FactsHit { at, ..FactsHit::whole(super::lines(content.census.crlf)) })
}
