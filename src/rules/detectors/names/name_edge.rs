//! A first character that the target does not take, or a last one that it drops.

use super::super::{Detector, Look};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-edge", look: Look::NameOn(find) };

fn find(name: &Name<'_>, target: &Target) -> Option<String> {
    let spelled = |c: char| if c == ' ' { "a blank".to_owned() } else { format!("\"{c}\"") };
    let first = target.names.wrong_start(name).map(|c| format!("begins with {}", spelled(c)));
    first.or_else(|| target.names.wrong_end(name).map(|c| format!("ends with {}", spelled(c))))
}
