//! A blank, of any kind, first or last in a name.

use super::super::{Detector, Look};
use crate::rules::name::Name;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-blank", look: Look::Name(find) };

fn find(name: &Name<'_>) -> Option<String> {
    let text = name.text?;
    let is_blank = |c: &char| c.is_whitespace() && !c.is_control();
    let first = text.chars().next().filter(is_blank);
    let last = text.chars().next_back().filter(is_blank);
    match (first, last) {
        (Some(_), Some(_)) => Some("begins and ends".to_owned()),
        (Some(_), None) => Some("begins".to_owned()),
        (None, Some(_)) => Some("ends".to_owned()),
        (None, None) => None,
    }
}
