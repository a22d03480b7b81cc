//! A name as rules and targets see it: one segment of a path, with what is around it.

/// Bytes of a path beyond which it is not spelled out to be measured: more than any target takes.
pub const LONGEST_PATH: usize = 8192;

/// The name of an entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Name<'a> {
    /// As recorded: UTF-8 where the format says which characters they are, else any bytes.
    pub bytes: &'a [u8],
    /// The same, if it is UTF-8.
    pub text: Option<&'a str>,
    /// The name of the folder that it lies in; none at the root.
    pub folder: Option<&'a [u8]>,
    /// Whether it is that of a folder.
    pub is_folder: bool,
    /// Names in its path, its own counted.
    pub levels: u32,
    /// Its path, `/` between the names; empty where nobody minds its length, and no more than its
    /// end where it is longer than [`LONGEST_PATH`].
    pub path: &'a [u8],
    /// Whether it stands in the target's own namespace, where it is as it was written.
    pub native: bool,
    /// Whether an earlier entry of the folder has it, and no reader told.
    pub duplicate: bool,
}

impl<'a> Name<'a> {
    /// A name at the root of a tree.
    pub fn new(bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        Self { bytes, text, levels: 1, path: bytes, ..Self::default() }
    }

    /// Whether no rule about names as such can mind it: ASCII from `!` to `~`, blanks inside only, no
    /// dash first. Most names are so, and are looked at no further.
    pub fn is_plain(&self) -> bool {
        let inside = |b: &u8| matches!(b, b' '..=b'~');
        !self.duplicate
            && self.bytes.iter().all(inside)
            && !matches!(self.bytes.first(), None | Some(b' ' | b'-'))
            && self.bytes.last() != Some(&b' ')
    }
}

/// Characters by their code points: `U+200B U+202E`, four at most.
pub(super) fn points(chars: impl Iterator<Item = char>) -> Option<String> {
    let mut seen: Vec<String> = Vec::new();
    for c in chars {
        let point = format!("U+{:04X}", u32::from(c));
        if seen.contains(&point) {
            continue;
        }
        if seen.len() == 4 {
            seen.push("…".to_owned());
            break;
        }
        seen.push(point);
    }
    (!seen.is_empty()).then(|| seen.join(" "))
}
