//! A name that is not in the composed form of Unicode.

use super::super::{Detector, Look};
use crate::model::locator::escape_text;
use crate::rules::name::Name;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-decomposed", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    super::composed(name.text?).map(|composed| escape_text(composed.as_bytes()))
}
