#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hwautomation_ipmi::fuzzing::console(input));
