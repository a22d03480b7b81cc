//! One content held against the edits that are declared of it.

use std::io;

use super::edit::{self, Placed};
use super::file::{Checksum, Edit};
use super::patch;
use crate::compare::hunks::{self, Span};
use crate::model::{ContentRow, Digest, Disposition, Hunk};
use crate::source::{Forward, Source};

/// Contents up to this size are held to apply edits to them.
pub(super) const HELD: u64 = 64 << 20;
/// Places at which an insertion is undone in search of the approved digest.
const TRIED: usize = 4096;

/// What the proof found.
pub(super) struct Proof {
    /// All hunks, each with its disposition.
    pub(super) hunks: Vec<Hunk>,
    /// How many hunks were not listed.
    pub(super) more: u64,
    /// For each edit, why it is not fulfilled.
    pub(super) failures: Vec<(usize, String)>,
    /// Whether an edit allows any content.
    pub(super) broad: bool,
}

/// Without an intent: every hunk is undeclared.
pub(super) fn undeclared(
    old: Option<&dyn Source>,
    new: &dyn Source,
    rows: (&ContentRow, &ContentRow),
) -> io::Result<Proof> {
    let (hunks, more) = match old {
        Some(old) => listed(old, new, Disposition::Undeclared)?,
        None => (hunks::chunk_hunks(rows.0, rows.1), 0),
    };
    Ok(Proof { hunks, more, failures: Vec::new(), broad: false })
}

fn listed(
    old: &dyn Source,
    new: &dyn Source,
    as_what: Disposition,
) -> io::Result<(Vec<Hunk>, u64)> {
    let spans = hunks::spans(old, new)?;
    let more = spans.len().saturating_sub(hunks::LISTED) as u64;
    Ok((hunks::hunks(&spans, old, new, as_what)?, more))
}

/// Holds a content against the edits declared of it, numbered by their place in the intent.
pub(super) fn prove(
    edits: &[(usize, &Edit)],
    old: Option<&dyn Source>,
    new: &dyn Source,
    rows: (&ContentRow, &ContentRow),
) -> io::Result<Proof> {
    let mut whole = Vec::new();
    let mut placed = Vec::new();
    for &(number, edit) in edits {
        match edit {
            Edit::Modify | Edit::Content(_) | Edit::Patch(_) => whole.push((number, edit)),
            _ => placed.push((number, edit)),
        }
    }
    match whole.as_slice() {
        [] => prove_placed(&placed, old, new, rows),
        [only] if placed.is_empty() => prove_whole(*only, old, new, rows),
        _ => {
            let mut proof = undeclared(old, new, rows)?;
            let why = "several changes are declared of one content that cannot be combined";
            proof.failures = edits.iter().map(|&(number, _)| (number, why.to_owned())).collect();
            Ok(proof)
        }
    }
}

/// `content`, `patch` and `modify`: the new content as a whole is right or wrong.
fn prove_whole(
    (number, edit): (usize, &Edit),
    old: Option<&dyn Source>,
    new: &dyn Source,
    rows: (&ContentRow, &ContentRow),
) -> io::Result<Proof> {
    let failure = match edit {
        Edit::Content(wanted) => wrong_content(new, *wanted, rows.1)?,
        Edit::Patch(bytes) => match old.filter(|old| old.len() <= HELD && new.len() <= HELD) {
            None => Some("the old bytes are not at hand to apply the patch to".to_owned()),
            Some(old) => match patch::apply(bytes, &load(old)?) {
                Err(why) => Some(why),
                Ok(expected) if expected == load(new)? => None,
                Ok(expected) => return residual(number, old, new, &expected),
            },
        },
        _ => None,
    };
    let mut proof = undeclared(old, new, rows)?;
    match failure {
        None => {
            proof.hunks.iter_mut().for_each(|hunk| hunk.disposition = Disposition::Intended);
            proof.broad = matches!(edit, Edit::Modify);
        }
        Some(why) => proof.failures.push((number, why)),
    }
    Ok(proof)
}

/// The patch applies and gives something else: what it does is intended, the rest is not.
fn residual(
    number: usize,
    old: &dyn Source,
    new: &dyn Source,
    expected: &Vec<u8>,
) -> io::Result<Proof> {
    let spans = hunks::spans(expected, new)?;
    let before = hunks::spans(old, new)?;
    let cost = |spans: &[Span]| spans.iter().map(Span::cost).sum::<u64>();
    if cost(&spans) >= cost(&before) {
        let (hunks, more) = listed(old, new, Disposition::Undeclared)?;
        let failures = vec![(number, "the new content is not what the patch gives".to_owned())];
        return Ok(Proof { hunks, more, failures, broad: false });
    }
    let hunks = hunks::hunks(&spans, expected, new, Disposition::Undeclared)?;
    let more = spans.len().saturating_sub(hunks::LISTED) as u64;
    Ok(Proof { hunks, more, failures: Vec::new(), broad: false })
}

