/*---
name = "Murmuration"
description = "A flock at dusk that pours through itself like smoke. A kick is the falcon: the flock splits and closes again; bass packs it, hats catch the wings."
author = "Jamlight"
tags = ["boids", "compute", "particles", "landscape", "calm"]

[[param]]
name = "flock"
label = "Flock (times 8,192)"
min = 1.0
max = 100.0
default = 1.0

[[param]]
name = "speed"
label = "Speed"
min = 0.2
max = 2.0
default = 1.0

[[param]]
name = "kinship"
label = "Kinship"
min = 0.0
max = 2.0
default = 1.0

[[param]]
name = "dusk"
label = "Dusk"
min = 0.0
max = 1.0
default = 0.55

[[storage]]
name = "birds"
type = "vec4f"
count = 8192
times = "flock"

[[storage]]
name = "tally"
type = "atomic<i32>"
count = 15552

[[storage]]
name = "air"
type = "vec4f"
count = 5184

[[buffer]]
name = "wings"
scale = 1.0
persistent = true

[[pass]]
compute = "fly"
groups = [128, 1, 1]
times = "flock"

[[pass]]
compute = "gather"
groups = [12, 7, 1]

[[pass]]
image = "fade"
target = "wings"

[[pass]]
vertex = "bird_vertex"
fragment = "bird_fragment"
vertices = 3
instances = 8192
times = "flock"
blend = "add"
target = "wings"

[[pass]]
image = "image"
---*/

// Birds do not look for each other: they leave their number and course in the air's cells, and read the cells.
const W: i32 = 96;
const H: i32 = 54;
const FIXED: f32 = 256.0;

fn half_picture() -> vec2f {
    return frame.size.xy / min(frame.size.x, frame.size.y);
}

fn cell_of(at: vec2f) -> vec2f {
    return (at / (half_picture() * 1.25) * 0.5 + 0.5) * vec2f(f32(W), f32(H));
}

fn index(c: vec2i) -> i32 {
    let inside = clamp(c, vec2i(0), vec2i(W - 1, H - 1));
    return inside.y * W + inside.x;
}

// Where the flock would like to be, and where the falcon strikes.
fn roost() -> vec2f {
    return half_picture() * vec2f(0.55, 0.36) * drift2(frame.time.x * 0.75 + 0.15 * frame.mid.w) + vec2f(0.0, 0.16);
}

fn falcon() -> vec2f {
    let a = frame.kick.x * 2.39996;
    return roost() + 0.28 * vec2f(cos(a), 0.6 * sin(a));
}

@compute @workgroup_size(64)
fn fly(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    let dt = frame.time.y;
    var at = birds[i].xy;
    var v = birds[i].zw;
    if frame.time.z < 0.5 || dot(v, v) < 1e-9 {
        let lot = random2(i * 3u + 1u);
        at = roost() + 0.45 * sqrt(lot.x) * vec2f(cos(lot.y * TAU), 0.6 * sin(lot.y * TAU));
        v = 0.4 * vec2f(cos(lot.y * 9.0), sin(lot.y * 9.0));
    }
    let c = cell_of(at);
    let ci = vec2i(floor(c));
    let here = air[index(ci)];
    // The slope of the crowd, seen two cells away: flee where it is thick, come where it is thin.
    let slope = vec2f(
        air[index(ci + vec2i(2, 0))].z - air[index(ci - vec2i(2, 0))].z,
        air[index(ci + vec2i(0, 2))].z - air[index(ci - vec2i(0, 2))].z,
    );
    let far = vec2f(
        air[index(ci + vec2i(7, 0))].z - air[index(ci - vec2i(7, 0))].z,
        air[index(ci + vec2i(0, 6))].z - air[index(ci - vec2i(0, 6))].z,
    );
    let crowd = here.z;
    var push = (here.xy - v) * 2.6 * params.kinship * step(0.05, crowd);
    push -= slope * (0.14 + 0.10 * crowd) * (1.2 - 0.7 * frame.bass.x);
    push += far * 0.30 * params.kinship;
    // Home, gently; a thermal that turns; each bird its own whim.
    let home = roost() - at;
    push += home * (1.1 + 2.4 * dot(home, home)) * (1.0 + 0.8 * frame.bass.x);
    push += vec2f(-home.y, home.x) * 0.8 * drift(frame.time.x * 0.8, 2.0);
    let lot = random2(i * 7u + u32(frame.time.z) * 4099u) - 0.5;
    // Gusts bend it into sheets: each height of the air has its own.
    let lane = f32(i & 3u) * 0.35;
    push += lot * 6.0 + 2.1 * curl2(at * 1.7 + vec2f(0.22 * frame.time.x, 5.0 + lane)) + 1.2 * curl2(at * 4.1 - vec2f(3.0 + lane, 0.31 * frame.time.x));
    let away = at - falcon();
    let near = exp(-dot(away, away) * 16.0) * frame.kick.z * exp(-frame.kick.y * 7.0);
    push += away * inverseSqrt(dot(away, away) + 1e-3) * near * 34.0;
    v += push * dt;
    // Birds can neither stand nor race.
    let pace = length(v) + 1e-5;
    let wanted = clamp(pace, 0.28, 0.95 + 1.2 * near);
    v *= wanted / pace;
    at += v * dt * params.speed * (0.75 + 0.6 * frame.all.x);
    let room = half_picture() * 1.24;
    v = select(v, -abs(v) * sign(at), abs(at) > room);
    at = clamp(at, -room, room);
    birds[i] = vec4f(at, v);
    let mine = index(vec2i(floor(cell_of(at))));
    atomicAdd(&tally[mine * 3], i32(FIXED));
    atomicAdd(&tally[mine * 3 + 1], i32(v.x * FIXED));
    atomicAdd(&tally[mine * 3 + 2], i32(v.y * FIXED));
}

