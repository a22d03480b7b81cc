//! GNU gettext's `.po` and `.pot` (GNU gettext manual, The Format of PO Files): what `msgfmt` refuses.

use std::collections::HashSet;

use super::Faults;

/// Messages that are compared.
const MESSAGES: usize = 1 << 18;
/// Bytes of the header that are read for the number of plural forms.
const HEADER: usize = 64 << 10;
/// Charsets whose characters may hold the bytes of a quote or a backslash: `msgfmt` decodes them first.
const MIXED: [&[u8]; 9] =
    [b"shift", b"sjis", b"big5", b"gb18030", b"gbk", b"johab", b"cp93", b"cp94", b"cp950"];

pub(super) fn walk(content: &[u8], faults: &mut Faults) {
    let mark = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = content.get(mark..).unwrap_or_default();
    let is_catalogue =
        text.starts_with(b"msgid") || memchr::memmem::find(text, b"\nmsgid").is_some();
    if !is_catalogue || has_mixed_charset(text) {
        return;
    }
    let mut po = Po { at: mark as u64, ..Po::default() };
    for line in text.split_inclusive(|b| *b == b'\n') {
        po.number += 1;
        po.line(line.trim_ascii_end(), faults);
        po.at += line.len() as u64;
    }
    po.finish(faults);
    // `msgfmt` takes these, and its option -c does not: told once.
    if let (Some((at, line, texts)), Some(forms)) = (po.other_forms, po.forms) {
        let more = match po.others {
            1 => String::new(),
            n => format!(", and so have {} more messages", n - 1),
        };
        let detail =
            format!("line {line}: {texts} plural forms where the header says {forms}{more}");
        faults.extended(at, 5, detail);
    }
}

