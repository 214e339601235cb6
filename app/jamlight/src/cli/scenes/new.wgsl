/*---
name = "NAME"
description = "A disc that breathes with the bass and sparks on every kick."
author = "You"
tags = ["mine"]

[[param]]
name = "size"
label = "Size"
min = 0.1
max = 1.0
default = 0.4
---*/
// Save while the show runs: the picture follows. `frame` is what is heard; see docs/scenes.md.
fn image(p: Pixel) -> vec4f {
    let radius = params.size * (0.8 + 0.4 * frame.bass.x);
    let edge = abs(length(p.pos) - radius);
    let glow = 0.01 / (edge + 0.01) * (0.3 + frame.kick.w);
    return vec4f(palette(0.3 + 0.7 * frame.beat.z) * glow, 1.0);
}
