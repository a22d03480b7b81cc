//! Names of one folder that are the same in the composed form of Unicode.

use super::super::{Detector, Look, Meeting};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector = Detector {
    name: "name-composition",
    look: Look::Meeting(Meeting { by_target: false, key, meet }),
};

fn key(name: &Name<'_>, _: Option<&Target>, out: &mut String) -> bool {
    let Some(text) = name.text.filter(|text| !text.is_ascii()) else { return false };
    match super::composed(text) {
        Some(composed) => out.push_str(&composed),
        None => out.push_str(text),
    }
    true
}

fn meet(one: &Name<'_>, two: &Name<'_>, _: Option<&Target>) -> bool {
    one.bytes != two.bytes
}
