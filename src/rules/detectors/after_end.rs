//! Bytes behind the end that a container's own structure gives. Zeros are padding, which disc
//! writers and tape blocks add by design.

use super::{Detector, Look, outside_not_zero};

pub(super) const DETECTOR: Detector =
    Detector { name: "after-end", look: Look::Bytes(outside_not_zero::find) };
