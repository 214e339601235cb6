/*---
name = "Zoom Through"
description = "Flies into the old picture and comes out in the new one."
author = "Jamlight"
tags = ["transition", "zoom", "drive"]
inputs = 2

[[param]]
name = "depth"
label = "Depth"
min = 0.2
max = 4.0
default = 1.5
---*/

fn image(p: Pixel) -> vec4f {
    let t = frame.extra.z;
    let near = 0.5 + (p.uv - 0.5) / (1.0 + params.depth * t * t);
    let far = 0.5 + (p.uv - 0.5) * (1.0 + params.depth * (1.0 - t) * (1.0 - t));
    return mix(look(from_image, near), look(to_image, mirror(far)), smoothstep(0.3, 0.7, t));
}
