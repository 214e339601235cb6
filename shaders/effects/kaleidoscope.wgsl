/*---
name = "Kaleidoscope"
description = "Folds the picture into a wheel of mirrors that turns by itself."
author = "Jamlight"
tags = ["filter", "mirror", "geometric"]
inputs = 1

[[param]]
name = "sides"
label = "Sides"
min = 2.0
max = 16.0
default = 6.0

[[param]]
name = "zoom"
label = "Zoom"
min = 0.3
max = 3.0
default = 1.0

[[param]]
name = "spin"
label = "Spin"
min = -1.0
max = 1.0
default = 0.1
clock = true
---*/

fn image(p: Pixel) -> vec4f {
    let q = kaleido(rotation(params.spin_clock * 0.1) * p.pos / params.zoom, max(floor(params.sides), 2.0));
    let aspect = min(frame.size.x, frame.size.y) * frame.size.zw;
    return look(input, mirror(0.5 + 0.5 * vec2f(q.x, -q.y) * aspect));
}
