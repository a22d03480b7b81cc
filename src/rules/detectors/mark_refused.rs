//! A byte order mark before UTF-8 in a format whose readers refuse it or act on it.

use super::{Detector, Entry, Look, Place, Told};

pub(super) const DETECTOR: Detector = Detector { name: "mark-refused", look: Look::Entry(find) };

/// Ends of names, and what the mark does there.
const REFUSED: [(&[&str], &str); 7] = [
    (
        &[".json", ".jsonl", ".geojson", ".webmanifest"],
        "JSON has none (RFC 8259 8.1), and strict parsers stop at it",
    ),
    (&[".php", ".phtml"], "PHP sends it as output, so that no header and no session can follow"),
    (&[".sh", ".bash", ".zsh", ".ksh", ".csh"], "the shell takes it as part of the first command"),
    (&[".bat", ".cmd"], "the command interpreter takes it as part of the first command"),
    (
        &[".service", ".socket", ".timer", ".desktop", ".pc", ".crontab", ".sudoers"],
        "it becomes part of the first line",
    ),
    (&[".pem", ".crt", ".key"], "the first line is no longer the one that is looked for"),
    (&[".ppd", ".ps", ".eps"], "a PostScript interpreter takes it as the name of an operator"),
];

fn find(entry: &Entry<'_>) -> Option<Told> {
    // Before `#!` it is another detector's.
    if !entry.has_mark() || entry.census.head.get(3..5) == Some(b"#!") {
        return None;
    }
    let (_, why) = REFUSED.iter().find(|(ends, _)| entry.ends_with(ends))?;
    Some(Told::at(Place::Start(3), *why))
}
