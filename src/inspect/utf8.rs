//! UTF-8 checked as it streams by (RFC 3629; the Unicode Standard 3.9, table 3-7), and the
//! characters in it that rules mind: mostly such as nobody sees.

use super::told::Teller;
use crate::model::Groups;

/// What is known of the UTF-8 of a content so far. A sequence that a chunk border cuts is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    /// The bytes of a sequence that is not yet whole; never more than three.
    cut: [u8; 3],
    /// How many of them.
    held: u8,
    /// Characters that rules may mind.
    teller: Teller,
}

impl Utf8 {
    /// Whether a sequence has begun and not ended.
    pub(super) fn is_open(self) -> bool {
        self.held > 0
    }

    /// Characters that rules may mind.
    pub(super) fn told(self) -> Groups {
        self.teller.told()
    }

    /// Passes ASCII over while no sequence is open.
    pub(super) fn ascii(&mut self) {
        self.teller.ascii();
    }

    /// Takes the next bytes, which start at `offset`. Returns whether all so far is UTF-8, but for a
    /// sequence that is still open.
    pub(super) fn update(&mut self, mut piece: &[u8], offset: u64) -> bool {
        let mut at = offset;
        while self.held > 0 {
            let Some((&byte, rest)) = piece.split_first() else { return true };
            let held = usize::from(self.held);
            let mut sequence = [0; 4];
            sequence[..held].copy_from_slice(&self.cut[..held]);
            sequence[held] = byte;
            let sequence = &sequence[..=held];
            match std::str::from_utf8(sequence) {
                Ok(_) => {
                    self.look(sequence, at - u64::from(self.held));
                    self.held = 0;
                }
                Err(error) if error.error_len().is_none() && held < 3 => {
                    self.cut[held] = byte;
                    self.held += 1;
                }
                Err(_) => return false,
            }
            piece = rest;
            at += 1;
        }
        let valid = match simdutf8::compat::from_utf8(piece) {
            Ok(_) => piece,
            Err(error) => {
                let (valid, rest) = piece.split_at(error.valid_up_to());
                if error.error_len().is_some() || rest.len() > 3 {
                    return false;
                }
                self.cut[..rest.len()].copy_from_slice(rest);
                self.held = rest.len() as u8;
                valid
            }
        };
        self.look(valid, at);
        true
    }

    /// Looks for them in whole sequences that start at `offset`.
    fn look(&mut self, valid: &[u8], offset: u64) {
        // A byte order mark is one only at the very start.
        let at_start = offset == 0;
        let rest = valid.strip_prefix(b"\xef\xbb\xbf").filter(|_| at_start).unwrap_or(valid);
        self.teller.update(rest);
    }
}
