//! Unified diffs (POSIX.1-2024, XCU diff, "Diff -u Output Format") over bytes.
//!
//! Lines end with LF, with CR LF, or, where the old content has neither, with CR as on the classic
//! Mac. Context must fit to the byte; there is no fuzz.

/// Applies `patch` to `old`. The error says which hunk does not fit.
pub(super) fn apply(patch: &[u8], old: &[u8]) -> Result<Vec<u8>, String> {
    let plain = apply_by(patch, old, b'\n');
    // To most tools a text with CR line ends is one long line; some take it line by line.
    if plain.is_err() && old.contains(&b'\r') && !old.contains(&b'\n') {
        return apply_by(patch, old, b'\r').or(plain);
    }
    plain
}

fn apply_by(patch: &[u8], old: &[u8], end: u8) -> Result<Vec<u8>, String> {
    let lines: Vec<&[u8]> = old.split_inclusive(|&b| b == end).collect();
    let mut out = Vec::with_capacity(old.len() + patch.len());
    let mut at = 0;
    let mut hunks = 0;
    // A patch of a CR file may itself come with either line end.
    let patch_end = if patch.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut input = patch.split_inclusive(|&b| b == patch_end).peekable();
    while let Some(line) = input.next() {
        let Some((start, length)) = header(line) else { continue };
        hunks += 1;
        let start = if length == 0 { start } else { start.saturating_sub(1) };
        let kept =
            lines.get(at..start).ok_or_else(|| format!("hunk {hunks} starts past the end"))?;
        out.extend(kept.iter().copied().flatten());
        at = start;
        while let Some(line) =
            input.next_if(|line| header(line).is_none() && !line.starts_with(b"--- "))
        {
            let (Some(&mark), rest) = (line.first(), line.get(1..).unwrap_or_default()) else {
                continue;
            };
            let no_end = input.peek().is_some_and(|next| next.starts_with(b"\\"));
            let text = with_end(rest, patch_end, end, no_end);
            match mark {
                b' ' | b'-' => {
                    if lines.get(at) != Some(&text.as_slice()) {
                        return Err(format!("hunk {hunks} does not fit at line {}", at + 1));
                    }
                    at += 1;
                    if mark == b' ' {
                        out.extend_from_slice(&text);
                    }
                }
                b'+' => out.extend_from_slice(&text),
                _ => {}
            }
        }
    }
    if hunks == 0 {
        return Err("no hunk in it: expected a unified diff".into());
    }
    lines.get(at..).unwrap_or_default().iter().for_each(|line| out.extend_from_slice(line));
    Ok(out)
}

/// A line of the patch with the line end of the content.
fn with_end(line: &[u8], patch_end: u8, end: u8, no_end: bool) -> Vec<u8> {
    let mut text = line.strip_suffix(&[patch_end]).unwrap_or(line).to_vec();
    if end == b'\r' && text.last() == Some(&b'\r') {
        text.pop();
    }
    if !no_end {
        text.push(end);
    }
    text
}

/// First line and number of lines of the old side in `@@ -a,b +c,d @@`.
fn header(line: &[u8]) -> Option<(usize, usize)> {
    let text =
        std::str::from_utf8(line.strip_prefix(b"@@ -")?.split(|&b| b == b' ').next()?).ok()?;
    match text.split_once(',') {
        Some((start, length)) => Some((start.parse().ok()?, length.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_applies_to_the_byte_or_not_at_all() {
        let patch = b"--- a\n+++ b\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";
        assert_eq!(
            apply(patch, b"one\ntwo\nthree\nfour\n").as_deref(),
            Ok(&b"one\nTWO\nthree\nfour\n"[..])
        );
        assert!(
            apply(patch, b"one\ntwo \nthree\n")
                .is_err_and(|e| e.contains("hunk 1 does not fit at line 2"))
        );
        assert_eq!(apply(patch, b"one\rtwo\rthree\r").as_deref(), Ok(&b"one\rTWO\rthree\r"[..]));
        let last =
            b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n";
        assert_eq!(apply(last, b"a").as_deref(), Ok(&b"b"[..]));
        assert!(apply(b"nothing", b"a").is_err());
    }
}
