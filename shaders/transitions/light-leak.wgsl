/*---
name = "Light Leak"
description = "Light falls into the camera and passes over the picture; behind it the next one has begun."
author = "Jamlight"
tags = ["film", "light", "warm"]
inputs = 2

[[param]]
name = "glare"
label = "Glare"
min = 0.2
max = 2.0
default = 1.0

[[param]]
name = "angle"
label = "Angle"
min = -0.5
max = 0.5
default = 0.08
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    let q = rotation(params.angle) * p.pos;
    let reach = length(half) + 0.9;
    let front = mix(-reach, reach, t);
    let smoke = fbm2(q * 1.7 + vec2f(2.5 * t, 7.0), 3) - 0.5;
    let d = q.x - front + 0.5 * smoke;
    let behind = smoothstep(0.35, -0.35, d);
    var light = mix(look(from_image, p.uv), look(to_image, p.uv), select(select(behind, 1.0, t >= 1.0), 0.0, t <= 0.0));
    // The leak is orange at its rim and white in its heart; it never fills the whole picture.
    let on = smoothstep(0.0, 0.12, t) * smoothstep(1.0, 0.88, t);
    let heart = glow_tight(d, 0.26);
    let haze = glow_tight(d, 0.62);
    light += vec4f((palette(0.72) * haze * 0.7 + palette(1.0) * heart * 1.5) * on * params.glare, 0.0);
    return light;
}
