//! An interpreter that the system which holds the script does not hold.

use super::super::{Detector, Look};
use crate::rules::facts::{EntryFacts, FactsHit};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "script-missing", look: Look::Head(find) };

fn find(entry: &EntryFacts<'_>) -> Option<FactsHit> {
    let system = entry.system?;
    let line = super::first_line(entry).filter(|line| super::is_run(entry) && line.is_whole())?;
    let path = line.interpreter().filter(|path| path.text.starts_with(b"/"))?;
    // The CR at its end, and the folder of a build, are told as such.
    if line.text.ends_with(b"\r") || super::script_build_path::is_of_build(&path) {
        return None;
    }
    if !system.has(path.text) {
        return Some(path.hit());
    }
    let program = line.argument().filter(|_| path.name() == b"env")?;
    let is_there = match program.text {
        [b'/', ..] => super::script_build_path::is_of_build(&program) || system.has(program.text),
        text => text.contains(&b'/') || system.has_program(text),
    };
    (!is_there).then(|| program.hit())
}
