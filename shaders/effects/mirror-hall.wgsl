/*---
name = "Mirror Hall"
description = "Mirrors the picture at a line; what was on one side is on both."
author = "Jamlight"
tags = ["filter", "mirror", "minimal"]
inputs = 1

[[param]]
name = "place"
label = "Place"
min = 0.0
max = 1.0
default = 0.5

[[param]]
name = "turn"
label = "Turn"
min = 0.0
max = 1.0
default = 0.0
---*/

fn image(p: Pixel) -> vec4f {
    let normal = vec2f(cos(params.turn * 6.2831853), sin(params.turn * 6.2831853));
    let aspect = frame.size.x / frame.size.y;
    var q = (p.uv - 0.5) * vec2f(aspect, 1.0);
    let side = dot(q, normal) - (params.place - 0.5) * aspect;
    q -= 2.0 * max(side, 0.0) * normal;
    return look(input, mirror(q / vec2f(aspect, 1.0) + 0.5));
}
