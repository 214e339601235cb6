/*---
name = "Slime City"
description = "A slime mould searches the dark and builds roads of light. A kick makes it turn on its heel, hats feed it, bass widens its streets."
author = "Jamlight"
tags = ["compute", "simulation", "particles", "organic", "network"]

[[param]]
name = "reach"
label = "How far it smells"
min = 4.0
max = 24.0
default = 11.0

[[param]]
name = "bend"
label = "How sharply it turns"
min = 0.1
max = 1.0
default = 0.42

[[param]]
name = "memory"
label = "How long roads last"
min = 0.0
max = 1.0
default = 0.55

[[storage]]
name = "walkers"
type = "vec4f"
count = 16384

[[storage]]
name = "steps"
type = "atomic<u32>"
count = 147456

[[storage]]
name = "roads"
type = "f32"
count = 147456

[[storage]]
name = "softened"
type = "f32"
count = 147456

[[pass]]
compute = "walk"
groups = [256, 1, 1]

[[pass]]
compute = "soften"
groups = [48, 48, 1]

[[pass]]
compute = "settle"
groups = [48, 48, 1]

[[pass]]
image = "image"
---*/

// The ground is a square without edges; the long side of the picture shows it once.
const SIDE: i32 = 384;

fn cell(p: vec2f) -> i32 {
    let c = vec2i(floor(p)) % SIDE;
    let inside = select(c, c + SIDE, c < vec2i(0));
    return inside.y * SIDE + inside.x;
}

@compute @workgroup_size(64)
fn walk(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    let now = u32(frame.time.z);
    var w = walkers[i];
    let lot = random3(i * 5u + now * 7919u);
    // Born on rings; now and then one is born anew, so that no state is final.
    if now == 0u || lot.z < 0.0004 {
        let a = random(i + now) * TAU;
        let r = 30.0 + 90.0 * random(i * 3u + 1u);
        w = vec4f(vec2f(f32(SIDE) * 0.5) + r * vec2f(cos(a), sin(a)), a + 1.57, 0.0);
    }
    // Where the road is strongest, there it turns.
    let spread = 0.45 + 0.5 * frame.mid.x;
    let left = w.z + spread;
    let right = w.z - spread;
    let ahead_smell = roads[cell(w.xy + params.reach * vec2f(cos(w.z), sin(w.z)))];
    let left_smell = roads[cell(w.xy + params.reach * vec2f(cos(left), sin(left)))];
    let right_smell = roads[cell(w.xy + params.reach * vec2f(cos(right), sin(right)))];
    if ahead_smell < left_smell || ahead_smell < right_smell {
        w.z += params.bend * sign(left_smell - right_smell) * (0.6 + 0.8 * lot.x);
    }
    w.z += (lot.y - 0.5) * 0.25;
    // A kick: half of them turn and run.
    let fresh = frame.kick.z * step(frame.kick.y, frame.time.y * 1.01);
    w.z += fresh * select(0.0, 2.4, random(i * 11u + u32(frame.kick.x)) < 0.5);
    let pace = (22.0 + 60.0 * frame.bass.x + 130.0 * pulse(frame.kick, 0.12)) * frame.time.y;
    let at = w.xy + pace * vec2f(cos(w.z), sin(w.z));
    w = vec4f(at - floor(at / f32(SIDE)) * f32(SIDE), w.zw);
    walkers[i] = w;
    atomicAdd(&steps[cell(w.xy)], 1u);
}

// Three cells in a row, then three in a column: a box blur in two steps that never reads what it writes.
@compute @workgroup_size(8, 8)
fn soften(@builtin(global_invocation_id) id: vec3u) {
    let x = i32(id.x);
    let row = i32(id.y) * SIDE;
    let here = row + x;
    let west = row + (x + SIDE - 1) % SIDE;
    let east = row + (x + 1) % SIDE;
    softened[here] = (roads[west] + roads[here] + roads[east]) / 3.0;
}

@compute @workgroup_size(8, 8)
fn settle(@builtin(global_invocation_id) id: vec3u) {
    let x = i32(id.x);
    let y = i32(id.y);
    let here = y * SIDE + x;
    let north = ((y + SIDE - 1) % SIDE) * SIDE + x;
    let south = ((y + 1) % SIDE) * SIDE + x;
    let blurred = (softened[north] + softened[here] + softened[south]) / 3.0;
    let mixed = mix(roads[here], blurred, 0.55);
    let laid = f32(atomicExchange(&steps[here], 0u));
    roads[here] = min(mixed * exp(-frame.time.y * mix(5.0, 1.2, params.memory)) + 0.16 * laid, 6.0);
}

fn road_at(q: vec2f) -> f32 {
    let f = fract(q - 0.5);
    let b = q - 0.5;
    let a = roads_ro[cell(b)];
    let c = roads_ro[cell(b + vec2f(1.0, 0.0))];
    let d = roads_ro[cell(b + vec2f(0.0, 1.0))];
    let e = roads_ro[cell(b + vec2f(1.0, 1.0))];
    return mix(mix(a, c, f.x), mix(d, e, f.x), f.y);
}

fn image(p: Pixel) -> vec4f {
    let long_side = max(frame.size.x, frame.size.y);
    let q = ((p.px - 0.5 * frame.size.xy) / long_side + 0.5) * f32(SIDE);
    let road = road_at(q);
    let slope = vec2f(road_at(q + vec2f(1.4, 0.0)), road_at(q + vec2f(0.0, 1.4))) - road;
    // Roads stand up like wet ridges under a lamp from the side.
    let relief = clamp(0.5 - 0.55 * dot(slope, vec2f(0.7, 0.7)), 0.0, 1.3);
    let crowd = road / (1.1 + road);
    let hot = crowd * crowd;
    let kick = pulse(frame.kick, 0.14);
    var light = palette(0.18 + 0.72 * hot + 0.08 * drift(frame.time.x, 1.0)) * hot * (0.25 + 1.1 * relief) * (0.9 + 0.7 * frame.all.x + 2.4 * kick);
    // Hats: lamps along the busiest streets.
    let lamp = step(0.965, random_cell(vec2i(floor(q * 0.5)) + vec2i(i32(frame.hat.x) * 19, 5)));
    light += palette(1.0) * lamp * smoothstep(0.35, 0.7, crowd) * pulse(frame.hat, 0.10) * 3.0;
    light += palette(0.9) * pow(relief * hot, 3.0) * (0.4 + 1.2 * pulse(frame.snare, 0.12));
    return vec4f(light * vignette(p.pos, 0.35) * note_light(), 1.0);
}
