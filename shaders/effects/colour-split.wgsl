/*---
name = "Colour Split"
description = "Pulls red and blue apart from the middle; hats pull harder."
author = "Jamlight"
tags = ["filter", "glitch", "lens"]
inputs = 1

[[param]]
name = "amount"
label = "Amount"
min = 0.0
max = 1.0
default = 0.25

[[param]]
name = "hats"
label = "Hats"
min = 0.0
max = 1.0
default = 0.5
---*/

fn image(p: Pixel) -> vec4f {
    let reach = 0.05 * params.amount * (1.0 + 3.0 * params.hats * pulse(frame.hat, 0.1)) * (p.uv - 0.5);
    let middle = look(input, p.uv);
    return vec4f(look(input, p.uv - reach).r, middle.g, look(input, p.uv + reach).b, middle.a);
}
