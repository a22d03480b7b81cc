//! Tags, names and references of XML: Extensible Markup Language 1.0, fifth edition, 2.3, 3.1 and 4.1.

use std::collections::HashSet;

/// Attributes of an element that are compared by name: so many one by one, and behind them so many by
/// their hash.
pub(super) const FEW: usize = 16;
const ATTRIBUTES: usize = 4096;

/// What is wrong, and where in the piece that was looked at.
pub(super) type Wrong = (usize, String);

/// What the document says of references.
#[derive(Clone, Copy, Default)]
pub(super) struct Entities {
    /// A document type may declare entities, elsewhere too.
    pub(super) declared: bool,
    /// It is XML 1.1, where control characters may be written by number.
    pub(super) controls: bool,
}

/// A tag, from behind its `<` to its `>` or `/>`: the name, and attributes with blanks between them.
pub(super) fn tag(tag: &str, entities: Entities) -> Result<(), Wrong> {
    let bytes = tag.as_bytes();
    let name = name_at(tag, 0);
    if !is_name(name) {
        return Err((0, format!("<{} is no name of an element", shown(name))));
    }
    let (mut few, mut many) = ([""; FEW], None);
    let mut at = name.len();
    for n in 0.. {
        let start = skip(bytes, at);
        if start >= bytes.len() {
            return Ok(());
        }
        if start == at {
            return Err((at, format!("in <{name}>: no blank stands before an attribute")));
        }
        let key = name_at(tag, start);
        if !is_name(key) {
            let key = shown(key);
            return Err((start, format!("in <{name}>: \"{key}\" is no name of an attribute")));
        }
        let equals = skip(bytes, start + key.len());
        if bytes.get(equals) != Some(&b'=') {
            return Err((start, format!("in <{name}>: attribute {key} has no value")));
        }
        let open = skip(bytes, equals + 1);
        let quote = bytes.get(open).copied().filter(|b| matches!(b, b'"' | b'\''));
        let value = quote.and_then(|quote| {
            let behind = tag.get(open + 1..)?;
            behind.get(..memchr::memchr(quote, behind.as_bytes())?)
        });
        let Some(value) = value else {
            return Err((open, format!("in <{name}>: the value of {key} stands in no quotes")));
        };
        let is_second = few.iter().take(n).any(|seen| *seen == key)
            || n >= FEW && is_again(many.get_or_insert_with(HashSet::new), key);
        if is_second {
            return Err((start, format!("<{name}> has two attributes {key}")));
        }
        if let Some(place) = few.get_mut(n) {
            *place = key;
        }
        in_value(value, entities).map_err(|(at, wrong)| (open + 1 + at, wrong))?;
        at = open + value.len() + 2;
    }
    Ok(())
}

/// Whether a name was seen before; behind so many, none is remembered.
fn is_again<'a>(seen: &mut HashSet<&'a str>, name: &'a str) -> bool {
    seen.len() < ATTRIBUTES && !seen.insert(name)
}

/// The value of an attribute: no `<`, and an `&` only where a reference begins.
fn in_value(value: &str, entities: Entities) -> Result<(), Wrong> {
    for at in memchr::memchr2_iter(b'<', b'&', value.as_bytes()) {
        let behind = value.get(at + 1..).unwrap_or_default();
        if value.as_bytes().get(at) == Some(&b'<') {
            return Err((at, "< stands in the value of an attribute".into()));
        }
        // A reference is short, and a value may hold many an `&`.
        let near = behind.as_bytes().get(..behind.len().min(LONGEST)).unwrap_or_default();
        let end = memchr::memchr(b';', near).and_then(|end| behind.get(..end));
        match end {
            Some(inner) => reference(inner, entities).map_err(|wrong| (at, wrong))?,
            None => return Err((at, BARE.into())),
        }
    }
    Ok(())
}

/// Bytes of the longest reference that is looked at.
const LONGEST: usize = 1024;
/// What is said of an `&` that begins nothing.
pub(super) const BARE: &str = "& begins no reference; the character itself is written &amp;";

/// A reference, between `&` and `;`. Without a document type there are five entities, and characters
/// by number.
pub(super) fn reference(inner: &str, entities: Entities) -> Result<(), String> {
    if let Some(number) = inner.strip_prefix('#') {
        let is_character = match number.strip_prefix('x') {
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
            None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse(),
            _ => "".parse::<u32>(),
        }
        .ok()
        .and_then(char::from_u32)
        .is_some_and(|c| match c {
            '\t' | '\n' | '\r' => true,
            '\0' | '\u{fffe}' | '\u{ffff}' => false,
            '\x01'..='\x1f' => entities.controls,
            _ => true,
        });
        return if is_character {
            Ok(())
        } else {
            Err(format!("&{}; is no character of XML", shown(inner)))
        };
    }
    let known = matches!(inner, "amp" | "lt" | "gt" | "apos" | "quot");
    if known || entities.declared && is_name(inner) {
        Ok(())
    } else if is_name(inner) {
        Err(format!("entity &{}; is not declared", shown(inner)))
    } else {
        Err(BARE.into())
    }
}

/// A processing instruction, from behind its `<?`: it begins with a name.
pub(super) fn target(instruction: &str) -> Result<(), String> {
    let name = name_at(instruction, 0);
    if is_name(name) {
        return Ok(());
    }
    Err(format!("<?{} is no name of a processing instruction", shown(name)))
}

/// What stands up to a blank, `=` or quote.
fn name_at(tag: &str, from: usize) -> &str {
    let rest = tag.get(from..).unwrap_or_default();
    let end =
        rest.bytes().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\''));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

fn skip(bytes: &[u8], from: usize) -> usize {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    from + bytes.get(from..).unwrap_or_default().iter().take_while(blank).count()
}

/// The production Name, 2.3.
fn is_name(name: &str) -> bool {
    let begins = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b':' | b'_');
    let plain = |b: &u8| begins(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    match name.as_bytes() {
        [first, rest @ ..] if begins(first) && rest.iter().all(plain) => true,
        bytes => !bytes.is_ascii() && is_international_name(name),
    }
}

/// The same, whatever its characters.
fn is_international_name(name: &str) -> bool {
    let starts = |c: char| {
        matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
            | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
            | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
            | '\u{10000}'..='\u{effff}')
    };
    let goes_on = |c: char| matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}');
    let mut all = name.chars();
    all.next().is_some_and(starts) && all.all(|c| starts(c) || goes_on(c))
}

/// The first characters of what is wrong.
fn shown(text: &str) -> &str {
    text.char_indices().nth(24).map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
}
