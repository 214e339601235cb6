/*---
name = "Over Under"
description = "An endless braid of tubes on a grid of tiles. Light runs along the tubes on each kick, a snare turns tiles and ties new knots, hats spark at the crossings."
author = "Jamlight"
tags = ["truchet", "weave", "geometric", "pattern", "lines"]

[[param]]
name = "tiles"
label = "Tiles"
min = 2.0
max = 8.0
default = 3.6

[[param]]
name = "width"
label = "Tube width"
min = 0.04
max = 0.2
default = 0.11

[[param]]
name = "speed"
label = "Speed"
min = 0.0
max = 3.0
default = 1.0
clock = true

[[param]]
name = "turns"
label = "Turns of a snare"
min = 0.0
max = 1.0
default = 0.35
---*/

struct Tube {
    light: vec3f,
    cover: f32,
}

// How a tile stands after so many snares: 0 or 1, eased while it turns.
fn turned(c: vec2i) -> f32 {
    let now = frame.snare.x;
    let mine = hash_cell(c + vec2i(91, 7));
    // It has turned as often as it was chosen in its last 12 lots.
    var quarter = f32(mine & 3u);
    var last = 0.0;
    for (var k = 0; k < 12; k++) {
        let n = now - f32(k);
        let chosen = step(unit_from_hash(hash_cell(c * 3 + vec2i(i32(n) * 17, i32(n) * 5))), params.turns * 0.6) * step(0.5, n);
        if k == 0 {
            last = chosen;
        }
        quarter += chosen;
    }
    let left = 1.0 - min(frame.snare.y * 2.6, 1.0);
    let ease = 1.0 - left * left * left;
    return (quarter - last * (1.0 - ease)) * 0.25;
}

// One arc of a tile: a tube about a corner, in the tile's own turned frame.
fn tube(q: vec2f, corner: vec2f, angle: f32, along: f32, world: vec2f, lot: f32) -> Tube {
    let from_corner = q - corner;
    let r = length(from_corner);
    let d = r - 0.5;
    let w = params.width;
    let x = d / w;
    let inside = smoothstep(1.04, 0.94, abs(x));
    // A glass tube: dark wall, gas that shines in its middle.
    let wall = sqrt(max(1.0 - x * x, 0.0));
    let lamp = clamp(0.5 + 0.5 * dot(rotation(angle) * normalize(from_corner * sign(x) + vec2f(1e-4)), vec2f(0.6, 0.8)), 0.0, 1.0);
    // Light goes round a place that wanders, outwards from where the kick fell.
    let struck = 0.5 * drift2(frame.kick.x * 2.7);
    let front = length(world - struck) - 2.8 * frame.kick.y;
    let run = glow_tight(front, 0.14 + 0.5 * frame.kick.y) * frame.kick.z * exp(-frame.kick.y * 3.0);
    let dash = 0.5 + 0.5 * sin(TAU * (along + params.speed_clock * 0.5));
    let heard = spectrum(0.05 + 0.75 * lot);
    let h2 = heard * heard;
    let core = exp(-x * x * 7.0);
    let c = hue(0.15 + 0.8 * lot + 0.02 * frame.mid.w);
    var light = c * (core * (0.10 + 1.9 * h2 * (0.35 + 0.65 * dash * dash) + 0.5 * pulse(frame.kick, 0.12)) + 0.06 * wall * (0.4 + frame.all.x));
    light += palette(0.9) * (run * (1.6 * core + 0.25 * wall));
    light += palette(0.75) * pow(lamp, 6.0) * wall * (1.0 - core) * (0.03 + 0.10 * frame.mid.x);
    return Tube(light, inside);
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.14);
    let world = p.pos * (1.0 - 0.02 * kick);
    let plane = rotation(0.02 * drift(frame.time.x * 0.5, 2.0) + 0.03) * world + 0.35 * drift2(frame.time.x * 0.22);
    let g = plane * params.tiles * 0.5 + vec2f(0.06 * params.speed_clock, 100.0);
    let c = vec2i(floor(g));
    let angle = turned(c);
    // A tile that turns draws itself in, so that its corners stay in its square.
    let shrink = 1.0 + 0.4142 * abs(sin(2.0 * TAU * angle));
    let q = rotation(-angle) * (fract(g) - 0.5) * shrink + 0.5;
    let whole = select(0.0, 1.0, all(abs(q - 0.5) <= vec2f(0.5)));
    let lot = random2_cell(c + vec2i(5, 23));
    // Colour and tone flow over the plane, so that strands stay whole where tiles meet.
    let lane = smoothstep(0.2, 0.8, noise2(g * 0.55 + 3.0));
    let cross_lane = smoothstep(0.2, 0.8, noise2(g * 0.55 + 41.0));
    let first = tube(q, vec2f(0.0), angle, atan2(q.y, q.x) / PI * 2.0, world, lane);
    let second = tube(q, vec2f(1.0), angle, atan2(1.0 - q.y, 1.0 - q.x) / PI * 2.0, world, lane);
    // Straight ones cross beneath: two tubes from side to side, the braid's other strands.
    let across = tube(q, vec2f(q.x, 0.0), angle, q.x, world, lane);
    let down = tube(q, vec2f(0.0, q.y), angle, q.y, world, cross_lane);
    let crossing = step(0.55, lot.x);
    var light = palette(0.15) * 0.012 * (0.5 + frame.bass.x);
    // From the lowest to the topmost; each casts a shadow on those beneath.
    let order = step(0.5, lot.y);
    var low = across;
    var high = down;
    if order > 0.5 {
        low = down;
        high = across;
    }
    if crossing > 0.5 {
        light = mix(light, low.light, low.cover);
        let r = select(abs(q.x - 0.5), abs(q.y - 0.5), order > 0.5);
        light *= mix(0.25, 1.0, smoothstep(params.width, params.width * 2.1, r));
        light = mix(light, high.light, high.cover);
    } else {
        light = mix(light, first.light, first.cover);
        light = mix(light, second.light, second.cover);
    }
    light *= whole;
    // Hats: sparks in the middle of tiles.
    let rung = step(0.8, random_cell(c + vec2i(i32(frame.hat.x) * 19, 2)));
    light += palette(0.97) * rung * pulse(frame.hat, 0.10) * glow(length(fract(g) - 0.5), 0.035) * 1.4;
    light += palette(0.5) * pulse(frame.snare, 0.12) * 0.05 * (first.cover + second.cover);
    return vec4f(light * vignette(p.pos, 0.35) * note_light(), 1.0);
}
