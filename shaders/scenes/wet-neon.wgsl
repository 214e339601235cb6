/*---
name = "Wet Neon"
description = "The lights of a city through a window in the rain. Drops bend the lights; a kick lights a district, hats are passing cars, bass makes the rain run."
author = "Jamlight"
tags = ["bokeh", "city", "rain", "night", "calm"]

[[param]]
name = "rain"
label = "Rain"
min = 0.0
max = 1.0
default = 0.6

[[param]]
name = "blur"
label = "Size of the lights"
min = 0.4
max = 1.6
default = 1.0

[[param]]
name = "traffic"
label = "Traffic"
min = 0.0
max = 2.0
default = 0.7
clock = true

[[param]]
name = "glass"
label = "Refraction"
min = 0.0
max = 1.0
default = 0.7

# The city is out of focus: it has no detail that more pixels would show.
[[buffer]]
name = "behind"
scale = 0.6

[[pass]]
image = "city_pass"
target = "behind"

[[pass]]
image = "image"
---*/

// The city is drawn wider than the window, for drops look around its edges.
const WIDER: f32 = 1.2;

// A lamp out of focus: a disc of six soft sides with a bright rim, as a lens shows it.
fn disc(q: vec2f, r: f32) -> f32 {
    let d = mix(length(q), sd_polygon(q, 6.0, 0.0), 0.35);
    let body = smoothstep(r, r * 0.86, d);
    return body * (0.55 + 0.45 * smoothstep(0.45 * r, r * 0.95, d));
}

// The city behind the glass.
fn city(p: vec2f) -> vec3f {
    var light = vec3f(0.0);
    let kick = pulse(frame.kick, 0.20);
    // Houses: five depths of lamps on slow parallax, each lamp with a tone of its own.
    for (var k = 0; k < 5; k++) {
        let z = f32(k);
        let grid = mix(1.35, 3.6, z / 4.0);
        let shift = vec2f(0.020 * frame.time.x * (1.0 - 0.15 * z) + 7.3 * z, 3.1 * z) + 0.05 * drift2(frame.time.x * 0.4 + z);
        let q = p * grid + shift * grid;
        let c = vec2i(floor(q));
        let lot = random2_cell(c + vec2i(k * 37, 11));
        let own = random_cell(c + vec2i(5, k * 53));
        // Lamps stand under the skyline, which rises and falls.
        let world_y = (f32(c.y) + 0.5) / grid - shift.y;
        let skyline = 0.30 + 0.35 * noise2(vec2f(f32(c.x) * 0.35 + z * 9.0, z));
        let here = smoothstep(skyline + 0.1, skyline - 0.1, world_y) * smoothstep(-0.75, -0.35, world_y);
        let exists = step(0.42, own);
        let size = (0.20 + 0.16 * lot.x) * params.blur * mix(1.0, 0.75, z / 4.0);
        let off = fract(q) - 0.5 - (lot - 0.5) * max(1.0 - 2.0 * size, 0.0);
        let heard = spectrum(0.05 + 0.8 * lot.y);
        let district = glow_tight(world_y * 0.8 + (f32(c.x) / grid - shift.x) * 0.6 - 1.2 * drift(frame.kick.x * 1.9, 2.0), 0.55);
        let slow = 0.55 + 0.45 * sin(frame.time.x * (0.2 + 0.3 * lot.x) + own * 40.0);
        let strength = 0.20 * slow + 1.7 * heard * heard * heard + 1.6 * kick * district;
        light += hue(0.10 + 0.95 * own + 0.15 * lot.x) * disc(off, size) * exists * here * strength * (0.9 - 0.1 * z);
    }
    // The street: cars come towards us on the left and go on the right.
    for (var k = 0; k < 6; k++) {
        let lane = f32(k);
        let own = random(u32(k) * 13u + 3u);
        let lap = params.traffic_clock * (0.10 + 0.05 * own) + own * 7.0 + 0.02 * frame.all.w;
        let coming = select(-1.0, 1.0, (k & 1) == 0);
        let way = select(fract(lap), 1.0 - fract(lap), (k & 1) == 1);
        let near = way * way;
        let at = vec2f(-coming * (0.06 + (0.55 + 0.25 * floor(lane / 2.0)) * near) + 0.15, -0.38 - 0.55 * near);
        let size = (0.022 + 0.055 * near) * params.blur;
        let apart = 1.35 * size;
        let q = p - at;
        let lamp = disc(vec2f(abs(q.x) - apart, q.y), size);
        // Wet asphalt draws the lamps out downwards.
        let below = q.y + 2.2 * size;
        let streak = glow_tight(abs(q.x) - apart, 0.8 * size) * exp(-abs(below) / (3.0 * size)) * step(q.y, -0.6 * size);
        let mirror_at = streak * (0.25 + 0.35 * noise2(vec2f(p.x * 9.0, p.y * 55.0 + 0.5 * frame.time.x)));
        let c = select(palette(0.55), mix(palette(0.95), palette(0.8), 0.3), coming > 0.0);
        let rung = step(0.4, random(u32(k) + u32(frame.hat.x) * 31u));
        light += c * (lamp + mirror_at) * (0.16 + 0.5 * near) * smoothstep(0.0, 0.1, way) * smoothstep(1.0, 0.9, way) * (0.5 + 2.2 * rung * pulse(frame.hat, 0.12));
    }
    // Wet asphalt under it, sky above.
    let road = smoothstep(-0.33, -0.5, p.y);
    light += palette(0.4) * road * (0.010 + 0.05 * frame.bass.x * frame.bass.x) * noise2(vec2f(p.x * 7.0, p.y * 30.0));
    light += palette(0.28) * glow(p.y - 0.05, 0.35) * (0.010 + 0.035 * frame.all.x + 0.06 * kick);
    return light;
}

