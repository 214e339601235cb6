/*---
name = "Outlines"
description = "Leaves the edges and dims the rest; snares light them up."
author = "Jamlight"
tags = ["filter", "line", "edge"]
inputs = 1

[[param]]
name = "width"
label = "Width"
min = 0.5
max = 4.0
default = 1.2

[[param]]
name = "fill"
label = "Fill"
min = 0.0
max = 1.0
default = 0.15

[[param]]
name = "light"
label = "Light"
min = 0.0
max = 4.0
default = 1.5
---*/

fn image(p: Pixel) -> vec4f {
    let step = params.width * frame.size.y / 720.0 * frame.size.zw;
    let across = look(input, p.uv + vec2f(step.x, 0.0)).rgb - look(input, p.uv - vec2f(step.x, 0.0)).rgb;
    let down = look(input, p.uv + vec2f(0.0, step.y)).rgb - look(input, p.uv - vec2f(0.0, step.y)).rgb;
    let c = look(input, p.uv);
    let edge = sqrt(across * across + down * down) * params.light * (1.0 + pulse(frame.snare, 0.2));
    return vec4f(c.rgb * params.fill + edge, c.a);
}