// The mean course and the number of birds of each cell, the latter as a share of 8 birds of the small flock.
@compute @workgroup_size(8, 8)
fn gather(@builtin(global_invocation_id) id: vec3u) {
    if i32(id.x) >= W || i32(id.y) >= H {
        return;
    }
    let at = i32(id.y) * W + i32(id.x);
    let n = f32(atomicExchange(&tally[at * 3], 0)) / FIXED;
    let vx = f32(atomicExchange(&tally[at * 3 + 1], 0)) / FIXED;
    let vy = f32(atomicExchange(&tally[at * 3 + 2], 0)) / FIXED;
    let mean = vec2f(vx, vy) / max(n, 1.0);
    let old = air[at];
    // A moment's memory smooths what single birds do.
    air[at] = mix(old, vec4f(mean, n / (8.0 * floor(params.flock)), 0.0), 0.5);
}

// A bird leaves a short smear: its wings.
fn fade(p: Pixel) -> vec4f {
    return look(wings, p.uv) * exp(-frame.time.y * 16.0);
}

struct Bird {
    @builtin(position) place: vec4f,
    @location(0) local: vec2f,
    @location(1) lit: vec2f,
}

@vertex
fn bird_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) i: u32) -> Bird {
    let b = birds_ro[i];
    let along = normalize(b.zw + vec2f(1e-5, 0.0));
    let across = vec2f(-along.y, along.x);
    let a = f32(corner) * 2.0943951;
    let local = vec2f(cos(a), sin(a)) * 2.0;
    let depth = random(i * 5u);
    let flap = 0.6 + 0.4 * sin(frame.time.x * 19.0 + f32(i));
    let size = mix(0.0036, 0.0075, depth * depth) * max(1.0, 260.0 / min(frame.size.x, frame.size.y));
    let at = b.xy + (along * local.x * 1.5 + across * local.y * flap) * size;
    // Wings turned to the sun flash: a hat lights those of one course.
    let turn = f32(u32(frame.hat.x) % 7u) * 0.9;
    let facing = pow(abs(dot(along, vec2f(cos(turn), sin(turn)))), 12.0);
    // A million birds are as dark together as eight thousand.
    let weight = (0.45 + 0.55 * depth) / sqrt(floor(params.flock));
    return Bird(vec4f(at / half_picture(), 0.0, 1.0), local, vec2f(weight, weight * facing * pulse(frame.hat, 0.12)));
}

@fragment
fn bird_fragment(b: Bird) -> @location(0) vec4f {
    let shape = exp(-2.6 * dot(b.local, b.local));
    return vec4f(b.lit.x * shape, b.lit.y * shape, 0.0, 0.0);
}

fn image(p: Pixel) -> vec4f {
    let half = half_picture();
    let kick = pulse(frame.kick, 0.16);
    let w = look(wings, p.uv).xy;
    let horizon = -0.62 + 0.03 * drift(frame.time.x, 4.0);
    let height = p.pos.y - horizon;
    let sun = vec2f(0.34 * half.x * drift(frame.time.x * 0.12, 6.0), horizon + 0.24 + 0.08 * drift(frame.time.x * 0.2, 1.0));
    let r = length((p.pos - sun) * vec2f(0.85, 1.0));
    // The sky: a band of ember over the land, night above; thin clouds lie in it.
    let cloud = fbm2(vec2f(p.pos.x * 1.1 + 0.03 * frame.time.x, p.pos.y * 4.5) + 3.0, 3);
    let ember = exp(-max(height, 0.0) * mix(3.6, 1.3, params.dusk));
    var sky = palette(0.12 + 0.62 * ember) * ember * (0.22 + 0.30 * frame.bass.x + 0.35 * kick);
    sky += palette(0.72) * glow(r, 0.30) * (0.22 + 0.30 * frame.all.x + 0.55 * kick);
    sky += palette(0.95) * smoothstep(0.20, 0.185, r) * (0.55 + 0.5 * frame.all.x + 0.5 * kick);
    sky *= 0.72 + 0.55 * smoothstep(0.35, 0.75, cloud);
    sky += palette(0.3) * 0.012;
    // Birds darken what is bright and show light where it is dark.
    let shade = exp(-1.5 * w.x);
    var light = sky * shade + palette(0.62) * w.x * (0.035 + 0.10 * frame.all.x + 0.40 * kick) * (1.0 - ember);
    light += palette(0.95) * w.y * 1.5;
    light += palette(0.8) * w.x * pulse(frame.snare, 0.12) * 0.25;
    // The land, and its mirror of the ember on wet ground.
    let ridge = 0.05 * noise2(vec2f(p.pos.x * 2.6, 1.0)) + 0.02 * noise2(vec2f(p.pos.x * 11.0, 4.0));
    let land = smoothstep(ridge, ridge - 0.008, height);
    let wet = palette(0.55) * exp(height * 5.0) * glow(p.pos.x - sun.x, 0.35) * (0.05 + 0.16 * frame.bass.x + 0.2 * kick)
        * smoothstep(0.35, 0.8, noise2(vec2f(p.pos.x * 6.0, height * 60.0 + 0.6 * frame.time.x)));
    light = mix(light, wet, land);
    return vec4f(light * note_light(), 1.0);
}
