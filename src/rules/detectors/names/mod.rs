//! Detectors of names. What a target makes of a name is computed in `rules::targets`; here stands
//! which of it is a defect.

pub(super) mod name_beginning;
pub(super) mod name_bidi;
pub(super) mod name_blank;
pub(super) mod name_case;
pub(super) mod name_character;
pub(super) mod name_composition;
pub(super) mod name_control;
pub(super) mod name_cut;
pub(super) mod name_dash;
pub(super) mod name_decomposed;
pub(super) mod name_depth;
pub(super) mod name_duplicate;
pub(super) mod name_edge;
pub(super) mod name_expected;
pub(super) mod name_ill_formed;
pub(super) mod name_invisible;
pub(super) mod name_length;
pub(super) mod name_path;
pub(super) mod name_reserved;
pub(super) mod name_short;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// The composed form of a name, if the name is another.
fn composed(text: &str) -> Option<String> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return None;
    }
    let composed: String = text.nfc().collect();
    (composed != text).then_some(composed)
}
