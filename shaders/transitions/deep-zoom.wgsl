/*---
name = "Deep Zoom"
description = "Falls into the picture and comes out in the next one."
author = "Jamlight"
tags = ["zoom", "drive", "fast"]
inputs = 2

[[param]]
name = "depth"
label = "Depth"
min = 0.2
max = 3.0
default = 1.2

[[param]]
name = "twist"
label = "Twist"
min = -0.5
max = 0.5
default = 0.06
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let eased = t * t * (3.0 - 2.0 * t);
    // Fastest in the middle: there the blur is longest.
    let speed = 4.0 * t * (1.0 - t);
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    var light = vec4f(0.0);
    for (var k = 0; k < 7; k++) {
        let s = (f32(k) + 0.5) / 7.0 - 0.5;
        let at = s * 0.25 * speed;
        let near = exp2(-params.depth * (eased + at * eased));
        let far = exp2(params.depth * (1.0 - eased - at * (1.0 - eased)) * 0.8);
        let a = rotation(params.twist * eased) * p.pos * near / (2.0 * half);
        let b = rotation(-params.twist * (1.0 - eased)) * p.pos * far / (2.0 * half);
        let behind = textureSampleLevel(from_image, samp_mirror, vec2f(a.x, -a.y) + 0.5, 0.0);
        let ahead = textureSampleLevel(to_image, samp_mirror, vec2f(b.x, -b.y) + 0.5, 0.0);
        light += mix(behind, ahead, smoothstep(0.35, 0.65, t + 0.1 * s)) / 7.0;
    }
    return light;
}
