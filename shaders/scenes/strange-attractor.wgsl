/*---
name = "Strange Attractor"
description = "Points that fall for ever along the threads of a chaotic law and draw its body. A kick tears them off, bass bends the law, hats light single points."
author = "Jamlight"
tags = ["3d", "points", "particles", "compute", "sculpture"]

[[param]]
name = "points"
label = "Points (times 16,384)"
min = 1.0
max = 64.0
default = 1.0

[[param]]
name = "law"
label = "Law"
type = "choice"
options = ["Thomas", "Halvorsen", "Aizawa", "Four wings"]
default = 1

[[param]]
name = "speed"
label = "Speed"
min = 0.1
max = 2.0
default = 0.8

[[param]]
name = "turn"
label = "Turn"
min = -1.0
max = 1.0
default = 0.35
clock = true

[[param]]
name = "memory"
label = "Trail length"
min = 0.0
max = 1.0
default = 0.55

[[storage]]
name = "cloud"
type = "vec4f"
count = 16384
times = "points"

[[buffer]]
name = "trail"
scale = 0.75
persistent = true

[[pass]]
compute = "fall"
groups = [256, 1, 1]
times = "points"

[[pass]]
image = "fade"
target = "trail"

[[pass]]
vertex = "point_vertex"
fragment = "point_fragment"
vertices = 3
instances = 16384
times = "points"
blend = "add"
target = "trail"

[[pass]]
image = "image"
---*/

// Each law pulls at a point; `frame.bass` bends its constant.
fn law(p: vec3f) -> vec3f {
    let bend = frame.bass.x - 0.4;
    switch i32(params.law) {
        case 0: {
            // René Thomas, 1999.
            return (sin(p.yzx) - (0.17 - 0.05 * bend) * p) * 3.2;
        }
        case 1: {
            // Arne Halvorsen.
            let a = 1.5 - 0.25 * bend;
            return (-a * p - 4.0 * p.yzx - 4.0 * p.zxy - p.yzx * p.yzx) * 0.32;
        }
        case 2: {
            // Yoji Aizawa, 1982.
            let r2 = dot(p.xy, p.xy);
            let d = 3.5 + 0.9 * bend;
            return 1.35 * vec3f(
                (p.z - 0.7) * p.x - d * p.y,
                d * p.x + (p.z - 0.7) * p.y,
                0.6 + 0.95 * p.z - p.z * p.z * p.z / 3.0 - r2 * (1.0 + 0.25 * p.z) + 0.1 * p.z * p.x * p.x * p.x,
            );
        }
        default: {
            // Wang, Sun, van Wyk, Qi and van Wyk, 2009.
            return 1.6 * vec3f(
                0.2 * p.x + p.y * p.z,
                (-0.01 - 0.1 * bend) * p.x - 0.4 * p.y - p.x * p.z,
                -p.z - p.x * p.y,
            );
        }
    }
}

// Size of a law's body, in its own units.
fn extent() -> f32 {
    switch i32(params.law) {
        case 0: { return 4.2; }
        case 1: { return 11.0; }
        case 2: { return 1.65; }
        default: { return 3.0; }
    }
}

fn middle() -> vec3f {
    switch i32(params.law) {
        case 1: { return vec3f(-2.6); }
        case 2: { return vec3f(0.0, 0.0, 0.62); }
        default: { return vec3f(0.0); }
    }
}

@compute @workgroup_size(64)
fn fall(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    let dt = frame.time.y;
    var p = cloud[i].xyz;
    let size = extent();
    let lot = random3(i * 3u + u32(frame.time.z) * 50331u);
    // Some are dropped anew each second, so that no change of law strands them.
    let lost = any(abs(p - middle()) > vec3f(3.2 * size)) || !(dot(p, p) < 1e6);
    if frame.time.z < 0.5 || lost || lot.x < dt * 0.09 {
        p = middle() + (random3(i * 7u + u32(frame.time.z)) - 0.5) * size * 0.9;
    }
    let pace = params.speed * (0.30 + 0.55 * frame.all.x + 0.30 * frame.bass.x);
    let h = dt * pace * 0.5;
    for (var k = 0; k < 2; k++) {
        let first = law(p);
        p += h * law(p + 0.5 * h * first);
    }
    // The blow: out along its own ray, most near a place that changes.
    let struck = normalize(random3(u32(frame.kick.x) * 5u + 1u) - 0.5);
    let q = (p - middle()) / size;
    let towards = max(dot(normalize(q + vec3f(1e-4)), struck), 0.0);
    p += q * size * towards * towards * frame.kick.z * exp(-frame.kick.y * 12.0) * dt * 5.5 * lot.y;
    cloud[i] = vec4f(p, length(law(p)) / size);
}

