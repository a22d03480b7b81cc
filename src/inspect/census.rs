//! stub
use crate::model::Census;
pub struct Sweep(Census);
impl Sweep {
    pub fn new() -> Self {
        Self(Census::default())
    }
    pub fn update(&mut self, b: &[u8]) {
        self.0.size += b.len() as u64;
    }
    pub fn finish(self) -> Census {
        self.0
    }
}
