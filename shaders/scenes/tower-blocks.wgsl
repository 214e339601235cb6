/*---
name = "Tower Blocks"
description = "A city of towers at night, one tone each. A kick runs through the streets as a wave, hats switch windows, bass raises the centre."
author = "Jamlight"
tags = ["3d", "voxels", "compute", "spectrum", "city"]

[[param]]
name = "height"
label = "Height"
min = 0.2
max = 2.0
default = 1.0

[[param]]
name = "orbit"
label = "Orbit"
min = -1.0
max = 1.0
default = 0.25
clock = true

[[param]]
name = "tilt"
label = "Camera height"
min = 0.2
max = 1.2
default = 0.55

[[param]]
name = "fog"
label = "Fog"
min = 0.0
max = 1.0
default = 0.5

[[storage]]
name = "towers"
type = "vec4f"
count = 784

[[storage]]
name = "before"
type = "f32"
count = 784

[[pass]]
compute = "remember"
groups = [4, 4, 1]

[[pass]]
compute = "rise"
groups = [4, 4, 1]

[[pass]]
image = "image"
---*/

// x: height, y: the wave's speed, z: how it is lit, w: the wave.
const SIDE: i32 = 28;
const REACH: i32 = 40;
// Streets take the rest of a cell.
const WALL: f32 = 0.36;

fn cell(c: vec2i) -> i32 {
    let inside = clamp(c, vec2i(0), vec2i(SIDE - 1));
    return inside.y * SIDE + inside.x;
}

@compute @workgroup_size(8, 8)
fn remember(@builtin(global_invocation_id) id: vec3u) {
    let at = i32(id.y) * SIDE + i32(id.x);
    if i32(id.x) >= SIDE || i32(id.y) >= SIDE {
        return;
    }
    before[at] = towers[at].w;
}

// A wave equation over the roofs; each tower adds the level of its own tone.
@compute @workgroup_size(8, 8)
fn rise(@builtin(global_invocation_id) id: vec3u) {
    let c = vec2i(id.xy);
    if c.x >= SIDE || c.y >= SIDE {
        return;
    }
    let at = cell(c);
    let dt = frame.time.y;
    var t = towers[at];
    let around = before[cell(c - vec2i(1, 0))] + before[cell(c + vec2i(1, 0))] + before[cell(c - vec2i(0, 1))] + before[cell(c + vec2i(0, 1))];
    t.y += (around - 4.0 * before[at]) * 190.0 * dt;
    t.y *= exp(-1.5 * dt);
    let middle = 0.5 * f32(SIDE - 1);
    let away = vec2f(c) - middle;
    let r = length(away);
    // Kicks strike the centre, snares a place that changes.
    t.y += exp(-r * r / 5.0) * frame.kick.z * step(frame.kick.y, 0.05) * 150.0 * dt;
    let place = middle + 16.0 * drift2(frame.snare.x * 3.1);
    let q = vec2f(c) - place;
    t.y += exp(-dot(q, q) / 4.0) * frame.snare.z * step(frame.snare.y, 0.05) * 80.0 * dt;
    t.w = clamp(t.w + t.y * dt, -2.5, 3.0);
    let lot = random2_cell(c);
    let tone = clamp(r / middle * 0.72 + 0.14 * (lot.x - 0.5), 0.03, 0.95);
    let heard = spectrum(tone);
    let tall = step(0.80, lot.y) * (lot.y - 0.6) * 2.5;
    let own = 0.25 + 4.2 * tall * exp(-r * r / 80.0) + 0.9 * noise2(vec2f(c) * 0.33);
    let wanted = params.height * (own + 3.2 * heard * heard * heard * (0.35 + 0.65 * lot.y) + 1.3 * frame.bass.x * exp(-r * r / 16.0)) + t.w;
    t.x = mix(t.x, max(wanted, 0.04), 1.0 - exp(-dt * 7.0));
    t.z = mix(t.z, 0.75 * heard * heard * heard + 0.55 * clamp(t.w, 0.0, 1.2), 1.0 - exp(-dt * 6.0));
    towers[at] = t;
}

struct Struck {
    at: vec3f,
    // The face: 0 to the east or west, 1 the roof, 2 to the north or south.
    face: i32,
    c: vec2i,
    distance: f32,
    // Light gathered in the streets on the way.
    haze: f32,
}

