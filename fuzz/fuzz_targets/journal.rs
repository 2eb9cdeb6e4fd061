#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| basma_server::fuzz::journal(bytes));
