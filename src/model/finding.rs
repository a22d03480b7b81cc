//! Findings: what a rule says about bytes, entries or structure.

use super::locator::Locator;

/// How bad it is. Data of the rule, never decided in code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look before the release.
    Warning,
    /// The release must not ship.
    Error,
}

impl Severity {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure the rule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Often wrong.
    Low,
    /// Sometimes wrong.
    Medium,
    /// Wrong only in what nobody has thought of.
    High,
}

impl Confidence {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The bytes around a hit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// Up to 32 bytes around the hit.
    pub bytes: Vec<u8>,
    /// Offset of the first of them in the entry, or in the container beside it.
    pub start: u64,
}

impl Evidence {
    /// The most bytes that are kept, and how many of them stand before the hit.
    pub const LENGTH: usize = 32;
    /// See there.
    pub const BEFORE: usize = 16;

    /// Of a hit at index `at` of `bytes`, the first of which has the offset `start` in the entry.
    pub fn around(bytes: &[u8], at: usize, start: u64) -> Option<Self> {
        let from = at.saturating_sub(Self::BEFORE);
        let around = bytes.get(from..).filter(|_| at < bytes.len())?;
        let around = around.get(..Self::LENGTH).unwrap_or(around);
        Some(Self { bytes: around.to_vec(), start: start + from as u64 })
    }
}

/// Bytes elsewhere that something said of an entry rests on: its record in the container.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Related {
    /// Whose bytes they are.
    pub path: Locator,
    /// Offset of the first of them.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// One hit of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// From the rule, or as the configuration sets it.
    pub severity: Severity,
    /// From the rule.
    pub confidence: Confidence,
    /// Whether the same content at the same locator was already so in the approved manifest.
    pub existing: bool,
    /// The platform that minds; `None` if all do.
    pub target: Option<String>,
    /// Where: the main locator of the content.
    pub path: Locator,
    /// Other names of the same content.
    pub aliases: Vec<Locator>,
    /// Offset of the first byte in the entry, if the finding is about bytes.
    pub offset: Option<u64>,
    /// Bytes.
    pub length: u64,
    /// Line, from 1, in text.
    pub line: Option<u64>,
    /// Column in characters, from 1, in text.
    pub column: Option<u64>,
    /// One sentence: what is there and what it does.
    pub message: String,
    /// The bytes around the hit.
    pub evidence: Option<Evidence>,
    /// What it rests on if that is no byte of the entry: of a record, a header or slack, where it lies
    /// in the container.
    pub related: Option<Box<Related>>,
    /// Offset in the outermost file, if the bytes lie there as they are.
    pub image_offset: Option<u64>,
    /// How many more hits of the rule in this entry were counted and not listed.
    pub more: u64,
    /// 0 for the first finding of the rule with these bytes in this entry, then 1, 2, …
    pub occurrence: u32,
    /// Whether it is about the settings and about nothing in the artifact.
    pub of_settings: bool,
    /// What it misses at another place: if that changed, the finding is new although its own content
    /// is not.
    pub missing: Option<Locator>,
    /// What it does, and where.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// A finding about an entry as a whole, of which no more is known than this.
    pub fn new(
        rule: &str,
        severity: Severity,
        confidence: Confidence,
        path: Locator,
        message: String,
    ) -> Self {
        Self {
            rule: rule.to_owned(),
            severity,
            confidence,
            existing: false,
            target: None,
            path,
            aliases: Vec::new(),
            offset: None,
            length: 0,
            line: None,
            column: None,
            message,
            evidence: None,
            related: None,
            image_offset: None,
            more: 0,
            occurrence: 0,
            of_settings: false,
            missing: None,
            why: String::new(),
            remedy: String::new(),
        }
    }

    /// Whose byte its first is, and which: one of the entry, or of the container beside it. Evidence
    /// counts from there.
    pub fn place(&self) -> Option<(&Locator, u64)> {
        let beside = self.related.as_ref().map(|related| (&related.path, related.offset));
        self.offset.map(|offset| (&self.path, offset)).or(beside)
    }

    /// `pm1:` and 128 bits of BLAKE3 over rule, target, locator, the bytes around the hit, and the
    /// occurrence. It keeps when lines move or the folder is elsewhere.
    pub fn fingerprint(&self) -> String {
        let target = self.target.as_deref().unwrap_or_default();
        let occurrence = self.occurrence.to_le_bytes();
        let (rule, path) = (self.rule.as_bytes(), self.path.as_str().as_bytes());
        fingerprint(&[rule, target.as_bytes(), path, self.around(), &occurrence])
    }

    /// The bytes around the hit that tell it from others: up to 16 either side, in a text those of
    /// its own line, so that they are the same wherever the line stands. What is about an entry as a
    /// whole has none.
    pub fn around(&self) -> &[u8] {
        const SIDE: usize = 16;
        let (Some(evidence), Some((_, offset))) = (&self.evidence, self.place()) else {
            return &[];
        };
        let bytes = evidence.bytes.as_slice();
        let clipped = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
        let at = clipped(offset.saturating_sub(evidence.start));
        let (mut from, mut to) = (at.saturating_sub(SIDE), clipped((at + SIDE) as u64));
        if self.line.is_some() {
            let end = clipped((at as u64).saturating_add(self.length)).min(to);
            let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
            let before = bytes.get(from..at).and_then(|before| before.iter().rposition(is_end));
            let behind = bytes.get(end..to).and_then(|behind| behind.iter().position(is_end));
            from += before.map_or(0, |n| n + 1);
            to = behind.map_or(to, |n| end + n);
        }
        bytes.get(from..to).unwrap_or_default()
    }
}

/// `pm1:` and 128 bits of BLAKE3 over fields, each behind its length.
pub fn fingerprint(fields: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    format!("pm1:{}", &hasher.finalize().to_hex()[..32])
}
