/*---
name = "Obsidian"
description = "A black glass solid turning in the dark, lit from behind. Kicks swell and crack it, bass carves it, hats glint on its edges."
author = "Jamlight"
tags = ["3d", "raymarch", "solid", "dark"]

[[param]]
name = "carve"
label = "Carving"
min = 0.0
max = 1.0
default = 0.55

[[param]]
name = "morph"
label = "Round to square"
min = 0.0
max = 1.0
default = 0.35

[[param]]
name = "spin"
label = "Spin"
min = -1.0
max = 1.0
default = 0.3
clock = true

[[param]]
name = "inner"
label = "Inner light"
min = 0.0
max = 2.0
default = 1.0

[[buffer]]
name = "stone"
scale = 0.7
persistent = false

[[pass]]
image = "march"
target = "stone"

[[pass]]
image = "image"
---*/

const MAX_STEPS: i32 = 26;
// Nothing of the solid lies outside this radius, whatever the parameters.
const BOUND: f32 = 1.32;

struct Pose {
    turn: mat3x3f,
    swell: f32,
    depth: f32,
    phase: vec3f,
}

fn pose() -> Pose {
    let a = 0.5 * params.spin_clock + 0.22 * frame.bass.w;
    let b = 0.37 * a + 0.5 * drift(frame.time.x, 4.0);
    let ca = cos(a);
    let sa = sin(a);
    let cb = cos(b);
    let sb = sin(b);
    let turn = mat3x3f(ca, 0.0, sa, sa * sb, cb, -ca * sb, -sa * cb, sb, ca * cb);
    return Pose(
        turn,
        0.10 * pulse(frame.kick, 0.18),
        params.carve * (0.22 + 0.55 * frame.bass.x + 0.5 * pulse(frame.kick, 0.22)),
        vec3f(0.31, 0.23, 0.27) * frame.mid.w + frame.time.x * 0.11,
    );
}

fn solid(p: vec3f, pose: Pose) -> f32 {
    let ball = length(p) - 0.86;
    let cube = sd_box(p, vec3f(0.56)) - 0.10;
    let body = mix(ball, cube, params.morph) - pose.swell;
    // A gyroid eats into it.
    let s = 4.2;
    let q = p * s + pose.phase;
    let g = abs(dot(sin(q), cos(q.yzx))) / s - 0.055;
    return max(body, -(g - 0.16 * (1.0 - pose.depth)) * 0.8 - 0.02);
}

fn march(at: Pixel) -> vec4f {
    let po = pose();
    let eye = vec3f(0.0, 0.0, 3.1);
    let ray = normalize(vec3f(at.pos + 0.05 * drift2(frame.time.x), -2.35));
    let b = dot(eye, ray);
    let inside = b * b - dot(eye, eye) + BOUND * BOUND;
    if inside <= 0.0 {
        return vec4f(0.0);
    }
    let h = sqrt(inside);
    let o = po.turn * eye;
    let d = po.turn * ray;
    var t = -b - h;
    let end = -b + h;
    var hit = false;
    var heat = 0.0;
    for (var i = 0; i < MAX_STEPS; i++) {
        let s = solid(o + d * t, po);
        // Rays that graze the core pick up its light: the glow in the cracks.
        heat += 0.012 / (0.03 + s * s * 30.0) * smoothstep(0.75, 0.2, length(o + d * t));
        if s < 0.004 * t * 0.5 {
            hit = true;
            break;
        }
        t += s * 0.92;
        if t > end {
            break;
        }
    }
    let core = palette(0.72 + 0.2 * drift(frame.time.x, 2.0)) * heat * params.inner * (0.08 + 0.4 * frame.mid.x + 2.4 * pulse(frame.kick, 0.14));
    if !hit {
        return vec4f(core, 0.0);
    }
    let p = o + d * t;
    let e = vec2f(0.012, -0.012);
    let n = normalize(
        e.xyy * solid(p + e.xyy, po) + e.yyx * solid(p + e.yyx, po) + e.yxy * solid(p + e.yxy, po) + e.xxx * solid(p + e.xxx, po));
    // Lights stand still while the solid turns.
    let nw = n * po.turn;
    let rw = reflect(ray, nw);
    let facing = max(dot(nw, -ray), 0.0);
    let rim = pow(1.0 - facing, 3.0) * smoothstep(0.0, 0.16, facing);
    let above = smoothstep(-0.1, 1.0, rw.y);
    let strip = glow_tight(rw.y - 0.45, 0.10) + 0.6 * glow_tight(rw.x + 0.6, 0.07);
    let cavity = smoothstep(0.35, 0.95, length(p));
    var light = palette(0.45) * rim * (0.55 + 0.7 * frame.all.x) * (0.4 + above);
    light += palette(0.8) * strip * (0.30 + 0.4 * frame.mid_high.x + 0.7 * pulse(frame.kick, 0.1));
    light += palette(0.25) * above * 0.10;
    // Snares sweep a blade of light across it, hats set points of it off.
    light += palette(0.95) * glow_tight(rw.x - 1.4 + 9.0 * frame.snare.y, 0.16) * frame.snare.z * step(frame.snare.y, 0.4);
    // Three sparks for each hat, wherever its faces throw them at the eye.
    var glints = 0.0;
    for (var k = 0u; k < 3u; k++) {
        let lamp = normalize(random3(u32(frame.hat.x) * 3u + k) * 2.0 - vec3f(1.0, 1.0, 0.2));
        glints += pow(max(dot(rw, lamp), 0.0), 48.0);
    }
    light += palette(1.0) * glints * pulse(frame.hat, 0.09) * 3.5;
    light *= 0.25 + 0.75 * cavity;
    return vec4f(light + core * 0.6, 1.0);
}

fn image(at: Pixel) -> vec4f {
    let s = look(stone, at.uv);
    let r = length(at.pos);
    // Light behind it: a thin corona that the kick opens.
    let kick = pulse(frame.kick, 0.2);
    let back = palette(0.4) * (0.02 + 0.04 * frame.bass.x + 0.30 * kick) * glow(max(r - 0.55, 0.0), 0.20 + 0.15 * kick) * smoothstep(2.2, 0.4, r);
    let ring = palette(0.6) * frame.kick.z * glow_tight(r - 0.9 - 1.6 * frame.kick.y, 0.02 + 0.10 * frame.kick.y) * exp(-5.0 * frame.kick.y) * 0.5;
    return vec4f((s.rgb + (back + ring) * (1.0 - s.a)) * note_light_by(2.0), 1.0);
}
