/*---
name = "Grade"
description = "Exposure, contrast, saturation and hue of a layer."
author = "Jamlight"
tags = ["filter", "colour", "grade"]
inputs = 1

[[param]]
name = "exposure"
label = "Exposure"
min = -4.0
max = 4.0
default = 0.0

[[param]]
name = "contrast"
label = "Contrast"
min = 0.0
max = 3.0
default = 1.0

[[param]]
name = "saturation"
label = "Saturation"
min = 0.0
max = 3.0
default = 1.0

[[param]]
name = "hue"
label = "Hue"
min = -0.5
max = 0.5
default = 0.0
---*/

fn image(p: Pixel) -> vec4f {
    let c = look(input, p.uv);
    var lit = max(c.rgb, vec3f(0.0)) * exp2(params.exposure);
    // Contrast turns about the grey of a photographer's card.
    lit = 0.18 * c.a * pow(max(lit / max(0.18 * c.a, 1e-4), vec3f(1e-5)), vec3f(params.contrast));
    lit = max(mix(vec3f(luminance(lit)), lit, params.saturation), vec3f(0.0));
    // Hue turns about the grey axis (Rodrigues).
    let axis = vec3f(0.57735);
    let angle = params.hue * 6.2831853;
    lit = lit * cos(angle) + cross(axis, lit) * sin(angle) + axis * dot(axis, lit) * (1.0 - cos(angle));
    return vec4f(max(lit, vec3f(0.0)), c.a);
}
