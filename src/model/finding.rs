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
    /// Offset of the first of them in the entry.
    pub start: u64,
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
            image_offset: None,
            more: 0,
            occurrence: 0,
            of_settings: false,
            missing: None,
            why: String::new(),
            remedy: String::new(),
        }
    }

    /// `pm1:` and 128 bits of BLAKE3 over rule, target, locator, the bytes around the hit, and the
    /// occurrence. It keeps when lines move or the folder is elsewhere.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(self.rule.as_bytes());
        field(self.target.as_deref().unwrap_or_default().as_bytes());
        field(self.path.as_str().as_bytes());
        field(self.evidence.as_ref().map_or(&[], |evidence| &evidence.bytes));
        field(&self.occurrence.to_le_bytes());
        format!("pm1:{}", &hasher.finalize().to_hex()[..32])
    }
}