fn city_pass(p: Pixel) -> vec4f {
    return vec4f(city(p.pos * WIDER), 1.0);
}

// How drops on the glass bend what is behind: x, y where they send the eye, z how much drop there is.
fn drops(p: vec2f, grid: f32, fall: f32, lane: i32) -> vec3f {
    let q = vec2f(p.x * grid, p.y * grid * 0.45 + fall);
    let c = vec2i(floor(q));
    let column = random_cell(vec2i(c.x, lane));
    let slid = vec2f(q.x, q.y + column * 9.0);
    let cell = vec2i(floor(slid));
    let lot = random2_cell(cell + vec2i(lane * 7, 3));
    let f = fract(slid) - vec2f(0.5 + 0.24 * sin(slid.y * 2.0 + lot.x * 9.0), 0.28 + 0.2 * lot.y);
    let size = 0.13 + 0.12 * lot.x;
    let here = step(random_cell(cell + vec2i(1, lane)), params.rain * 0.8);
    let away = f * vec2f(1.0, 2.2);
    let r = length(away);
    let body = smoothstep(size, size * 0.72, r) * here;
    // Behind a running drop the glass stays wet for a while.
    let trail = smoothstep(size * 0.55, 0.0, abs(f.x)) * smoothstep(0.0, 0.1, f.y) * smoothstep(0.7, 0.1, f.y) * here * 0.5;
    let bend = away / size * body;
    return vec3f(bend, max(body, trail * 0.6));
}

fn image(p: Pixel) -> vec4f {
    let run = 0.05 * frame.time.x + 0.10 * frame.bass.w;
    let large = drops(p.pos, 2.6, run, 3);
    let small = drops(p.pos + 3.7, 6.5, run * 0.4, 11);
    // Beads that do not move.
    let still = drops(p.pos + 9.1, 15.0, 0.0, 29);
    let bend = large.xy * 0.75 + small.xy * 0.55 + still.xy * 0.30;
    let wet = max(large.z, max(small.z, 0.7 * still.z));
    let at = p.pos * 0.92 + 0.05 * drift2(frame.time.x * 0.3) - bend * params.glass;
    let uv = vec2f(at.x, -at.y) / WIDER * min(frame.size.x, frame.size.y) * frame.size.zw * 0.5 + 0.5;
    var light = look(behind, uv).rgb;
    let kick = pulse(frame.kick, 0.16);
    // Drops have a bright lip below and a dark edge; the dry glass is fogged a little.
    let rim = smoothstep(0.55, 1.0, length(bend) * 1.4);
    light *= mix(0.90, 1.7 + 0.5 * kick, wet) * (1.0 - 0.65 * rim * wet);
    light += palette(0.75) * wet * smoothstep(0.3, 0.95, -bend.y * 1.4) * (0.05 + 0.16 * frame.all.x + 0.25 * pulse(frame.snare, 0.14));
    light *= 1.0 + 0.35 * kick;
    light += palette(0.2) * 0.004;
    return vec4f(light * vignette(p.pos, 0.25) * note_light(), 1.0);
}
