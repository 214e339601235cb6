/*---
name = "Cymatics"
description = "Sand on a singing plate: the grains flee what shakes and gather where it is still. A kick throws them up and changes the figure."
author = "Jamlight"
tags = ["compute", "particles", "chladni", "figure", "minimal"]

[[param]]
name = "figure"
label = "Fineness"
min = 1.0
max = 6.0
default = 3.0

[[param]]
name = "shake"
label = "Shaking"
min = 0.1
max = 2.0
default = 1.0

[[param]]
name = "walk"
label = "Change of figure"
min = 0.0
max = 2.0
default = 0.6
clock = true

[[storage]]
name = "grains"
type = "vec4f"
count = 8192

[[buffer]]
name = "plate"
scale = 0.75
persistent = true

[[pass]]
compute = "scatter"
groups = [128, 1, 1]

[[pass]]
image = "wipe"
target = "plate"

[[pass]]
vertex = "grain_vertex"
fragment = "grain_fragment"
vertices = 3
instances = 8192
blend = "add"
target = "plate"

[[pass]]
image = "image"
---*/

fn extent() -> vec2f {
    return frame.size.xy / min(frame.size.x, frame.size.y);
}

// How the plate swings at a place: two modes with their mirror, walking between whole numbers.
fn swing(p: vec2f) -> f32 {
    let t = 0.35 * params.walk_clock + 0.06 * frame.mid.w;
    let n = params.figure * (1.0 + 0.5 * drift(t, 1.0));
    let m = params.figure * (1.5 + 0.6 * drift(t, 2.0)) + 1.0;
    let q = rotation(0.03 * params.walk_clock) * p * 1.4;
    return cos(n * q.x) * cos(m * q.y) - cos(m * q.x) * cos(n * q.y) + 0.5 * sin(0.7 * n * length(q) + t);
}

@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    let dt = frame.time.y;
    var g = grains[i];
    let room = extent();
    let lot = random3(i * 7u + u32(frame.time.z) * 65537u);
    if frame.time.z < 0.5 || lot.z < 0.05 * dt {
        g = vec4f((lot.xy * 2.0 - 1.0) * room, 0.0, 0.0);
    }
    let e = 0.012;
    let here = swing(g.xy);
    let slope = vec2f(swing(g.xy + vec2f(e, 0.0)), swing(g.xy + vec2f(0.0, e))) - here;
    // Down the slope of the swing's strength, jittered as much as it shakes here.
    let kick = pulse(frame.kick, 0.10);
    let pull = -sign(here) * slope / e * (0.05 + 0.10 * frame.all.x);
    let angle = lot.x * TAU;
    let jump = vec2f(cos(angle), sin(angle)) * (abs(here) * (0.15 + 0.5 * frame.bass.x) + 2.6 * kick * lot.y) * params.shake;
    g = vec4f(g.xy + (pull + jump) * dt, length(pull + jump), 0.0);
    g = vec4f(select(g.xy, g.xy - 2.0 * room * sign(g.xy), abs(g.xy) > room), g.zw);
    grains[i] = g;
}

fn wipe(p: Pixel) -> vec4f {
    return vec4f(max(look(plate, p.uv).rgb * exp(-frame.time.y * 7.0) - 0.03 * frame.time.y, vec3f(0.0)), 1.0);
}

struct Grain {
    @builtin(position) place: vec4f,
    @location(0) local: vec2f,
    @location(1) light: vec3f,
}

@vertex
fn grain_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) i: u32) -> Grain {
    let g = grains_ro[i];
    let a = f32(corner) * 2.0943951;
    let local = vec2f(cos(a), sin(a)) * 2.0;
    let size = 0.0032 + 0.0024 * random(i);
    let flare = pulse(frame.hat, 0.1) * step(0.9, random(i * 13u + u32(frame.hat.x) * 57u));
    let heat = 0.45 + 0.25 * random(i * 3u) + 0.5 * min(g.z, 1.0);
    let light = palette(min(heat + flare, 1.0)) * (0.16 + 0.12 * frame.all.x + 0.9 * pulse(frame.kick, 0.13) + 2.5 * flare);
    return Grain(vec4f((g.xy + local * size) / extent(), 0.0, 1.0), local, light);
}

@fragment
fn grain_fragment(g: Grain) -> @location(0) vec4f {
    return vec4f(g.light * exp(-3.0 * dot(g.local, g.local)), 0.0);
}

fn image(p: Pixel) -> vec4f {
    // The plate itself: a breath of light where it swings most.
    let s = swing(p.pos);
    let metal = palette(0.3) * s * s * (0.006 + 0.03 * frame.bass.x + 0.05 * pulse(frame.kick, 0.15));
    let edge = palette(0.75) * glow_tight(s, 0.05) * (0.01 + 0.35 * pulse(frame.snare, 0.12));
    return vec4f(((look(plate, p.uv).rgb * 1.3 + metal + edge) * vignette(p.pos, 0.35)) * note_light(), 1.0);
}
