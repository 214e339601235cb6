//! Mini-notation: read, and asked for two cycles.
#![no_main]

use audio_pattern::Span;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(pattern) = audio_pattern::mini(text) {
        let _ = pattern.query(Span::cycles(0, 2));
    }
});
