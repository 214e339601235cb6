/*---
name = "Big Pixels"
description = "Draws the picture in squares; kicks make them larger."
author = "Jamlight"
tags = ["filter", "pixel", "glitch"]
inputs = 1

[[param]]
name = "size"
label = "Size"
min = 1.0
max = 80.0
default = 16.0

[[param]]
name = "kick"
label = "Kick"
min = 0.0
max = 1.0
default = 0.4
---*/

fn image(p: Pixel) -> vec4f {
    let size = max(params.size * (1.0 + 2.0 * params.kick * pulse(frame.kick, 0.15)) * frame.size.y / 720.0, 1.0);
    return look(input, (floor(p.px / size) + 0.5) * size * frame.size.zw);
}
