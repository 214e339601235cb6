/*---
name = "Soft Blur"
description = "Takes the picture out of focus; twelve looks on a spiral, so that bright points become discs."
author = "Jamlight"
tags = ["filter", "blur", "calm"]
inputs = 1

[[param]]
name = "amount"
label = "Amount"
min = 0.0
max = 1.0
default = 0.3
---*/

fn image(p: Pixel) -> vec4f {
    // A spiral by the golden angle covers a disc evenly.
    let reach = params.amount * 0.06 * frame.size.y * frame.size.zw;
    let turn = 6.2831853 * random_cell(vec2i(p.px));
    var sum = look(input, p.uv);
    for (var i = 1; i <= 12; i++) {
        let angle = turn + f32(i) * 2.3999632;
        sum += look(input, p.uv + reach * sqrt(f32(i) / 12.0) * vec2f(cos(angle), sin(angle)));
    }
    return sum / 13.0;
}
