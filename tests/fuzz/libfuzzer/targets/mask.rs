//! `mask` under libFuzzer; what must be so is in `passcode_fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (passcode_fuzz::target("mask").run)(bytes);
});
