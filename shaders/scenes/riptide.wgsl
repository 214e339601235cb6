/*---
name = "Riptide"
description = "Ink in a basin of real water: vortices turn, meet and fold the colours. A kick throws a vortex ring, hats drip fresh ink, bass pulls the current."
author = "Jamlight"
tags = ["fluid", "compute", "simulation", "organic", "calm"]

[[param]]
name = "current"
label = "Current"
min = 0.1
max = 2.0
default = 0.9

[[param]]
name = "swirl"
label = "Swirl"
min = 0.0
max = 2.0
default = 1.0

[[param]]
name = "ink"
label = "Ink"
min = 0.2
max = 2.0
default = 1.0

[[param]]
name = "memory"
label = "How long ink lasts"
min = 0.0
max = 1.0
default = 0.6

[[storage]]
name = "spin"
type = "f32"
count = 9216

[[storage]]
name = "spin_next"
type = "f32"
count = 9216

[[storage]]
name = "stream"
type = "f32"
count = 9216

[[buffer]]
name = "flow"
size = [128, 72]

[[buffer]]
name = "dye"
scale = 0.5
persistent = true

[[pass]]
compute = "stir"
groups = [16, 9, 1]

[[pass]]
compute = "relax_even"
groups = [16, 9, 1]

[[pass]]
compute = "relax_odd"
groups = [16, 9, 1]

[[pass]]
compute = "relax_even"
groups = [16, 9, 1]

[[pass]]
compute = "relax_odd"
groups = [16, 9, 1]

[[pass]]
compute = "relax_even"
groups = [16, 9, 1]

[[pass]]
compute = "relax_odd"
groups = [16, 9, 1]

[[pass]]
compute = "relax_even"
groups = [16, 9, 1]

[[pass]]
compute = "relax_odd"
groups = [16, 9, 1]

[[pass]]
image = "measure"
target = "flow"

[[pass]]
image = "carry"
target = "dye"

[[pass]]
image = "image"
---*/

// Two-dimensional flow in the form of vorticity and stream function: the first is carried along, the second
// follows from it (a Poisson equation, by successive over-relaxation in red and black), and its curl is the
// velocity, which so can have no sources.
const W: i32 = 128;
const H: i32 = 72;
// Best over-relaxation for a grid of this size.
const EAGER: f32 = 1.9;

fn cell(x: i32, y: i32) -> i32 {
    return clamp(y, 0, H - 1) * W + clamp(x, 0, W - 1);
}

// From the picture to the basin, in cells. The basin covers the picture; a tall picture turns it.
fn basin(pos: vec2f) -> vec2f {
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    let tall = half.y > half.x;
    let p = select(pos, vec2f(pos.y, -pos.x), tall);
    let longest = max(half.x, half.y);
    // Its walls stand a little outside of the picture.
    let zoom = f32(W) * 0.46 / max(longest, f32(W) / f32(H));
    return p * zoom + 0.5 * vec2f(f32(W), f32(H));
}

fn velocity(c: vec2i) -> vec2f {
    let up = stream[cell(c.x, c.y + 1)] - stream[cell(c.x, c.y - 1)];
    let across = stream[cell(c.x + 1, c.y)] - stream[cell(c.x - 1, c.y)];
    return 0.5 * vec2f(up, -across);
}

// Where the three pens are that stir and drip: each on a way of its own, in cells.
fn pen(k: f32) -> vec2f {
    let t = frame.time.x * 0.9 + 0.3 * frame.bass.w + k * 41.7;
    return vec2f(f32(W), f32(H)) * (0.5 + 0.36 * drift2(t));
}

