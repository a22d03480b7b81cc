//! The parser of intents.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::intent(bytes));
