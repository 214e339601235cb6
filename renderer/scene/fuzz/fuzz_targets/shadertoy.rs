//! Shadertoy texts and exports.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = renderer_scene::shadertoy::compile(text, "fuzz");
    let _ = renderer_scene::shadertoy::compile_json(text, "fuzz");
});
