//! An entry that a list of checksums names and that is not there.

use super::super::{Detector, Listed, Look};
use crate::rules::sums::note;

pub(in super::super) const DETECTOR: Detector =
    Detector { name: "integrity-listed-absent", look: Look::Listed(Listed { note, absent: true }) };
