//! stub
pub mod census;
pub mod class;
pub mod format;
