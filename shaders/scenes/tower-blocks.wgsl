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
count = 2304

[[storage]]
name = "before"
type = "f32"
count = 2304

[[pass]]
compute = "remember"
groups = [6, 6, 1]

[[pass]]
compute = "rise"
groups = [6, 6, 1]

[[pass]]
image = "image"
---*/

// x: height, y: the wave's speed, z: how it is lit, w: the wave.
const SIDE: i32 = 48;
const REACH: i32 = 46;

fn cell(c: vec2i) -> i32 {
    let inside = clamp(c, vec2i(0), vec2i(SIDE - 1));
    return inside.y * SIDE + inside.x;
}

@compute @workgroup_size(8, 8)
fn remember(@builtin(global_invocation_id) id: vec3u) {
    let at = i32(id.y) * SIDE + i32(id.x);
    before[at] = towers[at].w;
}

// A wave equation over the roofs; each tower adds the level of its own tone.
@compute @workgroup_size(8, 8)
fn rise(@builtin(global_invocation_id) id: vec3u) {
    let c = vec2i(id.xy);
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
    let own = 0.25 + 0.9 * lot.y * lot.y + 0.5 * noise2(vec2f(c) * 0.21);
    let wanted = params.height * (own + 3.4 * heard * heard * heard * (1.2 - 0.5 * r / middle) + 0.7 * frame.bass.x * exp(-r * r / 60.0)) + t.w;
    t.x = mix(t.x, max(wanted, 0.04), 1.0 - exp(-dt * 14.0));
    t.z = mix(t.z, heard * heard + 0.9 * clamp(t.w, 0.0, 1.5), 1.0 - exp(-dt * 12.0));
    towers[at] = t;
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.15);
    let a = 0.12 * params.orbit_clock + 0.35 * drift(frame.time.x * 0.4, 1.0);
    let dist = 17.0 + 3.0 * drift(frame.time.x * 0.5, 3.0);
    let eye = vec3f(cos(a) * dist, dist * params.tilt * (1.0 + 0.12 * drift(frame.time.x * 0.6, 5.0)), sin(a) * dist);
    let aim = vec3f(0.0, 1.0, 0.0);
    let ahead = normalize(aim - eye);
    let right = normalize(cross(ahead, vec3f(0.0, 1.0, 0.0)));
    let up = cross(right, ahead);
    let ray = normalize(ahead * 1.55 + right * p.pos.x + up * p.pos.y);
    let origin = vec3f(eye.x, eye.y, eye.z) + vec3f(f32(SIDE) * 0.5, 0.0, f32(SIDE) * 0.5);
    // Straight to the slab in which towers stand.
    let top = 7.5;
    var t = max((top - origin.y) / min(ray.y, -1e-4), 0.0);
    if ray.y > -1e-3 {
        t = 0.0;
    }
    var light = vec3f(0.0);
    let start = origin + ray * t;
    var c = vec2i(floor(start.xz));
    let way = select(vec2f(-1.0), vec2f(1.0), ray.xz >= vec2f(0.0));
    let per = 1.0 / max(abs(ray.xz), vec2f(1e-5));
    var next = (vec2f(c) + max(way, vec2f(0.0)) - start.xz) * way * per;
    var side = 0;
    var travelled = 0.0;
    var haze = 0.0;
    for (var k = 0; k < REACH; k++) {
        let leave = min(next.x, next.y);
        let inside = c.x >= 0 && c.y >= 0 && c.x < SIDE && c.y < SIDE;
        let y_in = start.y + ray.y * travelled;
        let y_out = start.y + ray.y * leave;
        if inside {
            let tower = towers_ro[cell(c)];
            let lot = random2_cell(c + vec2i(17, 5));
            let tint = palette(clamp(0.30 + 0.55 * tower.z + 0.25 * (lot.x - 0.5), 0.12, 1.0));
            let far = exp(-(t + travelled) * 0.055 * params.fog * 1.6);
            // Light between the houses: the streets shine from below.
            haze += exp(-max(y_out, 0.0) * 1.4) * tower.z * 0.012;
            if y_in <= tower.x {
                // A wall: floors of windows, some of them lit; hats switch them.
                let at = start + ray * travelled;
                let u = select(fract(at.x), fract(at.z), side == 0);
                let room = vec2i(i32(floor(u * 4.0)), i32(floor(at.y * 5.0)));
                let pane = vec2f(fract(u * 4.0), fract(at.y * 5.0));
                let glass = step(0.22, pane.x) * step(pane.x, 0.80) * step(0.25, pane.y) * step(pane.y, 0.78);
                let who = random_cell(room + c * 31 + vec2i(side * 7, 0));
                let awake = step(0.72, fract(who + 0.11 * floor(frame.beat.x / 4.0)));
                let switched = step(0.80, fract(who * 7.3 + frame.hat.x * 0.37)) * pulse(frame.hat, 0.14);
                let top_glow = exp((at.y - tower.x) * 2.2);
                light = tint * (0.012 + 0.05 * f32(side) + 0.9 * top_glow * tower.z * (0.6 + 1.5 * kick));
                light += mix(tint, palette(0.95), 0.5) * glass * (awake * (0.10 + 0.30 * tower.z) + 1.1 * switched);
                light *= far;
                break;
            }
            if y_out <= tower.x {
                // A roof: dark, with a burning edge.
                let s = (tower.x - start.y) / min(ray.y, -1e-4);
                let at = start.xz + ray.xz * s;
                let e = abs(fract(at) - 0.5);
                let rim = smoothstep(0.36, 0.49, max(e.x, e.y));
                light = tint * (0.015 + 0.10 * tower.z + rim * (0.05 + 1.9 * tower.z * (0.5 + 0.6 * frame.all.x + 1.8 * kick)));
                light += palette(0.9) * rim * pulse(frame.snare, 0.12) * 0.35 * step(0.6, lot.y);
                light *= far;
                break;
            }
        }
        if y_out <= 0.0 {
            // The street.
            light = palette(0.35) * 0.01;
            break;
        }
        travelled = leave;
        if next.x < next.y {
            next.x += per.x;
            c.x += i32(way.x);
            side = 0;
        } else {
            next.y += per.y;
            c.y += i32(way.y);
            side = 1;
        }
    }
    light += palette(0.45) * haze * (0.5 + 1.6 * frame.bass.x + 1.5 * kick);
    // The sky glows a little over the horizon.
    light += palette(0.25) * exp(-abs(ray.y + 0.12) * 9.0) * (0.03 + 0.10 * frame.mid.x + 0.12 * kick) * params.fog;
    return vec4f(light * vignette(p.pos, 0.25), 1.0);
}
