//! User code: evaluated, asked for two cycles, and its light compiled.
#![no_main]

use app_script::{Settings, evaluate};
use audio_pattern::Span;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    if let Ok(program) = evaluate(source, &Settings::default()) {
        let _ = program.query(Span::cycles(0, 2));
        let _ = program.sketch.map(|sketch| sketch.compile());
    }
});
