//! The reader of macho-resources.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::reader("macho-resources", bytes));
