//! Fuzzes everything that parses a file of a store.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealkit_store::fuzzing::read(data));
