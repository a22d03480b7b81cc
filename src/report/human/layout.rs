//! Lines that fit: eighty columns in files and pipes, which are the same bytes everywhere, and what
//! the caller says on a terminal.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};

/// Columns of a line where nobody knows better: in files and pipes.
pub const COLUMNS: usize = 80;
/// Columns before the text of a note.
const NOTE: usize = 12;

/// How a report for people is to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// Whether everything is told, however long.
    pub all: bool,
    /// Columns of a line. Only what cannot be broken, a locator, is longer.
    pub columns: usize,
}

/// The text of a report as it grows.
pub(super) struct Page {
    pub(super) text: String,
    columns: usize,
}

impl std::fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.write_str(text)
    }
}

impl Page {
    /// An empty one with lines of so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { text: String::new(), columns }
    }

    /// An empty one like this.
    pub(super) fn like(&self) -> Self {
        Self::new(self.columns)
    }

    /// `label text`, where the label holds `width` columns and further lines are indented.
    pub(super) fn labelled(&mut self, label: &ColoredString, width: usize, text: &str) {
        let text = wrap(text, self.columns, width + 1, 4);
        let gap = if text.starts_with('\n') || text.is_empty() { "" } else { " " };
        let _ = writeln!(self, "{label}{gap}{text}");
    }

    /// A note of a block: `fix: …`, the label ending where those of all notes end.
    pub(super) fn note(&mut self, label: &str, text: &str) {
        let label = format!("{label:>width$}", width = NOTE - 1);
        let text = wrap(text, self.columns, NOTE, NOTE);
        let _ = writeln!(self, "{} {text}", label.blue().bold());
    }

    /// A locator with what is said of it behind it, on a line of its own where both are too long
    /// for one. The locator itself is never broken: it is to be copied.
    pub(super) fn placed(&self, used: usize, path: &str, place: &str, indent: usize) -> String {
        if place.is_empty() {
            return path.to_owned();
        }
        if used + path.chars().count() + 2 + place.chars().count() <= self.columns {
            return format!("{path}, {place}");
        }
        let place = wrap(place, self.columns, indent, indent);
        format!("{path}\n{:indent$}{place}", "")
    }
}

/// The words of `text` in lines of at most `columns`. The first has `used` columns taken already, the others begin with
/// `indent` blanks.
fn wrap(text: &str, columns: usize, used: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut at = used;
    // Whether the line can be broken here: a word, or a label longer than the indent, is before.
    let mut is_begun = used > indent;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        let first = out.is_empty();
        if at + usize::from(!first) + width > columns && is_begun {
            let _ = write!(out, "\n{:indent$}", "");
            at = indent;
        } else if !first {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width;
        is_begun = true;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        let long = "x".repeat(90);
        assert_eq!(wrap("one two", 80, 0, 4), "one two");
        assert_eq!(wrap(&format!("one {long} two"), 80, 0, 4), format!("one\n    {long}\n    two"));
        for columns in [40, 80, 100] {
            let text = wrap(&"ab ".repeat(80), columns, 10, 2);
            let lines: Vec<usize> = text.lines().map(str::len).collect();
            // 10 columns are taken, 2 are blank; a word and its blank are 3.
            let fits = |room: usize| (room + 1) / 3 * 3 - 1;
            assert_eq!(lines[..2], [fits(columns - 10), 2 + fits(columns - 2)], "{columns}");
        }
        let page = Page::new(COLUMNS);
        assert_eq!(page.placed(6, &long, "offset 3", 6), format!("{long}\n      offset 3"));
        assert_eq!(page.placed(6, "a", "offset 3", 6), "a, offset 3");
    }
}
