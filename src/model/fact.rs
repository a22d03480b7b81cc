//! Facts: the named properties of an entry or a volume that a change must declare.
//!
//! A fact's value says everything that its bytes say: what cannot be read as the type (a 31 February)
//! is kept as the bytes themselves, so that two different fields never look equal.

use std::fmt::{self, Write as _};

use super::fast_map::{FastMap, FastState};
use super::locator;

/// What a field is about, which decides when a change of it is derived and when it counts at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nature {
    /// What the entry is: type, creator, link target, volume name.
    Identity,
    /// Who may do what: mode bits, attributes.
    Permission,
    /// User and group.
    Owner,
    /// A date that an edit of the entry moves: modification, change of attributes, backup.
    Date,
    /// The date of the last access.
    Access,
    /// A counter or date of the volume that every write moves.
    Stamp,
    /// What a content says of its own place, recomputed: an edit elsewhere in the volume moves it.
    Place,
    /// How a bound of the volume stands to what lies around it, see [`Value::relations`]: the bound
    /// moves with the volume, and has to keep one of them.
    Relation,
    /// A number of something unused that writing takes from: it may only shrink.
    Spare,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $nature:ident;)*) => {
        /// One constant a field.
        pub mod field {
            use super::{Field, Nature};
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[repr(u8)]
            enum Index { $($constant),* }
            $($(#[$doc])* pub const $constant: Field = Field(Index::$constant as u8);)*
            pub(super) const TABLE: &[(&str, Nature)] = &[$(($name, Nature::$nature)),*];
        }
    };
}

fields! {
    /// Permission bits, set-id and sticky, without the file type: 12 bits.
    MODE = "mode", Permission;
    /// Last modification of the data.
    MTIME = "mtime", Date;
    /// Last access.
    ATIME = "atime", Access;
    /// Last change of attributes.
    CTIME = "ctime", Date;
    /// Creation.
    BIRTHTIME = "birthtime", Date;
    /// Last backup.
    BACKUP_TIME = "backup-time", Date;
    /// Date the data become valid (ISO 9660 "effective").
    EFFECTIVE_TIME = "effective-time", Date;
    /// Date the data become obsolete (ISO 9660 "expiration").
    EXPIRATION_TIME = "expiration-time", Date;
    /// The recording date of an ISO 9660 directory record.
    RECORDED = "recorded", Date;
    /// Dates in further copies of an entry's record (its own first record, its children's record of
    /// it, its descriptor's), where they differ from the entry's own.
    COPY_DATES = "copies.dates", Date;
    /// The same for dates of access.
    COPY_ACCESS = "copies.access", Access;
    /// Numeric user.
    UID = "uid", Owner;
    /// Numeric group.
    GID = "gid", Owner;
    /// User name.
    USER = "user", Owner;
    /// Group name.
    GROUP = "group", Owner;
    /// Link target, raw bytes.
    TARGET = "target", Identity;
    /// Number of links as recorded.
    LINKS = "links", Identity;
    /// Serial or inode number as recorded.
    SERIAL = "serial", Identity;
    /// Major and minor number of a device as recorded.
    DEVICE = "device", Identity;
    /// Format's own flag bits of an entry.
    FLAGS = "flags", Identity;
    /// DOS or BSD attribute bits.
    ATTRIBUTES = "attributes", Permission;
    /// Finder type, four `MacRoman` bytes.
    MAC_TYPE = "mac.type", Identity;
    /// Finder creator, four `MacRoman` bytes.
    MAC_CREATOR = "mac.creator", Identity;
    /// Finder flags, 16 bits.
    MAC_FLAGS = "mac.flags", Identity;
    /// The rest of the Finder information (location, window, extended flags), raw bytes.
    FINDER_INFO = "mac.finder-info", Identity;
    /// Resource type, four bytes.
    RESOURCE_TYPE = "resource.type", Identity;
    /// Resource id, signed.
    RESOURCE_ID = "resource.id", Identity;
    /// Resource name, raw bytes.
    RESOURCE_NAME = "resource.name", Identity;
    /// Resource attribute bits.
    RESOURCE_ATTRIBUTES = "resource.attributes", Permission;
    /// Volume name or identifier, raw bytes.
    VOLUME_NAME = "volume.name", Identity;
    /// System identifier.
    SYSTEM = "volume.system", Identity;
    /// Volume set identifier.
    VOLUME_SET = "volume.set", Identity;
    /// Publisher identifier.
    PUBLISHER = "volume.publisher", Identity;
    /// Data preparer identifier.
    PREPARER = "volume.preparer", Identity;
    /// Application identifier.
    APPLICATION = "volume.application", Identity;
    /// Copyright file identifier.
    COPYRIGHT_FILE = "volume.copyright-file", Identity;
    /// Abstract file identifier.
    ABSTRACT_FILE = "volume.abstract-file", Identity;
    /// Bibliographic file identifier.
    BIBLIOGRAPHIC_FILE = "volume.bibliographic-file", Identity;
    /// Number of volumes in the set.
    SET_SIZE = "volume.set-size", Identity;
    /// Ordinal in the set.
    SEQUENCE = "volume.sequence", Identity;
    /// Version of the file structure or format.
    VERSION = "version", Identity;
    /// Bytes in a logical or allocation block.
    BLOCK_SIZE = "block-size", Identity;
    /// Bytes by which a file grows at a time; of a volume, those of a file that names none.
    CLUMP_SIZE = "clump-size", Identity;
    /// Bytes by which the extents tree of a volume grows at a time.
    EXTENTS_CLUMP_SIZE = "volume.extents-clump-size", Identity;
    /// Bytes by which the catalog of a volume grows at a time.
    CATALOG_CLUMP_SIZE = "volume.catalog-clump-size", Identity;
    /// Finder information of the root directory, raw bytes.
    ROOT_FINDER_INFO = "root.finder-info", Identity;
    /// Last backup of the root directory.
    ROOT_BACKUP_TIME = "root.backup-time", Date;
    /// Attribute bits of the root directory.
    ROOT_ATTRIBUTES = "root.attributes", Permission;
    /// Application use bytes.
    APPLICATION_USE = "volume.application-use", Identity;
    /// Escape sequences of a supplementary descriptor.
    ESCAPES = "volume.escapes", Identity;
    /// Count of writes to the volume.
    WRITE_COUNT = "volume.write-count", Stamp;
    /// Date of the volume's last change.
    VOLUME_MTIME = "volume.mtime", Stamp;
    /// Date of the volume's creation.
    VOLUME_BIRTHTIME = "volume.birthtime", Date;
    /// Next free catalogue or inode number.
    NEXT_ID = "volume.next-id", Stamp;
    /// Numbers below the next free one and above the highest in use.
    UNUSED_IDS = "volume.unused-ids", Spare;
    /// Where the volume ends as recorded, unless that is the end of what holds it.
    VOLUME_SIZE = "volume.size", Relation;
    /// ISO 9660: where the big-endian path table lies, unless it follows the other one.
    PATH_TABLES = "volume.path-tables", Relation;
    /// ISO 9660: which optional path tables there are.
    OPTIONAL_PATH_TABLES = "volume.optional-path-tables", Identity;
    /// Members that lie in another order than they are listed in: a digest of theirs.
    ORDER = "order", Identity;
    /// How the content is compressed.
    METHOD = "method", Identity;
    /// How hard the packer tried, as it says itself (gzip XFL).
    EFFORT = "effort", Identity;
    /// Attributes of the content in the format's own bits (zip: bit 0 says text).
    INTERNAL_ATTRIBUTES = "internal-attributes", Identity;
    /// Last modification as a second place of the entry records it: the DOS time of a zip entry that
    /// has one in UTC, the plain header of a tar entry that has a pax header.
    OTHER_MTIME = "other-mtime", Date;
    /// A comment, raw bytes.
    COMMENT = "comment", Identity;
    /// Format-specific extra bytes.
    EXTRA = "extra", Identity;
    /// The system that wrote the entry.
    HOST_SYSTEM = "host-system", Identity;
    /// The name as recorded where the locator shows another.
    RAW_NAME = "raw-name", Identity;
    /// File version number of ISO 9660, where the locator does not show it.
    FILE_VERSION = "file-version", Identity;
    /// A second name of the same entry in the format (8.3 alias, ISO identifier).
    ALIAS = "alias", Identity;
    /// Boot: media emulation type.
    BOOT_MEDIA = "boot.media", Identity;
    /// Boot: platform.
    BOOT_PLATFORM = "boot.platform", Identity;
    /// Boot: load segment.
    BOOT_SEGMENT = "boot.segment", Identity;
    /// Boot: system type byte.
    BOOT_SYSTEM = "boot.system", Identity;
    /// Boot: 512-byte sectors to load, where the boot image's size does not give it.
    BOOT_SECTORS = "boot.sectors", Identity;
    /// Boot: bootable or not, and selection criteria.
    BOOT_INDICATOR = "boot.indicator", Identity;
    /// Boot information table: the sector of the primary volume descriptor.
    BOOT_TABLE_DESCRIPTOR = "boot.table.descriptor", Place;
    /// Boot information table: the sector of the file itself.
    BOOT_TABLE_FILE = "boot.table.file", Place;
    /// Boot information table: bytes of the file.
    BOOT_TABLE_LENGTH = "boot.table.length", Place;
    /// Boot information table: the sum of the file's words from byte 64 on.
    BOOT_TABLE_SUM = "boot.table.sum", Place;
    /// Where a partition begins.
    PARTITION_START = "partition.start", Relation;
    /// Where the data of a partition lie, unless they fill it.
    PARTITION_DATA = "partition.data", Identity;
    /// Where a partition ends.
    PARTITION_END = "partition.end", Relation;
    /// Partition type.
    PARTITION_TYPE = "partition.type", Identity;
    /// Extended attribute, raw bytes.
    XATTR = "xattr", Identity;
}

/// A field of [`field`]'s table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(u8);

impl Field {
    /// The name in reports and manifests.
    pub fn name(self) -> &'static str {
        field::TABLE.get(usize::from(self.0)).map_or("?", |row| row.0)
    }

    /// What the field is about.
    pub fn nature(self) -> Nature {
        field::TABLE.get(usize::from(self.0)).map_or(Nature::Identity, |row| row.1)
    }

    /// The field of a name; `None` for a name that a newer version may have written.
    pub fn named(name: &str) -> Option<Self> {
        let at = field::TABLE.iter().position(|row| row.0 == name)?;
        Some(Self(at as u8))
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of a fact.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number, whatever its width on the medium.
    Number(i64),
    /// Permission bits, printed as four octal digits.
    Mode(u16),
    /// A point in time.
    Time {
        /// Seconds since 1970-01-01T00:00:00 in the recorded zone's own clock.
        seconds: i64,
        /// Nanoseconds, below 1,000,000,000.
        nanos: u32,
        /// Minutes east of UTC; `None` where the format has no zone.
        zone: Option<i16>,
    },
    /// Bytes as recorded.
    Bytes(Box<[u8]>),
    /// The printed form, as a manifest holds it.
    Text(Box<str>),
}

impl Value {
    /// Bytes as recorded.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }

    /// Bytes as recorded without the padding `pad` at the end.
    pub fn padded(bytes: &[u8], pad: u8) -> Self {
        let end = bytes.iter().rposition(|&b| b != pad).map_or(0, |at| at + 1);
        Self::bytes(bytes.get(..end).unwrap_or_default())
    }

    /// A time in UTC.
    pub fn utc(seconds: i64, nanos: u32) -> Self {
        Self::Time { seconds, nanos, zone: Some(0) }
    }

    /// How a bound stands to what lies around it: what it is measured from, and how far it is away.
    pub fn relations(all: &[(&str, i64)]) -> Self {
        let all: Vec<String> = all.iter().map(|(from, by)| format!("{from} {by:+}")).collect();
        Self::Text(all.join(", ").into_boxed_str())
    }

    /// The value of a printed form. It prints as `text` whatever that is: a mode or a date is taken as
    /// one only if nothing of its form is lost.
    pub fn printed(field: Field, text: String) -> Self {
        let value = match field.nature() {
            Nature::Permission => u16::from_str_radix(&text, 8).ok().map(Self::Mode),
            Nature::Date | Nature::Access | Nature::Stamp => parse_rfc3339(&text),
            Nature::Identity | Nature::Owner | Nature::Place | Nature::Relation | Nature::Spare => {
                None
            }
        };
        match value.filter(|value| value.text() == text) {
            Some(value) => value,
            None => Self::Text(text.into_boxed_str()),
        }
    }

    /// The printed form: what reports show and manifests hold.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Mode(mode) => format!("{mode:04o}"),
            Self::Time { seconds, nanos, zone } => rfc3339(*seconds, *nanos, *zone),
            Self::Bytes(bytes) => locator::escape_text(bytes),
            Self::Text(text) => text.to_string(),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Mode(a), Self::Mode(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (
                Self::Time { seconds: a, nanos: b, zone: c },
                Self::Time { seconds: x, nanos: y, zone: z },
            ) => (a, b, c) == (x, y, z),
            (a, b) => a.text() == b.text(),
        }
    }
}

