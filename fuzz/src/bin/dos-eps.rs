//! The reader of dos-eps.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::reader("dos-eps", bytes));
