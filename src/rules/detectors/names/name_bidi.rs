//! Characters that turn the direction of writing.

use super::super::{Detector, Look};
use crate::rules::name::{Name, points};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-bidi", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    points(
        name.text?
            .chars()
            .filter(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
    )
}
