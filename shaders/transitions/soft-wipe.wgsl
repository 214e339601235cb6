/*---
name = "Soft Wipe"
description = "A soft edge crosses the picture in any direction."
author = "Jamlight"
tags = ["transition", "wipe", "calm"]
inputs = 2

[[param]]
name = "direction"
label = "Direction"
min = 0.0
max = 1.0
default = 0.0

[[param]]
name = "softness"
label = "Softness"
min = 0.001
max = 0.5
default = 0.1
---*/

fn image(p: Pixel) -> vec4f {
    let way = vec2f(cos(params.direction * 6.2831853), -sin(params.direction * 6.2831853));
    let reach = 0.5 * (abs(way.x) + abs(way.y));
    let along = (dot(p.uv - 0.5, way) + reach) / (2.0 * reach);
    let front = frame.extra.z * (1.0 + params.softness);
    let share = clamp((front - along) / params.softness, 0.0, 1.0);
    return mix(look(from_image, p.uv), look(to_image, p.uv), share);
}
