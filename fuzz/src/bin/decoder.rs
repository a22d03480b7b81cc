//! The decoder of every codec.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| premaster_fuzz::decoder(bytes));