impl Eq for Value {}

/// RFC 3339 in the recorded zone; without a zone the suffix is left out.
fn rfc3339(seconds: i64, nanos: u32, zone: Option<i16>) -> String {
    let days = seconds.div_euclid(86_400);
    let (year, month, day) = civil(days);
    let rest = seconds.rem_euclid(86_400);
    let mut text = format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    );
    if nanos != 0 {
        text.push('.');
        text.push_str(format!("{nanos:09}").trim_end_matches('0'));
    }
    match zone {
        None => {}
        Some(0) => text.push('Z'),
        Some(zone) => {
            let minutes = zone.unsigned_abs();
            let sign = if zone < 0 { '-' } else { '+' };
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
    }
    text
}

/// The time that RFC 3339 or [`rfc3339`] prints so, if it is one of years that have four digits.
fn parse_rfc3339(text: &str) -> Option<Value> {
    let number = |at: std::ops::Range<usize>| text.get(at)?.parse::<u32>().ok().map(i64::from);
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let nanos = format!("{:0<9}", fraction.get(..digits)?).parse().ok()?;
    let zone = match rest.get(if digits > 0 { digits + 1 } else { 0 }..)? {
        "" => None,
        "Z" => Some(0),
        zone => {
            let minutes: i16 = zone.get(1..3)?.parse::<i16>().ok()?.checked_mul(60)?;
            let minutes = minutes.checked_add(zone.get(4..6)?.parse().ok()?)?;
            Some(if zone.starts_with('-') { -minutes } else { minutes })
        }
    };
    let seconds = seconds_of(year, month, day, hour, minute, second)?;
    Some(Value::Time { seconds, nanos, zone })
}

