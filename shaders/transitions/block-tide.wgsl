/*---
name = "Block Tide"
description = "Blocks change one by one, as a tide comes in; each lights up as it turns."
author = "Jamlight"
tags = ["pixels", "digital", "hard"]
inputs = 2

[[param]]
name = "blocks"
label = "Blocks"
min = 4.0
max = 48.0
default = 16.0

[[param]]
name = "tide"
label = "Tide"
min = 0.0
max = 1.0
default = 0.5
---*/

fn image(p: Pixel) -> vec4f {
    let t = saturate1(frame.extra.z);
    let c = vec2i(floor(p.pos * params.blocks * 0.5 + 200.0));
    let lot = random_cell(c);
    let shore = noise2(vec2f(c) * 0.17 + 11.0);
    // When this block changes, 0-1.
    let order = mix(lot, 0.15 + 0.7 * shore + 0.15 * lot, params.tide);
    let own = (t * 1.2 - 0.1) - order;
    let done = select(select(step(0.0, own), 1.0, t >= 1.0), 0.0, t <= 0.0);
    var light = mix(look(from_image, p.uv), look(to_image, p.uv), done);
    let spark = exp(-abs(own) * 26.0) * smoothstep(0.0, 0.05, t) * smoothstep(1.0, 0.95, t);
    light += vec4f(palette(0.55 + 0.45 * lot) * spark * 0.45, 0.0);
    return light;
}
