//! The reader of iso9660.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::reader("iso9660", bytes));
