//! CD-ROM XA: the 14 bytes of a record's system use field on a disc without Rock Ridge.
//!
//! System Description CD-ROM XA (1991), II.2.7: group, user, attributes (big-endian), `XA`, file
//! number, five reserved bytes.

use crate::model::fact::{Fact, field};
use crate::source::be16;

/// Bytes of the XA system use field.
pub(super) const LENGTH: usize = 14;

/// Whether a system use field starts with an XA record whose reserved bytes are zero.
pub(super) fn is_record(system_use: &[u8]) -> bool {
    system_use.get(6..8) == Some(b"XA") && system_use.get(9..LENGTH) == Some(&[0; 5])
}

/// The facts of an XA record, if there is one.
pub(super) fn facts(system_use: &[u8], facts: &mut Vec<Fact>) {
    if !is_record(system_use) {
        return;
    }
    let fields = [(field::GID, 0), (field::UID, 2), (field::ATTRIBUTES, 4)];
    for (field, at) in fields {
        facts.extend(be16(system_use, at).map(|value| Fact::number(field, value)));
    }
    // Zero for every file without interleaved sectors.
    let number = system_use.get(8).filter(|&&number| number != 0);
    facts.extend(number.map(|&number| Fact::number(field::SERIAL, number)));
}

/// The XA field of the first record of a root directory, whose identifier is one byte long.
pub(super) fn own(root: &[u8]) -> &[u8] {
    let length = usize::from(root.first().copied().unwrap_or_default());
    let field = root.get(34..length).unwrap_or_default();
    if is_record(field) { field.get(..LENGTH).unwrap_or_default() } else { &[] }
}
