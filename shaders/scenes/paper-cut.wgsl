/*---
name = "Paper Cut"
description = "Sheets of cut paper, one behind the other, and a lamp at the very back. Each sheet breathes with its own band, a kick swells the lamp, hats prick holes."
author = "Jamlight"
tags = ["paper", "layers", "parallax", "graphic", "warm"]

[[param]]
name = "sheets"
label = "Sheets"
min = 3.0
max = 8.0
default = 6.0

[[param]]
name = "openness"
label = "Openness"
min = 0.0
max = 1.0
default = 0.5

[[param]]
name = "shapes"
label = "Size of the shapes"
min = 0.5
max = 2.5
default = 1.1

[[param]]
name = "drift"
label = "Drift"
min = 0.0
max = 2.0
default = 0.6
clock = true
---*/

// How far a place is from the cut edge of a sheet: above 0 is paper. Sheets nearer to the eye are cut wider.
fn paper(p: vec2f, k: f32, count: f32) -> f32 {
    let depth = k / (count - 1.0);
    let t = 0.12 * params.drift_clock;
    let q = p * params.shapes * mix(1.45, 0.85, depth) + vec2f(13.1, 7.7) * k + 0.3 * drift2(t + k * 1.7);
    // Rounded shapes on purpose: scissors make no fractals.
    let bend = noise2(q * 0.9 + vec2f(t * 0.6, 5.0)) - 0.5;
    let field = noise2(q * 1.25 + 1.5 * bend + vec2f(0.0, t)) * 0.7 + 0.3 * noise2(q * 2.7 - vec2f(t * 0.8, 0.0));
    var heard = frame.bass.x;
    if depth > 0.25 {
        heard = frame.mid.x;
    }
    if depth > 0.5 {
        heard = frame.mid_high.x;
    }
    if depth > 0.75 {
        heard = frame.high.x;
    }
    // The middle opens first, towards the lamp.
    let r = length(p - 0.25 * drift2(frame.time.x * 0.35));
    let open = mix(0.34, 0.60, depth) * (0.55 + 0.9 * params.openness) + 0.12 * heard + 0.10 * pulse(frame.kick, 0.22) * (1.0 - 0.6 * depth);
    let wide = length(frame.size.xy) / min(frame.size.x, frame.size.y);
    return field - open + 0.34 * (r / wide * 1.5 - 0.48);
}

fn image(p: Pixel) -> vec4f {
    let count = floor(params.sheets);
    let kick = pulse(frame.kick, 0.18);
    let eye = 0.07 * drift2(frame.time.x * 0.5);
    let lamp = 0.25 * drift2(frame.time.x * 0.35);
    // The lamp behind everything.
    let r = length(p.pos - lamp);
    var light = palette(0.97) * (0.30 + 0.5 * frame.all.x + 0.7 * kick) * glow(r, 0.55) + palette(0.75) * 0.10;
    let blades = 0.5 + 0.5 * sin(atan2(p.pos.y - lamp.y, p.pos.x - lamp.x) * 9.0 + 0.5 * frame.mid.w);
    light *= 0.86 + 0.14 * blades;
    var k = 0.0;
    for (var i = 0; i < 8; i++) {
        if k >= count {
            break;
        }
        let depth = k / (count - 1.0);
        let at = p.pos + eye * (1.0 - depth) * 1.6;
        let d = paper(at, k, count);
        // The sheet in front throws its shadow on what lies behind it.
        let shadow = paper(at + vec2f(0.030, 0.055) * (0.7 + 0.4 * depth), k, count);
        light *= mix(1.0, 0.22, smoothstep(-0.05, 0.07, shadow) * 0.9);
        let soft = 2.2 / min(frame.size.x, frame.size.y) * params.shapes;
        let cover = smoothstep(-soft, soft, d);
        // Paper: matt, with a grain, lit through from behind near its edge.
        let grain = 0.94 + 0.06 * random_cell(vec2i(floor(at * 260.0)) + vec2i(i * 97, 0));
        let base = palette(mix(0.74, 0.22, pow(depth, 0.75)));
        let near_lamp = glow(r, 0.75);
        var c = base * grain * (0.10 + 0.42 * near_lamp * (1.0 - 0.60 * depth)) * (0.55 + 0.45 * frame.all.x + 0.75 * kick * (1.0 - 0.7 * depth));
        // The cut edge is white and catches the light.
        let edge = smoothstep(0.030, 0.0, d);
        c += mix(base, palette(0.95), 0.6) * edge * edge * (0.05 + 0.35 * near_lamp * (0.5 + 0.7 * frame.all.x) + 0.30 * pulse(frame.snare, 0.14));
        // Pin holes: hats open some, and the lamp shines through.
        let grid = at * 9.0 + k * 5.0;
        let cell = vec2i(floor(grid));
        let lot = random2_cell(cell + vec2i(i * 31, 5));
        let pin = length(fract(grid) - 0.3 - 0.4 * lot);
        let rung = step(0.80, random_cell(cell + vec2i(i32(frame.hat.x) * 7, i * 3)));
        c += palette(1.0) * glow_tight(pin, 0.055) * smoothstep(0.03, 0.12, d) * (0.25 * step(0.9, lot.x) * near_lamp + 1.5 * rung * pulse(frame.hat, 0.12));
        light = mix(light, c, cover);
        k += 1.0;
    }
    return vec4f(light * vignette(p.pos, 0.25) * note_light(), 1.0);
}
