/*---
name = "Ripple"
description = "Bends the picture in rings that run outwards from each kick."
author = "Jamlight"
tags = ["filter", "warp", "water"]
inputs = 1

[[param]]
name = "amount"
label = "Amount"
min = 0.0
max = 1.0
default = 0.4

[[param]]
name = "rings"
label = "Rings"
min = 1.0
max = 30.0
default = 10.0

[[param]]
name = "speed"
label = "Speed"
min = 0.0
max = 4.0
default = 1.0
clock = true
---*/

fn image(p: Pixel) -> vec4f {
    let away = length(p.pos);
    let wave = sin(away * params.rings * 3.0 - params.speed_clock * 6.0) * exp(-away);
    let strength = 0.02 * params.amount * (1.0 + 3.0 * pulse(frame.kick, 0.35));
    let out = p.pos / max(away, 1e-3);
    return look(input, clamp(p.uv + vec2f(out.x, -out.y) * wave * strength, vec2f(0.0), vec2f(1.0)));
}
