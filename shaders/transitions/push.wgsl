/*---
name = "Push"
description = "The new picture pushes the old one out."
author = "Jamlight"
tags = ["transition", "slide", "geometric"]
inputs = 2

[[param]]
name = "direction"
label = "Direction"
min = 0.0
max = 1.0
default = 0.0
---*/

fn image(p: Pixel) -> vec4f {
    let angle = round(params.direction * 4.0) * 1.5707963;
    let way = round(vec2f(cos(angle), -sin(angle)));
    let t = frame.extra.z * frame.extra.z * (3.0 - 2.0 * frame.extra.z);
    let old = p.uv + way * t;
    if all(old >= vec2f(0.0)) && all(old <= vec2f(1.0)) {
        return look(from_image, old);
    }
    return look(to_image, old - way);
}
