/*---
name = "Slat Turn"
description = "The picture is printed on slats that turn one after the other."
author = "Jamlight"
tags = ["geometric", "slats", "hard"]
inputs = 2

[[param]]
name = "slats"
label = "Slats"
min = 2.0
max = 32.0
default = 12.0

[[param]]
name = "wave"
label = "One after the other"
min = 0.0
max = 1.0
default = 0.6
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let count = floor(params.slats);
    let slat = floor(p.uv.x * count);
    let lag = (slat + 0.5) / count * params.wave;
    let own = saturate1(t * (1.0 + params.wave) - lag);
    let eased = own * own * (3.0 - 2.0 * own);
    // Half a turn: narrow in the middle, where front and back change places.
    let turn = eased * PI;
    let width = abs(cos(turn));
    let x = (fract(p.uv.x * count) - 0.5) / max(width, 1e-3);
    let uv = vec2f((slat + 0.5 + x) / count, p.uv.y);
    let front = select(look(to_image, uv), look(from_image, uv), turn < PI * 0.5);
    // The face darkens as it turns from the lamp, and its edge glints.
    let lit = mix(1.0, 0.25, sin(turn));
    let seen = select(0.0, 1.0, abs(x) <= 0.5);
    let glint = glow_tight(abs(x) - 0.5, 0.04) * sin(turn) * 0.5;
    return vec4f(front.rgb * lit * seen + palette(0.9) * glint, mix(front.a, 1.0, 1.0 - seen));
}
