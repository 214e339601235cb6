/*---
name = "Ridgeline"
description = "The last seconds of the spectrum as a mountain range at night, coming towards you. Each kick lights the ridge that it raised."
author = "Jamlight"
tags = ["spectrum", "landscape", "lines", "history", "calm"]

[[param]]
name = "height"
label = "Height"
min = 0.1
max = 1.0
default = 0.5

[[param]]
name = "speed"
label = "Speed"
min = 2.0
max = 14.0
default = 7.0
clock = true

[[param]]
name = "haze"
label = "Haze"
min = 0.0
max = 1.0
default = 0.5

[[storage]]
name = "rows"
type = "vec2f"
count = 8192

[[pass]]
compute = "listen"
groups = [2, 1, 1]

[[pass]]
image = "image"
---*/

// Rows of the past, each of BANDS heights; the row number counts up for ever and wraps in memory.
const ROWS: i32 = 64;
const BANDS: i32 = 128;
// Rows in sight.
const SEEN: i32 = 22;

@compute @workgroup_size(64)
fn listen(@builtin(global_invocation_id) id: vec3u) {
    let band = i32(id.x);
    let row = i32(floor(params.speed_clock)) % ROWS;
    let along = f32(band) / f32(BANDS - 1);
    let heard = spectrum(0.03 + 0.80 * along);
    let at = row * BANDS + band;
    // While its time lasts the newest row grows; a new one starts flat.
    let last = floor(params.speed_clock - params.speed * frame.time.y);
    let fresh = last < floor(params.speed_clock);
    let old = select(rows[at], vec2f(0.0), fresh);
    rows[at] = max(old, vec2f(heard * heard, pulse(frame.kick, 0.2)));
}

fn height_at(row: i32, x: f32) -> vec2f {
    // Mirrored: the bass stands in the middle.
    let u = clamp(abs(x), 0.0, 1.0) * f32(BANDS - 1);
    let i = i32(u);
    let at = ((row % ROWS + ROWS) % ROWS) * BANDS;
    return mix(rows_ro[at + i], rows_ro[at + min(i + 1, BANDS - 1)], fract(u));
}

fn image(p: Pixel) -> vec4f {
    let screen = frame.size.xy / min(frame.size.x, frame.size.y);
    let part = fract(params.speed_clock);
    let now = i32(floor(params.speed_clock));
    let sway = 0.06 * drift2(frame.time.x * 0.6);
    let horizon = 0.32 + sway.y;
    var light = vec3f(0.0);
    var covered = false;
    // From near to far: the first ridge above the pixel hides the rest.
    for (var k = SEEN - 1; k >= 1; k--) {
        let age = f32(k) + part;
        // The newest row is the farthest and rises out of the haze as it comes.
        let near = age / f32(SEEN);
        let depth = 1.0 / (0.35 + 2.6 * (1.0 - near) * (1.0 - near) + 0.35 * (1.0 - near));
        let base = horizon - 0.42 * depth + 0.05;
        let x = (p.pos.x + sway.x * depth) / (screen.x * (0.92 + 0.16 * depth));
        let rough = noise2(vec2f(x * 14.0, f32(now - k) * 3.7)) - 0.5;
        let rowed = height_at(now - k, x);
        let edge = smoothstep(1.0, 0.75, abs(x));
        let raised = (rowed.x * smoothstep(-0.1, 0.5, 1.0 - abs(x)) + 0.05 + 0.12 * rough * (0.3 + rowed.x)) * edge;
        let top = base + params.height * raised * (0.45 + 0.5 * depth) * smoothstep(0.0, 0.12, near);
        let d = p.pos.y - top;
        let fog = mix(1.0, near, params.haze) * smoothstep(0.0, 0.15, near) * smoothstep(1.0, 0.93, near);
        let width = 0.0035 + 0.004 * depth;
        let c = palette(clamp(0.30 + 0.55 * rowed.x + 0.25 * near, 0.0, 1.0));
        let fire = 0.35 + 1.4 * rowed.x + 1.9 * rowed.y * glow(near - 0.15, 0.4);
        light += c * glow_tight(d, width) * fire * fog * select(0.0, 1.0, edge > 0.0);
        if d < 0.0 && abs(x) < 1.0 {
            // The slope below its crest catches a little of the light.
            light += c * 0.10 * fire * fog * exp(d * 16.0);
            covered = true;
            break;
        }
    }
    if !covered {
        // The sky: a moon that the kick swells, and stars that hats touch.
        let moon = p.pos - vec2f(0.0, horizon + 0.24);
        let r = length(moon);
        let kick = pulse(frame.kick, 0.2);
        let size = 0.24 + 0.03 * frame.bass.x + 0.02 * kick;
        let slats = smoothstep(-0.1, 0.1, sin(moon.y * 60.0 + frame.time.x * 0.8) + 0.5 + 3.0 * moon.y);
        light += mix(palette(0.55), palette(0.95), clamp(0.5 + moon.y * 2.0, 0.0, 1.0)) * smoothstep(size, size - 0.01, r) * slats * (0.35 + 0.5 * frame.bass.x + 0.9 * kick);
        light += palette(0.5) * glow(max(r - size, 0.0), 0.10) * (0.05 + 0.30 * kick);
        let cellp = p.pos * 22.0;
        let lot = random2_cell(vec2i(floor(cellp)));
        let star = length(fract(cellp) - 0.2 - 0.6 * lot) * 0.045;
        let lit = step(0.75, random_cell(vec2i(floor(cellp)) + vec2i(7, 3)));
        let rung = step(0.6, random_cell(vec2i(floor(cellp)) + vec2i(i32(frame.hat.x) * 13, 1)));
        light += palette(0.9) * lit * glow_tight(star, 0.0035) * (0.15 + 1.6 * rung * pulse(frame.hat, 0.12)) * smoothstep(size, size + 0.1, r);
    }
    return vec4f(light * note_light(), 1.0);
}
