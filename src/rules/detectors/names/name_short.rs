//! A name that spells the short name which the target may give to a long one beside it.

use super::super::{Detector, Look, Meeting};
use crate::rules::name::Name;
use crate::rules::targets::{Target, short};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-short", look: Look::Meeting(Meeting { by_target: true, key, meet }) };

fn key(name: &Name<'_>, target: Option<&Target>, out: &mut String) -> bool {
    let makes = target.is_some_and(|target| target.names.short_names);
    let Some(text) = name.text.filter(|_| makes) else { return false };
    let Some(short) = short::spelled(text) else { return short::write_alias(text, out) };
    out.push_str(&short.base);
    out.push('.');
    out.push_str(&short.extension);
    true
}

/// Two long names get different short ones, and two short names are what they are.
fn meet(one: &Name<'_>, two: &Name<'_>, _: Option<&Target>) -> bool {
    let spells = |name: &Name<'_>| name.text.is_some_and(|text| short::spelled(text).is_some());
    spells(one) != spells(two)
}
