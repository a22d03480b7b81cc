//! JSON, read forward with `serde_json`.

use std::collections::HashSet;
use std::io;

use serde::de::{DeserializeSeed, MapAccess};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{HELD, Meter, Metered};
use crate::rules::faults::json::{Members, Value, allows_comments};
use crate::rules::faults::{FaultKind, Faults, KEPT};

/// Bytes that a kept key costs beside its own.
const KEY: usize = 64;

/// Reads a value, or one on each line: logs and exports of databases.
pub(in super::super) fn walk(
    data: &mut Metered<'_>,
    (name, _): (&[u8], &[u8]),
    faults: &mut Faults,
) -> io::Result<()> {
    let meter = data.meter;
    let mut reader = serde_json::Deserializer::from_reader(data);
    let mut walk = Walk { meter, twice: Vec::new(), held: 0 };
    let mut is_lines = false;
    loop {
        if let Err(error) = Value(&mut walk).deserialize(&mut reader) {
            return tell(meter, error, name, faults);
        }
        let end = meter.at.get();
        let Err(error) = reader.end() else { break };
        if error.is_io() || meter.line.get() < end {
            return tell(meter, error, name, faults);
        }
        is_lines = true;
    }
    for (at, key) in walk.twice.into_iter().filter(|_| !is_lines) {
        let detail = format!("offset {at}: key \"{key}\" stands in its object already");
        faults.twice(at, key.len() as u64 + 2, detail);
    }
    Ok(())
}

fn tell(
    meter: &Meter,
    error: serde_json::Error,
    name: &[u8],
    faults: &mut Faults,
) -> io::Result<()> {
    if error.is_io() {
        return meter.refuse(error.into(), faults);
    }
    let message = error.to_string();
    // How deep documents may be nested is no matter of the format.
    if message.starts_with("recursion limit") {
        return Ok(());
    }
    if message.starts_with("invalid unicode") {
        faults.not_utf8(meter.at.get().saturating_sub(1));
        return Ok(());
    }
    // The byte that is wrong was read; behind a line feed it is the next.
    let at = meter.at.get();
    let at = if meter.line.get() == at { at } else { at.saturating_sub(1) };
    if error.classify() == Category::Eof {
        faults.truncated(at, message);
    } else if meter.last.get() != b'/' && !message.starts_with("trailing comma") {
        faults.malformed(at, 1, message);
    } else if !allows_comments(name) {
        let detail = format!("{message}: what follows a comment or trailing comma is not read");
        faults.tell(FaultKind::Unread, at, 1, detail);
    }
    Ok(())
}

/// Reads a document and keeps nothing but the keys of open objects, and those that stand there twice.
struct Walk<'m> {
    meter: &'m Meter,
    twice: Vec<(u64, String)>,
    /// Bytes of the keys that are kept.
    held: usize,
}

impl<'de> Members<'de> for Walk<'_> {
    fn step(&mut self) {
        self.meter.step();
    }

    fn members<A: MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
        let mut seen: HashSet<Box<str>> = HashSet::new();
        let mut mine = 0;
        while let Some(raw) = members.next_key::<Box<RawValue>>()? {
            let raw = raw.get();
            let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
            let key: Box<str> = if inner.contains('\\') {
                serde_json::from_str(raw).unwrap_or_else(|_| inner.into())
            } else {
                Box::from(inner)
            };
            let size = key.len() + KEY;
            if seen.contains(&key) {
                if self.twice.len() < KEPT {
                    let at = self.meter.at.get().saturating_sub(raw.len() as u64);
                    self.twice.push((at, inner.to_owned()));
                }
            } else if self.held + size <= HELD {
                mine += size;
                self.held += size;
                seen.insert(key);
            }
            members.next_value_seed(Value(self))?;
            self.meter.step();
        }
        self.held -= mine;
        Ok(())
    }
}
