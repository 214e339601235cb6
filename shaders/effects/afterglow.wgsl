/*---
name = "Afterglow"
description = "Lets what was bright linger and drift outwards: a memory of the last second."
author = "Jamlight"
tags = ["filter", "feedback", "trail"]
inputs = 1

[[param]]
name = "memory"
label = "Memory"
min = 0.0
max = 0.99
default = 0.85

[[param]]
name = "grow"
label = "Grow"
min = -0.5
max = 0.5
default = 0.1

[[param]]
name = "turn"
label = "Turn"
min = -0.5
max = 0.5
default = 0.02

[[buffer]]
name = "glowing"
persistent = true

[[pass]]
image = "remember"
target = "glowing"

[[pass]]
image = "image"
---*/

fn remember(p: Pixel) -> vec4f {
    let rate = frame.time.y;
    let aspect = frame.size.xy * frame.size.w;
    let q = rotation(params.turn * rate) * ((p.uv - 0.5) * aspect) * (1.0 - params.grow * rate);
    let before = look(glowing, q / aspect + 0.5) * pow(params.memory, rate * 60.0);
    let now = look(input, p.uv);
    return max(now, before - 1e-4);
}

fn image(p: Pixel) -> vec4f {
    return look(glowing, p.uv);
}
