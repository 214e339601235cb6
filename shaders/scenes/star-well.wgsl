/*---
name = "Star Well"
description = "Falling through layers of stars. The fall quickens with the music, a kick bends the light round the middle, hats set stars alight."
author = "Jamlight"
tags = ["stars", "space", "depth", "drive", "calm"]

[[param]]
name = "speed"
label = "Fall"
min = 0.0
max = 1.5
default = 0.35
clock = true

[[param]]
name = "density"
label = "Stars"
min = 4.0
max = 16.0
default = 9.0

[[param]]
name = "roll"
label = "Roll"
min = -1.0
max = 1.0
default = 0.2
clock = true

[[param]]
name = "dust"
label = "Dust"
min = 0.0
max = 1.0
default = 0.6
---*/

const LAYERS: i32 = 6;

fn image(at: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.18);
    let centre = 0.18 * drift2(frame.time.x * 0.5);
    var p = at.pos - centre;
    let r = length(p);
    // The kick is a lens: it pushes the sky aside in a ring that passes outwards.
    let front = r - 0.15 - 2.0 * frame.kick.y;
    let lens = glow_tight(front, 0.12 + 0.3 * frame.kick.y) * frame.kick.z * exp(-4.0 * frame.kick.y);
    p *= 1.0 - 0.16 * lens;
    let fall = 0.5 * params.speed_clock + 0.10 * frame.all.w;
    var light = vec3f(0.0);
    for (var k = 0; k < LAYERS; k++) {
        let z = fract(fall + f32(k) / f32(LAYERS));
        // A star layer that passed the eye comes back far away as another one.
        let lap = floor(fall + f32(k) / f32(LAYERS));
        let far = 1.25 - z;
        let turned = rotation(0.05 * params.roll_clock + 0.03 * f32(k) + 0.02 * z * frame.bass.x) * p;
        let q = turned * far * params.density + vec2f(lap * 17.3 + f32(k) * 5.1, lap * 9.7);
        let cell = vec2i(floor(q));
        let lot = random2_cell(cell);
        let off = fract(q) - 0.25 - 0.5 * lot;
        let own = random_cell(cell + vec2i(71, 29));
        // Stretched along the fall the faster it goes.
        let way = turned / max(length(turned), 0.05);
        let along = dot(off, way) / (1.0 + 3.5 * frame.all.x * z * length(p));
        let across = dot(off, vec2f(-way.y, way.x));
        let size = 0.022 + 0.045 * own * own;
        let shape = exp(-(along * along + across * across) / (size * size));
        let rung = step(0.8, random_cell(cell + vec2i(i32(frame.hat.x) * 11, 3)));
        let fade = smoothstep(0.0, 0.25, z) * smoothstep(1.0, 0.8, z);
        let shine = step(0.35, own) * (0.25 + 0.9 * own * own + 0.9 * kick + 3.0 * rung * pulse(frame.hat, 0.1));
        light += mix(palette(0.95), hue(0.2 + own + 0.02 * frame.mid.w), 0.65) * shape * shine * fade * (0.35 + 0.9 * z);
    }
    // Dust lanes, lit by the bass from behind.
    let swirl = rotation(0.04 * params.roll_clock + 0.10 / (0.25 + r)) * p;
    let cloud = fbm2(swirl * 2.2 + vec2f(0.15 * fall, 7.0), 3);
    let lane = smoothstep(0.45, 0.85, cloud);
    light += palette(0.22 + 0.4 * cloud) * lane * params.dust * (0.05 + 0.28 * frame.bass.x * frame.bass.x + 0.45 * kick) * vignette(p, 1.6);
    // The heart of the well stays black, with a burning rim.
    let hole = 0.10 + 0.02 * frame.bass.x;
    light *= smoothstep(hole * 0.8, hole * 1.5, r);
    let rim = glow_tight(r - hole * 1.25, 0.012 + 0.02 * kick);
    light += palette(0.85) * rim * (0.25 + 0.5 * frame.bass.x + 1.8 * kick) + palette(0.6) * glow(max(r - hole, 0.0), 0.05) * step(hole, r) * (0.04 + 0.4 * kick);
    light += palette(0.7) * lens * (0.02 + 0.20 * cloud * cloud);
    light += palette(0.9) * glow_tight(p.y + 0.2 * p.x, 0.006) * glow(r, 0.35) * pulse(frame.snare, 0.12) * 0.8;
    return vec4f(light * note_light(), 1.0);
}
