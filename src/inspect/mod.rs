//! What a content is: its census, its format, its class, the kind of text, the texts in its
//! records.

mod census;
mod class;
mod declaration;
mod encoding;
mod format;
mod kind;
mod lanes;
mod multi_byte;
mod text_records;
mod told;
mod utf8;
mod wide;

pub use census::Sweep;
pub use class::{Facts, is_utf16_to_who_knows, looks_binary, settle};
pub use declaration::{DECLARED_WITHIN, declaration, declares_other, may_declare};
pub use encoding::{Encoding, encoding, text_format};
pub use format::{is_text, kept_ends, recognise, recognised};
pub use kind::{by_design, is_text_name, text_kind};
pub use multi_byte::MultiByte;
pub use text_records::{Texts, text_records};
pub use wide::{SURE, note_wide};