fn fade(p: Pixel) -> vec4f {
    let kept = look(trail, p.uv).rgb * exp(-frame.time.y * mix(14.0, 1.6, params.memory));
    return vec4f(max(kept - 0.03 * frame.time.y, vec3f(0.0)), 1.0);
}

struct Dot {
    @builtin(position) place: vec4f,
    @location(0) local: vec2f,
    @location(1) light: vec3f,
}

@vertex
fn point_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) i: u32) -> Dot {
    let c = cloud_ro[i];
    var q = (c.xyz - middle()) / extent();
    // The camera goes round it and nods.
    let a = 0.10 * params.turn_clock + 0.2 * drift(frame.time.x * 0.4, 2.0);
    let nod = 0.14 + 0.06 * drift(frame.time.x * 0.6, 4.0);
    let flat = rotation(a) * q.xy;
    q = vec3f(flat.x, q.z, flat.y);
    let tipped = rotation(nod) * q.yz;
    q = vec3f(q.x, tipped.x, tipped.y);
    let depth = q.z + 2.6;
    let zoom = 2.15 * (1.0 + 0.05 * frame.bass.x + 0.06 * pulse(frame.kick, 0.14));
    let at = q.xy / depth * zoom;
    let angle = f32(corner) * 2.0943951;
    let local = vec2f(cos(angle), sin(angle)) * 2.0;
    // Out of focus: nearer and farther than the middle, points are larger and dimmer.
    let blur = abs(depth - 2.45);
    let least = 1.1 / min(frame.size.x, frame.size.y);
    let size = max(0.0024 + 0.010 * blur * blur, least);
    let spread = min(0.0036 / size, 1.0);
    let flare = pulse(frame.hat, 0.10) * step(0.96, random(i * 13u + u32(frame.hat.x) * 57u));
    let heat = clamp(0.24 + 0.34 * min(c.w * 0.45, 1.4) + 0.18 * random(i) + 0.10 * q.z, 0.0, 1.0);
    let weight = 1.0 / floor(params.points);
    let light = (0.16 + 0.30 * frame.all.x + 1.1 * pulse(frame.kick, 0.12) + 0.5 * pulse(frame.snare, 0.1)) * weight + 1.6 * flare * sqrt(weight);
    let clip = at * min(frame.size.x, frame.size.y) * frame.size.zw;
    let seen = select(vec4f(clip + local * size * min(frame.size.x, frame.size.y) * frame.size.zw, 0.0, 1.0), vec4f(2.0, 2.0, 0.0, 1.0), depth < 0.3);
    return Dot(seen, local, palette(min(heat + flare, 1.0)) * light * spread * spread * smoothstep(3.9, 1.6, depth));
}

@fragment
fn point_fragment(d: Dot) -> @location(0) vec4f {
    return vec4f(d.light * exp(-3.0 * dot(d.local, d.local)), 0.0);
}

fn image(p: Pixel) -> vec4f {
    let lit = look(trail, p.uv).rgb;
    // The air round the body takes a little of its light.
    let air = palette(0.3) * vignette(p.pos, 3.0) * (0.012 + 0.05 * frame.bass.x * frame.bass.x + 0.10 * pulse(frame.kick, 0.15));
    return vec4f(((lit * (1.25 + 0.8 * pulse(frame.kick, 0.12)) + air) * vignette(p.pos, 0.2)) * note_light(), 1.0);
}
