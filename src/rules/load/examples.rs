//! Whether the examples of a rule file fit the rule.

use super::{LoadError, Place, RuleFile};
use crate::model::{Class, GapKind};
use crate::rules::detectors::{self, Look};
use crate::rules::example::from_hex;
use crate::rules::targets::Targets;

pub(super) fn check_examples(
    place: &Place<'_>,
    raw: &RuleFile,
    of_names: bool,
    of_facts: bool,
) -> Result<(), LoadError> {
    for hit in [true, false] {
        if !raw.example.iter().any(|example| example.get_ref().hit == hit) {
            let which = if hit { "hit = true" } else { "hit = false" };
            return place.error(raw.id.span().start, format!("expected an example with {which}"));
        }
    }
    let is_reader = raw.detector.as_ref().is_some_and(|name| {
        detectors::named(name.get_ref())
            .is_some_and(|detector| matches!(detector.look, Look::Reader))
    });
    for example in &raw.example {
        let (at, example) = (example.span().start, example.get_ref());
        let patched = example.patch.iter().map(|patch| &patch.hex);
        for hex in example.hex.iter().chain(patched) {
            if from_hex(hex).is_none() {
                return place.error(at, format!("{hex:?} is not hex: expected pairs of digits"));
            }
        }
        if let Some(target) =
            example.targets.iter().find(|name| Targets::built_in().get(name).is_none())
        {
            return place.error(at, Targets::built_in().unknown(target));
        }
        if let Some(class) = &example.approved
            && Class::named(class).is_none()
        {
            return place.error(at, format!("no class {class:?}"));
        }
        if let Some(gap) = &example.gap
            && GapKind::named(gap).is_none()
        {
            return place.error(at, format!("no kind of gap {gap:?}"));
        }
        let own = [
            example.text.is_some(),
            example.hex.is_some(),
            example.gap.is_some(),
            example.waiver.is_some(),
        ];
        let own = own.into_iter().filter(|&given| given).count();
        let entries = example.entries.iter();
        if let Some(entry) = entries.clone().find(|e| e.text.is_some() && e.hex.is_some()) {
            return place.error(at, format!("{:?} has both `text` and `hex`", entry.path));
        }
        if of_facts {
            let given = [own > 0, !example.names.is_empty(), !example.entries.is_empty()];
            if given.into_iter().filter(|&given| given).count() != 1 {
                return place.error(at, "expected one of `names`, `entries`, `text`, `hex`");
            }
            continue;
        }
        if !example.entries.is_empty() {
            return place.error(at, "expected no `entries`: they are for rules about facts");
        }
        if of_names == (example.names.is_empty() && example.names_hex.is_empty()) {
            let expected = if of_names { "an example with `names`" } else { "no `names`" };
            return place.error(at, format!("expected {expected}: they are for rules about names"));
        }
        if let Some(hex) = example.names_hex.iter().find(|hex| from_hex(hex).is_none()) {
            return place.error(at, format!("{hex:?} is not hex: expected pairs of digits"));
        }
        let from_file = usize::from(example.file.is_some()) + usize::from(example.base.is_some());
        if is_reader && (from_file != 1 || own > 0) {
            return place.error(at, "expected an example with either `file` or `base`");
        }
        if !is_reader && own + from_file != usize::from(!of_names) {
            return place.error(
                at,
                "expected an example with one of `text`, `hex`, `gap`, `waiver`, `file`, `base`",
            );
        }
        if example.base.is_none() && !example.patch.is_empty() {
            return place.error(at, "`patch` needs `base`");
        }
        if !example.at.is_empty() && !example.hit {
            return place.error(at, "`at` needs hit = true");
        }
    }
    Ok(())
}
