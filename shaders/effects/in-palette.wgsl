/*---
name = "In Palette"
description = "Repaints the picture in the colours of the show, by its brightness."
author = "Jamlight"
tags = ["filter", "colour", "palette"]
inputs = 1

[[param]]
name = "amount"
label = "Amount"
min = 0.0
max = 1.0
default = 1.0

[[param]]
name = "lift"
label = "Lift"
min = -1.0
max = 1.0
default = 0.0
---*/

fn image(p: Pixel) -> vec4f {
    let c = look(input, p.uv);
    let level = pow(clamp(luminance(c.rgb), 0.0, 1.0), 0.5);
    let painted = palette(clamp(level + 0.5 * params.lift, 0.0, 1.0)) * (0.2 + luminance(c.rgb)) * c.a;
    return vec4f(mix(c.rgb, painted, params.amount), c.a);
}