/// Days since 1970-01-01 to year, month, day (proleptic Gregorian).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Seconds since 1970-01-01T00:00:00 of a calendar date and time; `None` if there is no such date.
///
/// ```
/// use premaster::model::fact::seconds_of;
/// assert_eq!(seconds_of(1993, 8, 9, 17, 4, 0), Some(744_915_840));
/// assert_eq!(seconds_of(1993, 2, 29, 0, 0, 0), None);
/// ```
pub fn seconds_of(
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
) -> Option<i64> {
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || !(0..24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..60).contains(&second)
    {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + of_era - 719_468;
    (civil(days) == (year, month, day))
        .then_some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// A field and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which property.
    pub field: Field,
    /// What is recorded.
    pub value: Value,
}

impl Fact {
    /// A fact.
    pub const fn new(field: Field, value: Value) -> Self {
        Self { field, value }
    }

    /// A numeric fact.
    pub fn number(field: Field, value: impl Into<i64>) -> Self {
        Self::new(field, Value::Number(value.into()))
    }
}

/// The facts of one entry, at most one a field except [`field::XATTR`] and [`field::EXTRA`].
pub type FactSet = Box<[Fact]>;

/// Fact sets, each stored once: on a disc whose dates are pinned, a hundred thousand entries share a
/// handful.
#[derive(Clone, Debug, Default)]
pub struct FactTable {
    sets: Vec<FactSet>,
    index: FastMap<u64, u32>,
}

impl FactTable {
    /// The number of the set, which is added if it is new.
    pub fn intern(&mut self, facts: Vec<Fact>) -> u32 {
        let key = key_of(&facts);
        if let Some(&at) = self.index.get(&key)
            && self.sets.get(at as usize).is_some_and(|set| **set == *facts)
        {
            return at;
        }
        let at = self.sets.len() as u32;
        self.sets.push(facts.into_boxed_slice());
        self.index.insert(key, at);
        at
    }

    /// Lets go of what only [`FactTable::intern`] needs. A set that is added later may stand twice.
    pub fn close(&mut self) {
        self.index = FastMap::default();
        self.sets.shrink_to_fit();
    }

    /// The facts of a set; empty for a number that was never given out.
    pub fn get(&self, at: u32) -> &[Fact] {
        self.sets.get(at as usize).map_or(&[], |set| set)
    }
}

fn key_of(facts: &[Fact]) -> u64 {
    use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
    let mut hasher = FastState.build_hasher();
    for fact in facts {
        fact.field.hash(&mut hasher);
        match &fact.value {
            Value::Number(number) => number.hash(&mut hasher),
            Value::Mode(mode) => mode.hash(&mut hasher),
            Value::Time { seconds, nanos, zone } => (seconds, nanos, zone).hash(&mut hasher),
            Value::Bytes(bytes) => bytes.hash(&mut hasher),
            Value::Text(text) => text.hash(&mut hasher),
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_rfc_3339_in_their_zone() {
        let time = |zone| Value::Time { seconds: 744_915_840, nanos: 250_000_000, zone }.text();
        assert_eq!(time(Some(0)), "1993-08-09T17:04:00.25Z");
        assert_eq!(time(Some(-420)), "1993-08-09T17:04:00.25-07:00");
        assert_eq!(time(None), "1993-08-09T17:04:00.25");
        assert_eq!(Value::utc(-2_082_844_800, 0).text(), "1904-01-01T00:00:00Z");
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for days in -146_097..146_097 {
            let (year, month, day) = civil(days);
            assert_eq!(seconds_of(year, month, day, 0, 0, 0), Some(days * 86_400));
        }
    }

    #[test]
    fn a_loaded_value_equals_the_read_one() {
        assert_eq!(Value::Text("0755".into()), Value::Mode(0o755));
        assert_ne!(Value::Text("0644".into()), Value::Mode(0o755));
        let time = |nanos, zone| Value::Time { seconds: 744_915_840, nanos, zone };
        for (field, value) in [
            (field::MODE, Value::Mode(0o4755)),
            (field::MTIME, time(0, None)),
            (field::ATIME, time(250_000_000, Some(0))),
            (field::VOLUME_MTIME, time(1, Some(-570))),
            (field::TARGET, Value::bytes(b"0755")),
        ] {
            let loaded = Value::printed(field, value.text());
            assert_eq!(loaded, value);
            let is_typed = std::mem::discriminant(&loaded) == std::mem::discriminant(&value);
            assert_eq!(is_typed, field != field::TARGET, "{}", field.name());
        }
    }

    #[test]
    fn what_is_no_mode_or_date_is_loaded_as_it_stands() {
        for text in [
            "",
            "755",
            "177777777",
            "+755",
            "1993-02-29T00:00:00Z",
            "1993-08-09 17:04:00",
            "1993-08-09T17:04:00.250",
            "1993-08-09T17:04:00+00:00",
            "1993-08-09T17:04:00+5x:00",
            "1993-08-09T17:04:00.1234567890123Z",
            "+993-08-09T17:04:00Z",
            "1993-08-09T17:04:00é",
        ] {
            for field in [field::MODE, field::MTIME] {
                let loaded = Value::printed(field, text.to_owned());
                assert!(matches!(&loaded, Value::Text(as_is) if &**as_is == text), "{text}");
            }
        }
    }
}
