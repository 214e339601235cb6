//! ISF files: the header, the GLSL rewriting, and the compiler behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, Option<&str>)| {
    let _ = renderer_scene::isf::compile(texts.0, texts.1, "fuzz");
    // Without a header of its own the input is all code.
    let _ = renderer_scene::isf::compile(&format!("/*{{}}*/{}", texts.0), texts.1, "fuzz");
});
