//! An entry whose bytes do not have the digest that a list of checksums tells.

use super::super::{Detector, Listed, Look};
use crate::rules::sums::note;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-listed", look: Look::Listed(Listed { note, absent: false }) };
