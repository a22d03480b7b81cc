//! stub
pub fn recognise(_: &[u8], _: &[u8], _: u64, _: &[u8]) -> Option<&'static str> {
    None
}
