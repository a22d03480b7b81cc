//! Sources of texts: what another program is to fill in stands there as a mark, so that the text is of
//! its format only when that is done. A mark in a string is a matter of the program that reads the
//! string: what counts is whether a fault stands at a mark.

use std::ops::Range;

use super::{FaultKind, Faults};

/// Marks that stand in place of anything, and what closes them.
const PLACES: &[(&[u8], &[u8])] = &[
    (b"{{", b"}}"),
    (b"{%", b"%}"),
    (b"{#", b"#}"),
    (b"<%", b"%>"),
    (b"<?php", b"?>"),
    (b"<?=", b"?>"),
];
/// Marks that stand in place of a name or a value: no quote stands in them.
const VALUES: &[(&[u8], &[u8])] =
    &[(b"${", b"}"), (b"$(", b")"), (b"%(", b")"), (b"@@", b"@@"), (b"%%", b"%%")];
/// Words behind `{{` that choose and repeat what follows, here and in other languages of templates.
const DIRECTIVES: &[&[u8]] =
    &[b"#", b"/", b"^", b"if", b"else", b"end", b"range", b"with", b"for", b"each", b"define"];
/// Bytes of the longest mark.
const LONGEST: usize = 1024;

/// A fault that stands at a mark: the content is the source of a template.
pub(super) fn tell(text: &[u8], at: u64, mark: Range<usize>, faults: &mut Faults) {
    let found = String::from_utf8_lossy(text.get(mark).unwrap_or_default());
    let inner = found.trim_matches(|c: char| c.is_whitespace() || "{}%#<>?$()@-".contains(c));
    let shown: String = inner.chars().take(32).collect();
    let detail =
        format!("it is the source of a template, in which another program fills in \"{shown}\"");
    faults.tell(FaultKind::Unread, at, 1, detail);
}

/// The mark at which a fault stands.
pub(super) fn mark_at(text: &[u8], fault: &Range<usize>) -> Option<Range<usize>> {
    let mut from = fault.start.min(text.len()).saturating_sub(LONGEST);
    let line = memchr::memrchr(b'\n', text.get(from..fault.start)?);
    from += line.map_or(0, |line| line + 1);
    marks(text, from)
        .take_while(|mark| mark.start < fault.end.max(fault.start + 1))
        .find(|mark| mark.end > fault.start)
}

/// The first mark.
pub(super) fn first(text: &[u8]) -> Option<Range<usize>> {
    marks(text, 0).next()
}

/// A mark that chooses or repeats what stands around it.
pub(super) fn directive(text: &[u8]) -> Option<Range<usize>> {
    marks(text, 0).find(|mark| {
        let found = text.get(mark.clone()).unwrap_or_default();
        let Some(inner) = found.strip_prefix(b"{{") else {
            return matches!(found, [b'{' | b'<', b'%' | b'?', ..]);
        };
        let inner = inner.strip_prefix(b"-").unwrap_or(inner).trim_ascii_start();
        DIRECTIVES.iter().any(|word| inner.starts_with(word))
    })
}

/// The same text with something plain in place of the marks, each byte in its place: nothing where a
/// line holds nothing else, else a word.
pub(super) fn filled(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for mark in marks(text, 0) {
        let is_seen = |b: &&u8| !matches!(b, b' ' | b'\t' | b'\r');
        let mut before = out.iter().take(mark.start).rev();
        let mut behind = out.iter().skip(mark.end);
        let is_end = |found: Option<&u8>| found.is_none_or(|b| *b == b'\n');
        let is_alone = is_end(before.find(is_seen)) && is_end(behind.find(is_seen));
        let by = if is_alone { b' ' } else { b'x' };
        let inner = out.iter_mut().take(mark.end).skip(mark.start);
        inner.filter(|b| **b != b'\n').for_each(|b| *b = by);
    }
    out
}

/// Marks from an offset on.
fn marks(text: &[u8], mut from: usize) -> impl Iterator<Item = Range<usize>> {
    std::iter::from_fn(move || {
        while let Some(at) = next(text, from) {
            if let Some(end) = end_of(text.get(at..)?) {
                from = at + end;
                return Some(at..from);
            }
            from = at + 1;
        }
        None
    })
}

/// Where a mark may begin.
fn next(text: &[u8], from: usize) -> Option<usize> {
    let is_first = |b: &u8| matches!(b, b'{' | b'<' | b'$' | b'%' | b'@');
    Some(from + text.get(from..)?.iter().position(is_first)?)
}

/// Bytes of the mark that a text begins with.
fn end_of(text: &[u8]) -> Option<usize> {
    let near = text.get(..text.len().min(LONGEST)).unwrap_or_default();
    let line = near.get(..memchr::memchr(b'\n', near).unwrap_or(near.len())).unwrap_or_default();
    // No template fills in a constant, and two braces of objects may follow each other.
    if let Some((open, close)) = PLACES.iter().find(|(open, _)| near.starts_with(open))
        && !near.starts_with(b"{{\"")
    {
        let inner = near.get(open.len()..)?;
        return Some(open.len() + memchr::memmem::find(inner, close)? + close.len());
    }
    if let Some((open, close)) = VALUES.iter().find(|(open, _)| line.starts_with(open)) {
        let inner = line.get(open.len()..)?;
        let length = memchr::memmem::find(inner, close)?;
        let is_plain = !inner.get(..length)?.iter().any(|b| matches!(b, b'"' | b'\''));
        return is_plain.then_some(open.len() + length + close.len());
    }
    // `@NAME@`, as `config.status` and CMake fill in.
    let name = line.strip_prefix(b"@")?;
    let length = memchr::memchr(b'@', name).filter(|length| (2..40).contains(length))?;
    let is_upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    name.get(..length)?.iter().all(is_upper).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_at_a_mark_or_beside_it() {
        for (text, fault, expected) in [
            ("{\"a\": {{ b }}}", 7, Some("{{ b }}")),
            ("{\"a\": \"{{ b }}\" 1}", 16, None),
            ("{\"a\": \"{{ b | c(\"d\") }}\"}", 17, Some("{{ b | c(\"d\") }}")),
            ("{{\"a\": {}}}", 1, None),
            ("[{% if a %}", 2, Some("{% if a %}")),
            ("[${A}]", 1, Some("${A}")),
            ("[\"$(\" 1, \")\"]", 6, None),
            ("[%(a)s]", 1, Some("%(a)")),
            ("[@A_B@]", 1, Some("@A_B@")),
            ("[@a@]", 1, None),
            ("{{ a }}\n[,]", 9, None),
            ("[", 1, None),
            ("", 0, None),
        ] {
            let fault: Range<usize> = fault..fault + 1;
            let found = mark_at(text.as_bytes(), &fault).map(|mark| &text[mark]);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn some_marks_direct_and_others_fill_in() {
        for (text, expected) in [
            ("a {{ b }} ${c} @D@ %(e)s", None),
            ("a {{- if b }}", Some("{{- if b }}")),
            ("a {{#b}}", Some("{{#b}}")),
            ("a <?php b ?>", Some("<?php b ?>")),
            ("a {% b\n %}", Some("{% b\n %}")),
        ] {
            assert_eq!(directive(text.as_bytes()).map(|mark| &text[mark]), expected, "{text}");
        }
    }

    #[test]
    fn what_is_filled_in_leaves_every_byte_in_its_place() {
        let text = b"a: {{ b }}\n  {{- if c }}\nd: \"${e}\"\n";
        assert_eq!(filled(text), b"a: xxxxxxx\n             \nd: \"xxxx\"\n");
    }
}