fn has_mixed_charset(text: &[u8]) -> bool {
    let head = text.get(..text.len().min(HEADER)).unwrap_or_default();
    memchr::memmem::find(head, b"charset=").is_some_and(|at| {
        let label = head.get(at + 8..).unwrap_or_default();
        MIXED.iter().any(|name| {
            label.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
    })
}

/// A part of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Part {
    #[default]
    None,
    Context,
    Id,
    Plural,
    /// `msgstr`, or one of its forms.
    Text(Option<u32>),
    /// `domain`, or what is read no further.
    Other,
}

/// A message under way.
#[derive(Default)]
struct Message {
    /// Its line, from 1, and where that begins.
    line: u64,
    at: u64,
    context: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    has_plural: bool,
    /// How many `msgstr` there are.
    texts: u32,
    /// Whether one of them says something.
    is_translated: bool,
    /// Of the header.
    header: Vec<u8>,
    is_fuzzy: bool,
}

/// A catalogue under way.
#[derive(Default)]
struct Po {
    /// The line that is read, from 1, and where it begins.
    number: u64,
    at: u64,
    part: Part,
    message: Message,
    next_is_fuzzy: bool,
    seen: HashSet<(Option<Vec<u8>>, Vec<u8>)>,
    /// Plural forms, as the header says.
    forms: Option<u32>,
    /// The first message with another number of them, and how many there are.
    other_forms: Option<(u64, u64, u32)>,
    others: u64,
}

impl Po {
    fn line(&mut self, whole: &[u8], faults: &mut Faults) {
        let line = whole.trim_ascii_start();
        let at = (whole.len() - line.len()) as u64;
        match line.first() {
            None => {}
            Some(b'#') => {
                let is_flag = line.starts_with(b"#,");
                self.next_is_fuzzy |= is_flag && memchr::memmem::find(line, b"fuzzy").is_some();
            }
            Some(b'"') if self.part == Part::None => {
                self.tell(at, line.len(), "a string stands outside of a message", faults);
            }
            Some(b'"') => self.strings(line, at, faults),
            Some(_) => {
                let end = line.iter().position(|b| !b.is_ascii_lowercase() && *b != b'_');
                let (word, rest) = line.split_at(end.unwrap_or(line.len()));
                let Some((part, behind)) = part(word, rest) else {
                    let found = line.get(..line.len().min(24)).unwrap_or_default();
                    let detail =
                        format!("expected a keyword or a string, found {}", found.escape_ascii());
                    self.part = Part::Other;
                    return self.tell(at, line.len(), &detail, faults);
                };
                self.begin(part, faults);
                let strings = behind.trim_ascii_start();
                let at = at + (line.len() - strings.len()) as u64;
                if !strings.starts_with(b"\"") {
                    let detail = format!("expected a string behind {}", word.escape_ascii());
                    // What was meant for one counts as one.
                    self.take(strings);
                    return self.tell(at, strings.len(), &detail, faults);
                }
                self.strings(strings, at, faults);
            }
        }
    }

    /// A keyword begins a part of the message, or another message.
    fn begin(&mut self, part: Part, faults: &mut Faults) {
        let begins = match part {
            Part::Context | Part::Other => true,
            Part::Id => self.message.id.is_some(),
            _ => false,
        };
        if begins {
            self.finish(faults);
        }
        if self.message.id.is_none() && self.message.context.is_none() {
            (self.message.line, self.message.at) = (self.number, self.at);
            self.message.is_fuzzy = std::mem::take(&mut self.next_is_fuzzy);
        }
        let detail = match part {
            Part::Context => {
                self.message.context = Some(Vec::new());
                None
            }
            Part::Id => {
                self.message.id = Some(Vec::new());
                None
            }
            Part::Plural => {
                self.message.has_plural = true;
                self.message.id.is_none().then(|| "msgid_plural stands without msgid".to_owned())
            }
            Part::Text(form) => {
                let expected = self.message.texts;
                self.message.texts += 1;
                match form {
                    _ if self.message.id.is_none() => {
                        Some("msgstr stands without msgid".to_owned())
                    }
                    Some(form) if form != expected => {
                        Some(format!("expected msgstr[{expected}], found msgstr[{form}]"))
                    }
                    Some(_) if !self.message.has_plural => {
                        Some("msgstr[] stands without msgid_plural".to_owned())
                    }
                    None if self.message.has_plural => {
                        Some("expected msgstr[] behind msgid_plural, found msgstr".to_owned())
                    }
                    None if expected > 0 => Some("a second msgstr".to_owned()),
                    _ => None,
                }
            }
            Part::None | Part::Other => None,
        };
        if let Some(detail) = detail {
            self.tell(0, 6, &detail, faults);
        }
        self.part = part;
    }

    /// Strings on one line, one or more; `at` is where they begin in it.
    fn strings(&mut self, line: &[u8], at: u64, faults: &mut Faults) {
        let mut from = 0;
        loop {
            let rest = line.get(from..).unwrap_or_default();
            let blank = rest.len() - rest.trim_ascii_start().len();
            from += blank;
            let Some(rest) = line.get(from..).filter(|rest| !rest.is_empty()) else { return };
            let place = at + from as u64;
            if rest.first() != Some(&b'"') {
                let detail = "a quote within the string is not escaped, or more follows it";
                return self.tell(place, rest.len(), detail, faults);
            }
            let Some(inner) = closed(rest) else {
                return self.tell(
                    place,
                    rest.len(),
                    "the string is not closed on its line",
                    faults,
                );
            };
            if let Some(wrong) = wrong_escape(inner) {
                let escape = inner.get(wrong..inner.len().min(wrong + 2)).unwrap_or_default();
                let detail = format!("{} is no escape of a PO file", escape.escape_ascii());
                self.tell(place + 1 + wrong as u64, 2, &detail, faults);
            }
            self.take(inner);
            from += inner.len() + 2;
        }
    }

    /// Takes a piece of the part that is read.
    fn take(&mut self, piece: &[u8]) {
        let message = &mut self.message;
        match self.part {
            Part::Context => message.context.get_or_insert_default().extend(piece),
            Part::Id => message.id.get_or_insert_default().extend(piece),
            Part::Text(_) => {
                message.is_translated |= !piece.is_empty();
                let is_header = message.id.as_ref().is_some_and(Vec::is_empty);
                if is_header && message.context.is_none() && message.header.len() < HEADER {
                    message.header.extend(piece);
                }
            }
            Part::None | Part::Plural | Part::Other => {}
        }
    }

    /// The message is whole.
    fn finish(&mut self, faults: &mut Faults) {
        self.part = Part::None;
        let message = std::mem::take(&mut self.message);
        let Message { line, at, context, id, .. } = message;
        let mut tell = |detail: String| faults.malformed(at, 5, format!("line {line}: {detail}"));
        let Some(id) = id else {
            if context.is_some() {
                tell("msgctxt stands without msgid".into());
            }
            return;
        };
        if message.texts == 0 {
            return tell("msgid stands without msgstr".into());
        }
        if id.is_empty() && context.is_none() {
            self.forms = self.forms.or_else(|| number_behind(&message.header, b"nplurals="));
        }
        if let Some(forms) = self.forms
            && message.has_plural
            && message.is_translated
            && !message.is_fuzzy
            && message.texts != forms
        {
            self.others += 1;
            self.other_forms.get_or_insert((at, line, message.texts));
        }
        if self.seen.len() < MESSAGES {
            let shown = id.get(..id.len().min(40)).unwrap_or_default().escape_ascii().to_string();
            if !self.seen.insert((context, id)) {
                tell(format!("msgid \"{shown}\" stands in this file already"));
            }
        }
    }

    fn tell(&self, at: u64, length: usize, detail: &str, faults: &mut Faults) {
        let detail = format!("line {}: {detail}", self.number);
        faults.malformed(self.at + at, length.max(1) as u64, detail);
    }
}

/// What a keyword begins, and what stands behind it.
fn part<'a>(word: &[u8], rest: &'a [u8]) -> Option<(Part, &'a [u8])> {
    Some(match word {
        b"msgctxt" => (Part::Context, rest),
        b"msgid" => (Part::Id, rest),
        b"msgid_plural" => (Part::Plural, rest),
        b"domain" => (Part::Other, rest),
        b"msgstr" if rest.trim_ascii_start().starts_with(b"[") => {
            let rest = rest.trim_ascii_start().get(1..)?;
            let close = memchr::memchr(b']', rest)?;
            let number = std::str::from_utf8(rest.get(..close)?).ok()?.trim().parse().ok()?;
            (Part::Text(Some(number)), rest.get(close + 1..)?)
        }
        b"msgstr" => (Part::Text(None), rest),
        _ => return None,
    })
}

/// What stands between the quote at the start and the one that closes it.
fn closed(line: &[u8]) -> Option<&[u8]> {
    let mut at = 1;
    loop {
        match line.get(at)? {
            b'\\' => at += 2,
            b'"' => return line.get(1..at),
            _ => at += 1,
        }
    }
}

/// Where a backslash begins no escape that `msgfmt` knows.
fn wrong_escape(inner: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = inner.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        if !matches!(
            inner.get(at + 1)?,
            b'n' | b't' | b'b' | b'r' | b'f' | b'v' | b'a' | b'"' | b'\\' | b'0'..=b'7' | b'x'
        ) {
            return Some(at);
        }
        at += 2;
    }
    None
}

/// The number behind a word.
fn number_behind(text: &[u8], word: &[u8]) -> Option<u32> {
    let at = memchr::memmem::find(text, word)? + word.len();
    let digits = text.get(at..)?.trim_ascii_start();
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok().filter(|n| *n > 0)
}
