#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    basma_engine::fuzz::text(&String::from_utf8_lossy(bytes));
});