@compute @workgroup_size(8, 8)
fn stir(@builtin(global_invocation_id) id: vec3u) {
    let c = vec2i(id.xy);
    let dt = frame.time.y;
    // Carried along: what is here now was upstream before.
    let source = vec2f(c) - velocity(c) * dt;
    let base = vec2i(floor(source));
    let f = source - floor(source);
    let low = mix(spin[cell(base.x, base.y)], spin[cell(base.x + 1, base.y)], f.x);
    let high = mix(spin[cell(base.x, base.y + 1)], spin[cell(base.x + 1, base.y + 1)], f.x);
    var s = mix(low, high, f.y) * exp(-0.28 * dt);
    // Each pen turns the water to one side; bass drives them.
    for (var k = 0; k < 3; k++) {
        let away = (vec2f(c) - pen(f32(k))) / 5.0;
        let side = select(-1.0, 1.0, k == 1);
        s += side * exp(-dot(away, away)) * params.swirl * (4.0 + 26.0 * frame.bass.x + 14.0 * frame.mid.x) * dt;
    }
    // A kick: a pair of opposite vortices, which runs off together like a smoke ring.
    let angle = frame.kick.x * 2.4 + drift(frame.time.x, 3.0);
    let way = vec2f(cos(angle), sin(angle));
    let place = vec2f(f32(W), f32(H)) * (0.5 - 0.22 * way);
    let q = vec2f(c) - place;
    let sideways = dot(q, vec2f(-way.y, way.x));
    let ring = sideways / 3.5 * exp(-dot(q, q) / 42.0);
    let fresh = frame.kick.z * step(frame.kick.y, 0.07);
    s -= ring * fresh * 190.0 * params.swirl * dt;
    // Near the walls the water rests.
    let edge = min(min(c.x, W - 1 - c.x), min(c.y, H - 1 - c.y));
    s *= smoothstep(-0.5, 3.0, f32(edge));
    // A little grain keeps two equal halves from staying equal.
    s += (random_cell(c + vec2i(i32(frame.time.z) * 3, 0)) - 0.5) * 0.6 * dt;
    spin_next[cell(c.x, c.y)] = clamp(s, -60.0, 60.0);
}

fn relax(c: vec2i, colour: i32) {
    if ((c.x + c.y) & 1) != colour || c.x == 0 || c.y == 0 || c.x == W - 1 || c.y == H - 1 {
        return;
    }
    let around = stream[cell(c.x - 1, c.y)] + stream[cell(c.x + 1, c.y)] + stream[cell(c.x, c.y - 1)] + stream[cell(c.x, c.y + 1)];
    let at = cell(c.x, c.y);
    stream[at] += EAGER * (0.25 * (around + spin_next[at]) - stream[at]);
}

@compute @workgroup_size(8, 8)
fn relax_even(@builtin(global_invocation_id) id: vec3u) {
    relax(vec2i(id.xy), 0);
}

@compute @workgroup_size(8, 8)
fn relax_odd(@builtin(global_invocation_id) id: vec3u) {
    relax(vec2i(id.xy), 1);
    // The old vorticity is read no more this frame.
    let at = cell(i32(id.x), i32(id.y));
    spin[at] = spin_next[at];
}

// Velocity (cells a second) and vorticity as a picture, which is read smoothly.
fn measure(p: Pixel) -> vec4f {
    let c = vec2i(p.px);
    let up = stream_ro[cell(c.x, c.y + 1)] - stream_ro[cell(c.x, c.y - 1)];
    let across = stream_ro[cell(c.x + 1, c.y)] - stream_ro[cell(c.x - 1, c.y)];
    return vec4f(0.5 * up, -0.5 * across, spin_next_ro[cell(c.x, c.y)], 1.0);
}

fn flow_at(b: vec2f) -> vec4f {
    return look(flow, (b + 0.5) / vec2f(f32(W), f32(H)));
}

