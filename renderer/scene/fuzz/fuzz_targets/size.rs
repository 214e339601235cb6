//! Size expressions: what parses evaluates to a size a texture can have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use renderer_scene::{BufferSize, MAX_BUFFER_PX, SizeExpr};

fuzz_target!(|text: &str| {
    if let Ok(expr) = SizeExpr::parse(text) {
        let size = BufferSize::Expression { width: expr.clone(), height: expr };
        let pixels = size.resolve([1280, 720], &[], &[]);
        assert!(pixels.iter().all(|side| (1..=MAX_BUFFER_PX).contains(side)));
    }
});
