//! Names of one folder that the target takes for one, but for composition alone, which is a rule of its
//! own.

use super::super::{Detector, Look, Meeting};
use crate::rules::name::Name;
use crate::rules::targets::Target;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-case", look: Look::Meeting(Meeting { by_target: true, key, meet }) };

fn key(name: &Name<'_>, target: Option<&Target>, out: &mut String) -> bool {
    target.is_some_and(|target| target.names.compared(name, out))
}

fn meet(one: &Name<'_>, two: &Name<'_>, _: Option<&Target>) -> bool {
    let same = |a: &str, b: &str| {
        let of = |text: &str| super::composed(text).unwrap_or_else(|| text.to_owned());
        a == b || of(a) == of(b)
    };
    one.text.zip(two.text).is_some_and(|(a, b)| !same(a, b))
}
