/*---
name = "Ink"
description = "The new picture soaks through the old one like ink through paper."
author = "Jamlight"
tags = ["transition", "organic", "noise"]
inputs = 2

[[param]]
name = "grain"
label = "Grain"
min = 1.0
max = 12.0
default = 4.0

[[param]]
name = "softness"
label = "Softness"
min = 0.01
max = 0.5
default = 0.12
---*/

fn image(p: Pixel) -> vec4f {
    let level = clamp(0.5 + 0.7 * fbm2(p.pos * params.grain, 4), 0.0, 1.0);
    let front = frame.extra.z * (1.0 + params.softness);
    return mix(look(from_image, p.uv), look(to_image, p.uv), clamp((front - level) / params.softness, 0.0, 1.0));
}
