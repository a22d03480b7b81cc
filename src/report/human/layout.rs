//! Lines of at most eighty columns, whatever the terminal: reports are the same bytes everywhere.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};

/// Columns of a line. Only what cannot be broken, a locator, is longer.
const LINE: usize = 80;
/// Columns before the text of a note.
const NOTE: usize = 12;

/// The words of `text` in lines. The first has `used` columns taken already, the others begin with
/// `indent` blanks.
pub(super) fn wrap(text: &str, used: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut at = used;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        let first = out.is_empty();
        if at + usize::from(!first) + width > LINE && at > indent {
            let _ = write!(out, "\n{:indent$}", "");
            at = indent;
        } else if !first {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width;
    }
    out
}

/// `label text`, where the label holds `width` columns and further lines are indented.
pub(super) fn labelled(out: &mut String, label: &ColoredString, width: usize, text: &str) {
    let text = wrap(text, width + 1, 4);
    let gap = if text.starts_with('\n') || text.is_empty() { "" } else { " " };
    let _ = writeln!(out, "{label}{gap}{text}");
}

/// A note of a block: `fix: …`, the label ending where those of all notes end.
pub(super) fn note(out: &mut String, label: &str, text: &str) {
    let label = format!("{label:>width$}", width = NOTE - 1);
    let _ = writeln!(out, "{} {}", label.blue().bold(), wrap(text, NOTE, NOTE));
}

/// A locator with what is said of it behind it, on a line of its own where both are too long for
/// one. The locator itself is never broken: it is to be copied.
pub(super) fn placed(used: usize, path: &str, place: &str, indent: usize) -> String {
    if place.is_empty() {
        return path.to_owned();
    }
    if used + path.chars().count() + 2 + place.chars().count() <= LINE {
        return format!("{path}, {place}");
    }
    format!("{path}\n{:indent$}{place}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        let long = "x".repeat(90);
        assert_eq!(wrap("one two", 0, 4), "one two");
        assert_eq!(wrap(&format!("one {long} two"), 0, 4), format!("one\n    {long}\n    two"));
        assert_eq!(wrap(&"ab ".repeat(40), 10, 2).lines().map(str::len).max(), Some(80));
        assert_eq!(placed(6, &long, "offset 3", 6), format!("{long}\n      offset 3"));
        assert_eq!(placed(6, "a", "offset 3", 6), "a, offset 3");
    }
}
