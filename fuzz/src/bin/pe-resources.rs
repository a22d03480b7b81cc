//! The reader of pe-resources.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::reader("pe-resources", bytes));