// Walks the cells under a ray and meets the first tower. `distance` is negative where there is none.
fn meet(origin: vec3f, ray: vec3f, start: f32) -> Struck {
    let inverse = 1.0 / select(ray, vec3f(1e-5), abs(ray) < vec3f(1e-5));
    let from_here = origin + ray * start;
    var c = vec2i(floor(from_here.xz));
    let way = select(vec2f(-1.0), vec2f(1.0), ray.xz >= vec2f(0.0));
    let per = abs(inverse.xz);
    var next = start + (vec2f(c) + max(way, vec2f(0.0)) - from_here.xz) * inverse.xz;
    var found = Struck(vec3f(0.0), 0, c, -1.0, 0.0);
    for (var k = 0; k < REACH; k++) {
        let leave = min(next.x, next.y);
        let low = origin.y + ray.y * leave;
        if c.x >= 0 && c.y >= 0 && c.x < SIDE && c.y < SIDE {
            let tower = towers_ro[cell(c)];
            found.haze += exp(-max(low, 0.0) * 2.2) * (0.15 + tower.z) * exp(-leave * 0.05);
            let middle = vec2f(c) + 0.5;
            let a = (vec3f(middle.x - WALL, 0.0, middle.y - WALL) - origin) * inverse;
            let b = (vec3f(middle.x + WALL, tower.x, middle.y + WALL) - origin) * inverse;
            let near = min(a, b);
            let far = max(a, b);
            let enter = max(near.x, max(near.y, near.z));
            if enter < min(far.x, min(far.y, far.z)) && enter > 0.0 {
                found.face = select(select(2, 1, near.y >= near.z), 0, near.x >= max(near.y, near.z));
                found.at = origin + ray * enter;
                found.c = c;
                found.distance = enter;
                return found;
            }
        }
        if low <= 0.0 {
            break;
        }
        let east = next.x < next.y;
        next += select(vec2f(0.0, per.y), vec2f(per.x, 0.0), east);
        c += select(vec2i(0, i32(way.y)), vec2i(i32(way.x), 0), east);
    }
    return found;
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.15);
    let a = 0.12 * params.orbit_clock + 0.6 + 0.35 * drift(frame.time.x * 0.4, 1.0);
    let dist = 13.5 + 1.6 * drift(frame.time.x * 0.5, 3.0);
    let eye = vec3f(cos(a) * dist, 1.6 + 8.0 * params.tilt * (1.0 + 0.12 * drift(frame.time.x * 0.6, 5.0)), sin(a) * dist);
    let ahead = normalize(vec3f(0.0, 1.9, 0.0) - eye);
    let right = normalize(cross(ahead, vec3f(0.0, 1.0, 0.0)));
    let up = cross(right, ahead);
    let ray = normalize(ahead * 1.5 + right * p.pos.x + up * p.pos.y);
    let origin = eye + vec3f(f32(SIDE) * 0.5, 0.0, f32(SIDE) * 0.5);
    // Straight to the slab in which towers stand.
    let top = 8.5;
    let start = max((top - origin.y) / min(ray.y, -1e-4), 0.0) * step(top, origin.y);
    let hit = meet(origin, ray, start);
    // The sky glows over the horizon; where the city is loud it glows more.
    let glow_up = exp(-max(ray.y + 0.05, 0.0) * 6.0);
    var light = palette(0.18 + 0.3 * glow_up) * glow_up * (0.05 + 0.16 * frame.bass.x + 0.22 * kick) * (0.4 + params.fog);
    if hit.distance > 0.0 {
        let tower = towers_ro[cell(hit.c)];
        let lot = random2_cell(hit.c + vec2i(17, 5));
        let tint = palette(clamp(0.28 + 0.50 * tower.z + 0.30 * (lot.x - 0.5), 0.12, 1.0));
        let fade = exp(-max(hit.distance - 6.0, 0.0) * 0.085 * params.fog * 1.4);
        // Lines never get thinner than a pixel.
        let fine = max(0.05, hit.distance * 3.0 / min(frame.size.x, frame.size.y));
        let fire = tower.z * (0.35 + 0.45 * frame.all.x + 1.0 * kick);
        var c = vec3f(0.0);
        if hit.face == 1 {
            let e = abs(hit.at.xz - vec2f(hit.c) - 0.5);
            let rim = smoothstep(WALL - fine, WALL - 0.4 * fine, max(e.x, e.y));
            c = tint * (0.010 + 0.10 * tower.z + rim * (0.05 + 1.6 * fire));
            c += palette(0.9) * pulse(frame.snare, 0.12) * 0.5 * step(0.7, lot.y) * (0.3 + rim);
        } else {
            let u = select(hit.at.x, hit.at.z, hit.face == 0) - select(f32(hit.c.x), f32(hit.c.y), hit.face == 0) - (0.5 - WALL);
            let grid = vec2f(u / (2.0 * WALL) * 5.0, hit.at.y * 5.5);
            let pane = fract(grid);
            let soft = smoothstep(14.0, 5.0, hit.distance * 500.0 / min(frame.size.x, frame.size.y));
            let glass = smoothstep(0.12, 0.24, pane.x) * smoothstep(0.12, 0.24, 1.0 - pane.x) * smoothstep(0.2, 0.32, pane.y) * smoothstep(0.14, 0.26, 1.0 - pane.y);
            let who = random_cell(vec2i(floor(grid)) + hit.c * 31 + vec2i(hit.face * 7, 0));
            let awake = step(0.74, fract(who + 0.11 * floor(frame.beat.x / 4.0)));
            let switched = step(0.86, fract(who * 7.3 + frame.hat.x * 0.37)) * pulse(frame.hat, 0.14);
            let below = tower.x - hit.at.y;
            let corner = smoothstep(1.0 - fine / WALL, 1.0, abs(u / WALL - 1.0));
            c = tint * (0.008 + 0.04 * f32(hit.face) * tower.z + 0.9 * exp(-below * 3.2) * fire + 0.35 * corner * fire);
            c += mix(tint, palette(0.95), 0.5) * mix(0.35, glass, soft) * (awake * (0.10 + 0.35 * tower.z) + 1.3 * switched);
            // The street lights the feet of the houses.
            c += palette(0.55) * exp(-hit.at.y * 3.0) * (0.03 + 0.25 * frame.bass.x * frame.bass.x + 0.4 * kick * tower.z);
        }
        light = mix(light, c, fade);
    }
    light += palette(0.5) * hit.haze * 0.035 * (0.25 + 1.3 * frame.bass.x + 1.6 * kick) * params.fog;
    // A ray along an edge can leave the numbers: it sees nothing.
    light = select(vec3f(0.0), light, all(light >= vec3f(0.0)) && all(light < vec3f(100.0)));
    // Every blow turns up the lamps of the city, a kick the most.
    return vec4f((light * (0.75 + 1.1 * kick + 0.6 * pulse(frame.snare, 0.12) + 0.35 * pulse(frame.hat, 0.10)) * vignette(p.pos, 0.25)) * note_light_by(2.0), 1.0);
}