fn load(source: &dyn Source) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut Forward::new(source), &mut bytes)?;
    Ok(bytes)
}

/// Why the new content is not the declared one, if it is not.
pub(super) fn wrong_content(
    new: &dyn Source,
    wanted: Checksum,
    row: &ContentRow,
) -> io::Result<Option<String>> {
    let found = checksum(new, wanted, row)?;
    Ok((found != wanted).then(|| format!("the new content is {found}, declared is {wanted}")))
}

fn checksum(source: &dyn Source, wanted: Checksum, row: &ContentRow) -> io::Result<Checksum> {
    match wanted {
        Checksum::Blake3(_) if row.blake3.is_some() => {
            Ok(Checksum::Blake3(row.blake3.unwrap_or_default()))
        }
        Checksum::Sha256(_) if row.sha256.is_some() => {
            Ok(Checksum::Sha256(row.sha256.unwrap_or_default()))
        }
        Checksum::Blake3(_) => {
            let mut hasher = blake3::Hasher::new();
            io::copy(&mut Forward::new(source), &mut hasher)?;
            Ok(Checksum::Blake3(hasher.finalize().into()))
        }
        Checksum::Sha256(_) => {
            let mut hasher = Sha256Writer(sha2::Digest::new());
            io::copy(&mut Forward::new(source), &mut hasher)?;
            Ok(Checksum::Sha256(Digest(sha2::Digest::finalize(hasher.0).into())))
        }
    }
}

struct Sha256Writer(sha2::Sha256);

