/*---
name = "Melt Down"
description = "The picture runs down in drips and leaves the next one behind."
author = "Jamlight"
tags = ["liquid", "organic", "vertical"]
inputs = 2

[[param]]
name = "drips"
label = "Drips"
min = 2.0
max = 40.0
default = 14.0

[[param]]
name = "length"
label = "Length of the drips"
min = 0.1
max = 1.0
default = 0.5
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let x = p.uv.x * params.drips;
    // How early each strand lets go: thick ones first, thin ones between.
    let lag = 0.7 * noise2(vec2f(x, 3.0)) + 0.3 * noise2(vec2f(x * 3.1, 9.0));
    let fallen = max(t * (1.0 + 1.2 * params.length) - lag * 1.2 * params.length, 0.0);
    let drop = fallen * fallen * 1.05;
    let edge = drop - p.uv.y;
    let above = smoothstep(-0.006, 0.006, edge);
    // The strand stretches as it falls.
    let uv = vec2f(p.uv.x + 0.02 * (lag - 0.5) * sin(p.uv.y * 9.0) * min(t * 4.0, 1.0) * (1.0 - t), p.uv.y - drop);
    let melted = textureSampleLevel(from_image, samp_mirror, uv, 0.0);
    var light = mix(melted, look(to_image, p.uv), select(select(above, 1.0, t >= 1.0), 0.0, t <= 0.0));
    // Its lower edge is wet and catches the light.
    let wet = glow_tight(edge + 0.006, 0.010) * smoothstep(0.0, 0.1, drop) * smoothstep(1.0, 0.9, t);
    light += vec4f(palette(0.9) * wet * 0.6, 0.0);
    return light;
}