fn carry(p: Pixel) -> vec4f {
    let dt = frame.time.y;
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    let b = basin(p.pos);
    let moved = flow_at(b);
    // Cells a second to picture units a second, turned back where the basin is turned.
    let unit = max(max(half.x, half.y), f32(W) / f32(H)) / (0.46 * f32(W));
    var v = moved.xy * unit * params.current * 2.2;
    v = select(v, vec2f(-v.y, v.x), half.y > half.x);
    let uv = p.uv - vec2f(v.x, -v.y) * dt / (2.0 * half);
    var ink = look(dye, uv).rgb * exp(-dt * mix(1.5, 0.12, params.memory));
    ink = max(ink - 0.006 * dt, vec3f(0.0));
    if frame.time.z < 0.5 {
        // The first water is not clear.
        let cloud = fbm2(b * 0.05 + frame.time.w * 31.0, 3);
        ink = hue(0.2 + 1.2 * noise2(b * 0.03 + 9.0)) * smoothstep(0.52, 0.72, cloud) * 0.5;
    }
    for (var k = 0; k < 3; k++) {
        let n = f32(k);
        let away = (b - pen(n)) / (2.6 + 2.0 * frame.bass.x);
        let heard = select(select(frame.high.x, frame.mid.x, k == 1), frame.bass.x, k == 0);
        let c = hue(0.22 + 0.27 * n + 0.02 * frame.mid.w);
        ink += c * exp(-dot(away, away)) * params.ink * (0.25 + 3.4 * heard * heard) * dt * 1.6;
    }
    let angle = frame.kick.x * 2.4 + drift(frame.time.x, 3.0);
    let place = vec2f(f32(W), f32(H)) * (0.5 - 0.22 * vec2f(cos(angle), sin(angle)));
    let r = length(b - place);
    ink += hue(0.3 + 0.37 * frame.kick.x) * glow_tight(r - 4.0, 2.4) * frame.kick.z * step(frame.kick.y, 0.10) * params.ink * dt * 22.0;
    // Hats: drops.
    let lot = random2(u32(frame.hat.x) * 2u + 5u);
    let drop = length(b - vec2f(f32(W), f32(H)) * (0.12 + 0.76 * lot));
    ink += palette(0.95) * glow_tight(drop, 1.5) * frame.hat.z * step(frame.hat.y, 0.07) * params.ink * dt * 34.0;
    return vec4f(min(ink, vec3f(6.0)), 1.0);
}

fn image(p: Pixel) -> vec4f {
    let px = frame.size.zw * 2.0;
    let ink = look(dye, p.uv).rgb;
    let here = luminance(ink);
    let slope = vec2f(
        luminance(look(dye, p.uv + vec2f(px.x, 0.0)).rgb) - luminance(look(dye, p.uv - vec2f(px.x, 0.0)).rgb),
        luminance(look(dye, p.uv - vec2f(0.0, px.y)).rgb) - luminance(look(dye, p.uv + vec2f(0.0, px.y)).rgb),
    );
    // The surface is a relief of ink under a lamp.
    let normal = normalize(vec3f(-slope * 3.2, 0.30 + 0.5 * here));
    let lamp = normalize(vec3f(0.5 * drift2(frame.time.x * 0.4) + vec2f(-0.35, 0.55), 0.6));
    let lit = 0.35 + 0.85 * max(dot(normal, lamp), 0.0);
    let shine = pow(max(dot(reflect(-lamp, normal), vec3f(0.0, 0.0, 1.0)), 0.0), 24.0) * smoothstep(0.02, 0.25, here);
    let kick = pulse(frame.kick, 0.14);
    var light = ink * lit * (0.75 + 0.5 * frame.all.x + 0.9 * kick + 0.4 * pulse(frame.snare, 0.1));
    light += palette(0.9) * shine * (0.10 + 0.5 * frame.high.x + 0.9 * pulse(frame.snare, 0.12));
    // Where the water turns fast, it glows of itself.
    let turning = abs(flow_at(basin(p.pos)).z);
    light += palette(0.4) * smoothstep(2.0, 22.0, turning) * (0.02 + 0.10 * frame.bass.x + 0.2 * kick);
    return vec4f(light * vignette(p.pos, 0.25) * note_light(), 1.0);
}
