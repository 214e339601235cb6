/*---
name = "Shatter"
description = "The old picture falls apart in tiles that turn over into the new one."
author = "Jamlight"
tags = ["transition", "tiles", "geometric"]
inputs = 2

[[param]]
name = "tiles"
label = "Tiles"
min = 2.0
max = 24.0
default = 9.0

[[param]]
name = "order"
label = "Order"
min = 0.0
max = 1.0
default = 0.5
---*/

fn image(p: Pixel) -> vec4f {
    let num = vec2f(params.tiles * frame.size.x / frame.size.y, params.tiles);
    let cell = floor(p.uv * num);
    let inside = fract(p.uv * num) - 0.5;
    let turn = mix(cell.x / max(num.x, 1.0), random_cell(vec2i(cell)), params.order);
    let t = clamp((frame.extra.z * 1.5 - turn * 0.5), 0.0, 1.0);
    let width = abs(cos(t * 3.14159265));
    let at = (cell + 0.5 + vec2f(inside.x / max(width, 1e-3), inside.y)) / num;
    if abs(inside.x) > 0.5 * width {
        return vec4f(0.0, 0.0, 0.0, 1.0);
    }
    if t < 0.5 {
        return look(from_image, at);
    }
    return look(to_image, at);
}