impl io::Write for Sha256Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sha2::Digest::update(&mut self.0, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Insertions and replacements, applied together against the old content.
fn prove_placed(
    edits: &[(usize, &Edit)],
    old: Option<&dyn Source>,
    new: &dyn Source,
    rows: (&ContentRow, &ContentRow),
) -> io::Result<Proof> {
    let fail_all = |mut proof: Proof, why: &str| {
        proof.failures = edits.iter().map(|&(number, _)| (number, why.to_owned())).collect();
        proof
    };
    if new.len() > HELD || old.is_some_and(|old| old.len() > HELD) {
        let why = "larger than 64 MiB: declare it by content = \"blake3:…\" instead";
        return Ok(fail_all(undeclared(old, new, rows)?, why));
    }
    let new_bytes = load(new)?;
    let undone;
    let old_bytes = if let Some(old) = old {
        load(old)?
    } else {
        let Some(bytes) = undo(edits, &new_bytes, rows.0) else {
            let why = "undone on the new content it does not give the approved one, and the \
                       approved bytes are not at hand to say where they differ";
            return Ok(fail_all(undeclared(old, new, rows)?, why));
        };
        undone = bytes;
        undone
    };
    if let Some(made) = edit::place_all(edits, &old_bytes)
        && edit::apply(&old_bytes, &made).is_ok_and(|expected| expected == new_bytes)
    {
        let hunks = intended_hunks(&made, &old_bytes, &new_bytes, &new_bytes)?;
        return Ok(Proof { hunks, more: 0, failures: Vec::new(), broad: false });
    }
    let spans = hunks::spans(&old_bytes, &new_bytes)?;
    let cost = |spans: &[Span]| spans.iter().map(Span::cost).sum::<u64>();
    let whole_cost = cost(&spans);
    let mut failures = Vec::new();
    let mut made: Vec<Placed> = Vec::new();
    for &(number, edit) in edits {
        let candidates = match edit::place(edit, &old_bytes, &new_bytes, &spans) {
            Ok(candidates) => candidates,
            Err(why) => {
                failures.push((number, why));
                continue;
            }
        };
        // The place is right that leaves the least unexplained; an edit that leaves as much as
        // before was not made.
        let mut best: Option<(u64, Vec<Placed>)> = None;
        let before =
            cost(&hunks::spans(&edit::apply(&old_bytes, &made).unwrap_or_default(), &new_bytes)?);
        for candidate in candidates {
            let mut with = made.clone();
            with.extend(candidate.iter().cloned());
            let Ok(expected) = edit::apply(&old_bytes, &with) else { continue };
            let left = cost(&hunks::spans(&expected, &new_bytes)?);
            if left < before && best.as_ref().is_none_or(|(least, _)| left < *least) {
                best = Some((left, candidate));
            }
        }
        match best {
            Some((_, candidate)) => made.extend(candidate),
            None => failures.push((number, not_made(edit))),
        }
    }
    let expected = match edit::apply(&old_bytes, &made) {
        Ok(expected) => expected,
        Err(why) => return Ok(fail_all(undeclared(old, new, rows)?, &why)),
    };
    debug_assert!(made.is_empty() || whole_cost > 0, "an edit was made where nothing differs");
    let mut hunks = intended_hunks(&made, &old_bytes, &expected, &new_bytes)?;
    let rest = hunks::spans(&expected, &new_bytes)?;
    let more = rest.len().saturating_sub(hunks::LISTED) as u64;
    for mut hunk in hunks::hunks(&rest, &expected, &new_bytes, Disposition::Undeclared)? {
        hunk.old_offset = edit::old_offset(&made, hunk.old_offset);
        hunks.push(hunk);
    }
    hunks.sort_by_key(|hunk| (hunk.new_offset, hunk.old_offset));
    Ok(Proof { hunks, more, failures, broad: false })
}

fn not_made(edit: &Edit) -> String {
    match edit {
        Edit::Insert { at: Some(at), .. } => format!("it was not inserted at {at}"),
        Edit::Insert { at: None, .. } => "it was not inserted anywhere".to_owned(),
        _ => "`from` still stands where `to` was declared".to_owned(),
    }
}

/// The hunks of the edits that were made, with their offsets in the new content as it is.
fn intended_hunks(
    made: &[Placed],
    old: &Vec<u8>,
    expected: &Vec<u8>,
    new: &Vec<u8>,
) -> io::Result<Vec<Hunk>> {
    let mut made: Vec<&Placed> = made.iter().collect();
    made.sort_by_key(|edit| (edit.at, edit.removed));
    let rest = hunks::spans(expected, new)?;
    let mut out = Vec::new();
    let (mut came, mut went) = (0, 0);
    for edit in made {
        let at = edit.at + came - went;
        // What else was put in before shifts the place in the new content.
        let (mut more, mut less) = (0, 0);
        for span in rest.iter().take_while(|span| span.old < at) {
            more += span.new_length;
            less += span.old_length;
        }
        let span = Span {
            old: edit.at,
            old_length: edit.removed,
            new: (at + more).saturating_sub(less),
            new_length: edit.inserted.len() as u64,
        };
        let fits = span.new + span.new_length <= new.len() as u64;
        let side = if fits { new } else { expected };
        out.extend(hunks::hunks(&[span], old, side, Disposition::Intended)?);
        came += edit.inserted.len() as u64;
        went += edit.removed;
    }
    Ok(out)
}

/// The old content, if undoing the edits on the new one gives the approved digest.
fn undo(edits: &[(usize, &Edit)], new: &[u8], approved: &ContentRow) -> Option<Vec<u8>> {
    let wanted = approved.blake3?;
    let is_it = |bytes: &[u8]| bytes.len() as u64 == approved.size && Digest::of(bytes) == wanted;
    match edits {
        [(_, Edit::Insert { bytes, at: None })] => {
            memchr::memmem::find_iter(new, bytes).take(TRIED).find_map(|at| {
                let mut old = new.to_vec();
                old.drain(at..at + bytes.len());
                is_it(&old).then_some(old)
            })
        }
        [(_, Edit::Replace { from, to, count, at: None })] => {
            // All places of `to` are undone; where `to` also stood before, the offset tells.
            if to.is_empty() {
                return None;
            }
            let places: Vec<usize> = memchr::memmem::find_iter(new, to).collect();
            if places.len() != *count {
                return None;
            }
            let mut old = new.to_vec();
            for at in places.into_iter().rev() {
                old.splice(at..at.checked_add(to.len())?, from.iter().copied());
            }
            is_it(&old).then_some(old)
        }
        _ => undo_all(edits, new).filter(|old| is_it(old)),
    }
}

/// Edits of which each has its offset in the old content, undone together.
fn undo_all(edits: &[(usize, &Edit)], new: &[u8]) -> Option<Vec<u8>> {
    let mut sides = Vec::new();
    for (_, edit) in edits {
        sides.push(match edit {
            Edit::Insert { bytes, at: Some(at) } => (*at, &[][..], bytes.as_slice()),
            Edit::Replace { from, to, at: Some(at), .. } => (*at, from.as_slice(), to.as_slice()),
            _ => return None,
        });
    }
    sides.sort_by_key(|&(at, from, _)| (at, from.len()));
    let (mut old, mut rest) = (Vec::with_capacity(new.len()), new);
    for (at, from, to) in sides {
        let kept = usize::try_from(at).ok()?.checked_sub(old.len())?;
        old.extend_from_slice(rest.get(..kept)?);
        rest = rest.get(kept..)?.strip_prefix(to)?;
        old.extend_from_slice(from);
    }
    old.extend_from_slice(rest);
    Some(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: &[u8]) -> ContentRow {
        ContentRow {
            size: bytes.len() as u64,
            blake3: Some(Digest::of(bytes)),
            ..ContentRow::default()
        }
    }

    fn insert(at: Option<u64>) -> Edit {
        Edit::Insert { bytes: vec![0xa8], at }
    }

    fn dispositions(
        old: &[u8],
        new: &[u8],
        edit: &Edit,
        with_old: bool,
    ) -> (Vec<(u64, Disposition)>, Vec<String>) {
        let (old, new) = (old.to_vec(), new.to_vec());
        let rows = (row(&old), row(&new));
        let source = with_old.then_some(&old as &dyn Source);
        let proof = prove(&[(1, edit)], source, &new, (&rows.0, &rows.1)).expect("memory");
        let hunks = proof.hunks.iter().map(|h| (h.new_offset, h.disposition)).collect();
        (hunks, proof.failures.into_iter().map(|(_, why)| why).collect())
    }

    #[test]
    fn an_extra_byte_beside_the_edit_is_undeclared_and_has_its_offset() {
        use Disposition::{Intended, Undeclared};
        let old = b"Freedom of Press 3.0\r";
        let fixed = b"Freedom of Press\xa8 3.0\r";
        let candidate = b"Freedom of Press\xa8 3.0\r\x04";
        for at in [Some(16), None] {
            let edit = insert(at);
            assert_eq!(dispositions(old, fixed, &edit, true), (vec![(16, Intended)], vec![]));
            assert_eq!(dispositions(old, fixed, &edit, false), (vec![(16, Intended)], vec![]));
            let expected = (vec![(16, Intended), (22, Undeclared)], vec![]);
            assert_eq!(dispositions(old, candidate, &edit, true), expected);
            let (hunks, failures) = dispositions(old, candidate, &edit, false);
            assert_eq!(hunks, [(0, Undeclared)]);
            assert_eq!(failures.len(), 1);
        }
    }

    #[test]
    fn an_edit_that_was_not_made_is_a_failure() {
        let (hunks, failures) = dispositions(b"abc", b"abcd", &insert(Some(1)), true);
        assert_eq!(hunks, [(3, Disposition::Undeclared)]);
        assert_eq!(failures, ["it was not inserted at 1"]);
        let (_, failures) = dispositions(b"abc", b"abcd", &insert(Some(9)), true);
        assert_eq!(failures, ["at = 9 lies past the end of the old content at 3"]);
    }

    #[test]
    fn edits_with_their_offsets_are_proved_together() {
        use Disposition::Intended;
        let old = b"one two three two one".to_vec();
        let insert = |at, bytes: &[u8]| Edit::Insert { bytes: bytes.to_vec(), at: Some(at) };
        let replace = |at, from: &[u8], to: &[u8]| {
            let (from, to) = (from.to_vec(), to.to_vec());
            Edit::Replace { from, to, count: 1, at: Some(at) }
        };
        for (edits, new, offsets) in [
            (
                vec![insert(21, b"\x04"), insert(3, b"!")],
                &b"one! two three two one\x04"[..],
                &[3, 22][..],
            ),
            (
                vec![replace(14, b"two", b"2"), replace(0, b"one ", b"")],
                b"two three 2 one",
                &[0, 10],
            ),
            (vec![insert(4, b"a"), replace(4, b"two", b"b")], b"one ab three two one", &[4, 5]),
        ] {
            let new = new.to_vec();
            let (a, b) = (row(&old), row(&new));
            let mut numbered: Vec<_> = edits.iter().enumerate().collect();
            for side in [Some(&old as &dyn Source), None] {
                let proof = prove(&numbered, side, &new, (&a, &b)).expect("memory");
                assert!(proof.failures.is_empty(), "{:?}", proof.failures);
                let found: Vec<_> =
                    proof.hunks.iter().map(|h| (h.new_offset, h.disposition)).collect();
                let expected: Vec<_> = offsets.iter().map(|&at| (at, Intended)).collect();
                assert_eq!(found, expected);
            }
            // Without one of them the other is not proved by what the manifest holds.
            numbered.pop();
            let proof = prove(&numbered, None, &new, (&a, &b)).expect("memory");
            assert!(!proof.failures.is_empty());
        }
    }

    #[test]
    fn an_insertion_among_its_like_stands_at_any_of_them() {
        let edit = Edit::Insert { bytes: b"a".to_vec(), at: Some(0) };
        let (hunks, failures) = dispositions(b"aab", b"aaab", &edit, true);
        assert_eq!((hunks, failures.len()), (vec![(0, Disposition::Intended)], 0));
    }
}
