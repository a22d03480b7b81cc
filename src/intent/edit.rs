//! Declared edits placed in the old content, together, against the old offsets.

use memchr::memmem;

use super::file::Edit;
use crate::compare::hunks::Span;

/// An edit at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// Offset in the old content.
    pub(super) at: u64,
    /// Bytes taken out there.
    pub(super) removed: u64,
    /// Bytes put in.
    pub(super) inserted: Vec<u8>,
}

/// Where an edit may stand: given `spans`, in which old and new differ, an insertion without an
/// offset is looked for in what came. The error says why it stands nowhere.
pub(super) fn place(
    edit: &Edit,
    old: &[u8],
    new: &[u8],
    spans: &[Span],
) -> Result<Vec<Vec<Placed>>, String> {
    match edit {
        Edit::Insert { bytes, at: Some(at) } => {
            if *at > old.len() as u64 {
                return Err(format!(
                    "at = {at} lies past the end of the old content at {}",
                    old.len()
                ));
            }
            Ok(vec![vec![Placed { at: *at, removed: 0, inserted: bytes.clone() }]])
        }
        Edit::Insert { bytes, at: None } => {
            let mut out = Vec::new();
            for span in spans {
                let from = usize::try_from(span.new).unwrap_or(usize::MAX);
                let to = usize::try_from(span.new + span.new_length).unwrap_or(usize::MAX);
                // The alignment may slide an insertion along equal bytes: look a length around.
                let from = from.saturating_sub(bytes.len() - 1);
                let to = to.saturating_add(bytes.len() - 1).min(new.len());
                let came = new.get(from..to).unwrap_or_default();
                for found in memmem::find_iter(came, bytes).take(64) {
                    let new_at = (from + found) as u64;
                    let at = (span.old + new_at).saturating_sub(span.new).min(old.len() as u64);
                    let placed = Placed { at, removed: 0, inserted: bytes.clone() };
                    if !out.contains(&vec![placed.clone()]) {
                        out.push(vec![placed]);
                    }
                }
            }
            if out.is_empty() { Err("it was not inserted anywhere".into()) } else { Ok(out) }
        }
        Edit::Replace { from, to, count, at } => {
            let all: Vec<u64> = memmem::find_iter(old, from).map(|at| at as u64).collect();
            let chosen = match at {
                Some(at) if all.contains(at) => vec![*at],
                Some(at) => {
                    return Err(format!("`from` does not stand at {at} in the old content"));
                }
                None if all.len() == *count => all,
                None => {
                    return Err(format!(
                        "`from` stands {} in the old content, expected {}; give `count` or `at`",
                        times(all.len()),
                        times(*count)
                    ));
                }
            };
            let placed = |at| Placed { at, removed: from.len() as u64, inserted: to.clone() };
            Ok(vec![chosen.into_iter().map(placed).collect()])
        }
        _ => Ok(Vec::new()),
    }
}

/// All edits at their places, if each has only one and changes something.
pub(super) fn place_all(edits: &[(usize, &Edit)], old: &[u8]) -> Option<Vec<Placed>> {
    let mut all = Vec::new();
    for &(_, edit) in edits {
        match edit {
            Edit::Insert { at: Some(_), .. } => {}
            Edit::Replace { from, to, .. } if from != to => {}
            _ => return None,
        }
        all.extend(place(edit, old, &[], &[]).ok()?.into_iter().flatten());
    }
    Some(all)
}

fn times(n: usize) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

/// The old content with the edits made. They must not overlap.
pub(super) fn apply(old: &[u8], edits: &[Placed]) -> Result<Vec<u8>, String> {
    let mut edits: Vec<&Placed> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.at, edit.removed));
    let mut out = Vec::with_capacity(old.len());
    let mut at = 0u64;
    for edit in edits {
        if edit.at < at {
            return Err(format!("two edits overlap at {}", edit.at));
        }
        out.extend_from_slice(slice(old, at, edit.at));
        out.extend_from_slice(&edit.inserted);
        at = edit.at + edit.removed;
    }
    out.extend_from_slice(slice(old, at, old.len() as u64));
    Ok(out)
}

fn slice(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(index(from)..index(to)).unwrap_or_default()
}

/// The offset in the old content of an offset in the edited one.
pub(super) fn old_offset(edits: &[Placed], at: u64) -> u64 {
    let mut edits: Vec<&Placed> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.at, edit.removed));
    let (mut came, mut went) = (0u64, 0u64);
    for edit in edits {
        let here = edit.at + came - went;
        if at < here {
            break;
        }
        let inside = (at - here).min(edit.inserted.len() as u64);
        came += inside;
        if inside < edit.inserted.len() as u64 {
            break;
        }
        went += edit.removed;
    }
    (at + went).saturating_sub(came)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_together_against_the_old_offsets() {
        let old = b"one two three";
        let edits = [
            Placed { at: 4, removed: 3, inserted: b"2".to_vec() },
            Placed { at: 0, removed: 0, inserted: b">> ".to_vec() },
        ];
        let new = apply(old, &edits).expect("no overlap");
        assert_eq!(new, b">> one 2 three");
        assert_eq!(old_offset(&edits, 9), 8);
        assert_eq!(old_offset(&edits, 3), 0);
        let overlap = [edits[0].clone(), Placed { at: 5, removed: 1, inserted: Vec::new() }];
        assert!(apply(old, &overlap).is_err());
    }

    #[test]
    fn a_replacement_says_how_often_its_text_stands() {
        let edit = Edit::Replace { from: b"a".to_vec(), to: b"b".to_vec(), count: 1, at: None };
        let error = place(&edit, b"aba", b"bbb", &[]).expect_err("twice");
        assert_eq!(
            error,
            "`from` stands twice in the old content, expected once; give `count` or `at`"
        );
    }
}
