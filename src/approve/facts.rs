//! The facts of the lines of a manifest, decoded once for the many lines that say the same.

use crate::model::Fact;

/// Sets that are kept.
const SETS: usize = 16;
/// Bytes of the longest text of a set that is kept.
const TEXT: usize = 1 << 10;

/// The last few sets of facts, by the text that stands in the line. The first place is for what is too
/// long to be kept.
#[derive(Default)]
pub(super) struct FactSets {
    sets: Vec<(String, Vec<Fact>)>,
    current: usize,
    /// Which place is taken next.
    turn: usize,
}

impl FactSets {
    /// Makes the set of a text the current one.
    pub(super) fn find(&mut self, text: &str) -> serde_json::Result<()> {
        if let Some(at) = self.sets.iter().position(|(known, _)| known == text) {
            self.current = at;
            return Ok(());
        }
        let facts = super::json::facts(serde_json::from_str(text)?);
        self.sets.resize_with(SETS, Default::default);
        let (at, text) = if text.len() > TEXT {
            (0, "")
        } else {
            self.turn = self.turn % (SETS - 1) + 1;
            (self.turn, text)
        };
        if let Some(set) = self.sets.get_mut(at) {
            *set = (text.to_owned(), facts);
        }
        self.current = at;
        Ok(())
    }

    /// The current set.
    pub(super) fn current(&self) -> &[Fact] {
        self.sets.get(self.current).map_or(&[], |(_, facts)| facts)
    }
}
