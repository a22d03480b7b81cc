//! A here-document that its own end does not end: behind, or before, its word stand blanks, and to a
//! shell that is another line of the text (POSIX.1-2017 XCU 2.7.4).

use super::super::{Detector, Look};
use super::FirstLine;
use crate::rules::parsed::{Hit, Hits, Parsed};

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "here-document", look: Look::Parsed(find) };

fn find(parsed: &Parsed<'_>, hits: &mut Hits) {
    let line = FirstLine::of(parsed.bytes);
    let is_shell = line.map_or_else(|| super::is_named_shell(parsed.name), |line| line.is_shell());
    if !is_shell || !parsed.is_whole() {
        return;
    }
    let mut lines = Lines { bytes: parsed.bytes, at: 0 };
    while let Some((_, line)) = lines.next() {
        for marker in markers(line) {
            let mut meant = None;
            let closed = lines.by_ref().any(|(at, line)| {
                if meant.is_none() && marker.is_meant(line) {
                    meant = Some((at, line.len()));
                }
                marker.ends(line)
            });
            if closed {
                continue;
            }
            if let Some((at, length)) = meant {
                let word = String::from_utf8_lossy(&marker.word);
                hits.tell(Hit::new(word).at(at as u64, length as u64));
            }
            return;
        }
    }
}

/// Lines with their places, without their line feeds.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let line = rest.split(|b| *b == b'\n').next()?;
        self.at = start + line.len() + 1;
        Some((start, line))
    }
}

/// The word that is to end a here-document.
#[derive(PartialEq, Eq, Debug)]
struct Marker {
    word: Vec<u8>,
    /// Whether tabs before it are no part of the line.
    tabs: bool,
}

impl Marker {
    fn ends(&self, line: &[u8]) -> bool {
        let tabs = line.iter().take_while(|b| self.tabs && **b == b'\t').count();
        line.get(tabs..) == Some(self.word.as_slice())
    }

    /// Whether a line is the word but for blanks.
    fn is_meant(&self, line: &[u8]) -> bool {
        line.trim_ascii() == self.word.trim_ascii() && !self.ends(line)
    }
}

/// The here-documents that begin in a line. What is quoted or a comment begins none.
fn markers(line: &[u8]) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut quote = None;
    while let Some(&byte) = line.get(at) {
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => at += 1,
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            // Quotes begin anew in a command that stands in quotes.
            (b'$', Some(b'"')) if line.get(at + 1) == Some(&b'(') => quote = None,
            (b'#', None) if before.is_none_or(u8::is_ascii_whitespace) => break,
            (b'<', None) if line.get(at + 1) == Some(&b'<') => {
                let run = line.iter().skip(at).take_while(|b| **b == b'<').count();
                at += run;
                if run == 2
                    && let Some(marker) = marker(line.get(at..).unwrap_or_default())
                {
                    found.push(marker);
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The word behind `<<`, without its quotes. A number is the right side of a shift.
fn marker(rest: &[u8]) -> Option<Marker> {
    let (tabs, rest) = match rest {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let mut word = Vec::new();
    let mut quote = None;
    for &byte in rest.iter().skip(blanks) {
        match (byte, quote) {
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'\\', None) => {}
            (b' ' | b'\t' | b';' | b'|' | b'&' | b'<' | b'>' | b'(' | b')' | b'`', None) => break,
            _ => word.push(byte),
        }
    }
    let is_word = word.first().is_some_and(|b| !b.is_ascii_digit() && !b.is_ascii_whitespace());
    (is_word && quote.is_none()).then_some(Marker { word, tabs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_where_a_shell_finds_them() {
        for (line, expected) in [
            ("cat <<EOF", &[("EOF", false)][..]),
            ("cat <<-'EOF' >out; cat << \"A B\"|x", &[("EOF", true), ("A B", false)]),
            ("cat <<\\EOF&", &[("EOF", false)]),
            ("cat <<E\"O\"F", &[("EOF", false)]),
            ("a=\"$(cat <<EOF", &[("EOF", false)]),
            ("cat <<<EOF", &[]),
            ("echo \"<<EOF\" '<<A' # <<B", &[]),
            ("x=$((1 << 2)) a#<<C", &[("C", false)]),
            ("cat <<", &[]),
            ("cat <<'EOF", &[]),
        ] {
            let found = markers(line.as_bytes());
            let found: Vec<_> = found
                .iter()
                .map(|marker| (std::str::from_utf8(&marker.word).expect("text"), marker.tabs))
                .collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
