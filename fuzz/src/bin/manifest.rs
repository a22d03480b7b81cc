//! The reader of approved manifests.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::manifest(bytes));
