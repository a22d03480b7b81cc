//! The first place where any of some byte strings begins.

use aho_corasick::{AhoCorasick, Input, Match, MatchKind, packed};

/// Byte strings, compiled. Of several that begin at one place, the first is found.
#[derive(Clone, Debug)]
pub(super) enum Search {
    /// Compares the first bytes of all patterns with vectors. Markup is full of `<` and images are
    /// full of NUL, where the automaton would stop at each.
    Packed(packed::Searcher),
    /// For more patterns than fit the vectors, and where there are none.
    Automaton(AhoCorasick),
}

impl Search {
    /// `None` if there are more of them than can be compiled.
    pub(super) fn new<P: AsRef<[u8]>>(patterns: &[P]) -> Option<Self> {
        let kind = packed::MatchKind::LeftmostFirst;
        let mut builder = packed::Config::new().match_kind(kind).builder();
        if let Some(search) = builder.extend(patterns).build() {
            return Some(Self::Packed(search));
        }
        let kind = MatchKind::LeftmostFirst;
        AhoCorasick::builder().match_kind(kind).build(patterns).ok().map(Self::Automaton)
    }

    /// The first at or behind `from`.
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Option<Match> {
        let input = Input::new(bytes).range(from..);
        match self {
            Self::Packed(search) => search.find_in(bytes, input.get_span()),
            Self::Automaton(search) => search.find(input),
        }
    }
}
