//! The reader of resource-fork.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::reader("resource-fork", bytes));
