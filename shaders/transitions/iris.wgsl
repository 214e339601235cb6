/*---
name = "Iris"
description = "The new picture opens like an eye."
author = "Jamlight"
tags = ["transition", "circle", "geometric"]
inputs = 2

[[param]]
name = "softness"
label = "Softness"
min = 0.001
max = 0.5
default = 0.05

[[param]]
name = "x"
label = "Across"
min = 0.0
max = 1.0
default = 0.5

[[param]]
name = "y"
label = "Up"
min = 0.0
max = 1.0
default = 0.5
---*/

fn image(p: Pixel) -> vec4f {
    let aspect = vec2f(frame.size.x / frame.size.y, 1.0);
    let centre = vec2f(params.x, 1.0 - params.y);
    let farthest = length((abs(centre - 0.5) + 0.5) * aspect);
    let away = length((p.uv - centre) * aspect) / farthest;
    let front = frame.extra.z * (1.0 + params.softness);
    return mix(look(from_image, p.uv), look(to_image, p.uv), clamp((front - away) / params.softness, 0.0, 1.0));
}
