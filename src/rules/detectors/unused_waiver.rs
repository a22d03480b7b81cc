//! A waiver that accepts nothing.

use super::{Detector, Look, WaiverState};

pub(super) const DETECTOR: Detector = Detector { name: "unused-waiver", look: Look::Waiver(find) };

fn find(state: WaiverState) -> bool {
    state != WaiverState::Used
}
