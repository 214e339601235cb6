/*---
name = "Iris Bloom"
description = "A circle opens on the next picture, with a burning rim."
author = "Jamlight"
tags = ["circle", "light", "soft"]
inputs = 2

[[param]]
name = "softness"
label = "Softness"
min = 0.0
max = 1.0
default = 0.3

[[param]]
name = "rim"
label = "Rim"
min = 0.0
max = 2.0
default = 1.0
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    let soft = 0.02 + 0.35 * params.softness;
    // From nothing to past the farthest corner, slow at both ends.
    let eased = t * t * (3.0 - 2.0 * t);
    let radius = mix(-soft, length(half) + soft + 0.06, eased);
    let r = length(p.pos) + 0.05 * (noise2(p.pos * 4.0 + 3.0) - 0.5);
    let inside = smoothstep(radius + soft * 0.5, radius - soft * 0.5, r);
    // What lies in the opening comes up from a little nearer.
    let uv = (p.uv - 0.5) * mix(0.94, 1.0, eased) + 0.5;
    var light = mix(look(from_image, p.uv), look(to_image, mix(uv, p.uv, eased)), inside);
    let burning = glow_tight(r - radius, 0.03 + soft * 0.4) * smoothstep(0.0, 0.08, t) * smoothstep(1.0, 0.85, t);
    light += vec4f(palette(0.9) * burning * params.rim * (0.5 + frame.all.x), 0.0);
    return light;
}
