//! Transitions.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = renderer_scene::transition::compile(text, "fuzz");
});
