//! Names of one folder that are the same once the target has cut them.

use super::super::{Detector, Look, Meeting};
use crate::rules::name::Name;
use crate::rules::targets::{Names, Target};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "name-cut", look: Look::Meeting(Meeting { by_target: true, key, meet }) };

fn key(name: &Name<'_>, target: Option<&Target>, out: &mut String) -> bool {
    let Some(names) = target.map(|target| &target.names).filter(|names| names.cut) else {
        return false;
    };
    let whole = compared(name, names);
    out.push_str(&names.cut_to_fit(&whole));
    !whole.is_empty()
}

fn compared(name: &Name<'_>, names: &Names) -> String {
    let mut whole = String::new();
    if !names.compared(name, &mut whole) {
        whole.push_str(name.text.unwrap_or_default());
    }
    whole
}

/// Names that are the same uncut are another rule's.
fn meet(one: &Name<'_>, two: &Name<'_>, target: Option<&Target>) -> bool {
    target.is_some_and(|target| compared(one, &target.names) != compared(two, &target.names))
}
