/*---
name = "Frost Bloom"
description = "An ice crystal grows on the window in the time of the music: kicks push its arms out, bass makes plates, hats glint. When it has filled the pane it melts from the heart."
author = "Jamlight"
tags = ["crystal", "compute", "simulation", "geometric", "slow"]

[[param]]
name = "growth"
label = "Growth"
min = 0.1
max = 2.0
default = 1.0

[[param]]
name = "vapour"
label = "Vapour"
min = 0.0
max = 1.0
default = 0.5

[[param]]
name = "relief"
label = "Relief"
min = 0.0
max = 2.0
default = 1.0

[[param]]
name = "turn"
label = "Turn"
min = -1.0
max = 1.0
default = 0.2
clock = true

[[storage]]
name = "ice"
type = "vec4f"
count = 36864

[[storage]]
name = "thawed"
type = "vec4f"
count = 36864

[[storage]]
name = "weather"
type = "vec4f"
count = 2

[[pass]]
compute = "forecast"
groups = [1, 1, 1]

[[pass]]
compute = "grow"
groups = [24, 24, 1]

[[pass]]
compute = "settle"
groups = [24, 24, 1]

[[pass]]
compute = "grow"
groups = [24, 24, 1]

[[pass]]
compute = "settle"
groups = [24, 24, 1]

[[pass]]
compute = "grow"
groups = [24, 24, 1]

[[pass]]
compute = "settle"
groups = [24, 24, 1]

[[pass]]
compute = "grow"
groups = [24, 24, 1]

[[pass]]
compute = "settle"
groups = [24, 24, 1]

[[pass]]
image = "image"
---*/

// Clifford Reiter's model of snow crystals (2005) on a hexagonal lattice. x: water, frozen where it is 1 or more;
// y: when it froze, or -1 beside the ice, z: how hard the music was just then, w: how much it has melted.
const SIDE: i32 = 192;

fn cell(c: vec2i) -> i32 {
    let inside = clamp(c, vec2i(0), vec2i(SIDE - 1));
    return inside.y * SIDE + inside.x;
}

// From the lattice (axial coordinates) to the plane, in cells from the middle.
fn plane(c: vec2f) -> vec2f {
    let q = c - 0.5 * f32(SIDE);
    return vec2f(q.x + 0.5 * q.y, 0.8660254 * q.y);
}

// weather[0]: x when this crystal began, y when it began to melt (or 0), z its number. weather[1].x: its reach in cells.
@compute @workgroup_size(64)
fn forecast(@builtin(local_invocation_index) i: u32) {
    if i > 0u {
        return;
    }
    var w = weather[0];
    let now = frame.time.x;
    var reach = 0.0;
    for (var k = 2; k < SIDE / 2; k++) {
        let c = cell(vec2i(SIDE / 2 + k, SIDE / 2));
        if ice[c].x >= 1.0 {
            reach = f32(k);
        }
    }
    let over = w.y > 0.0 && now - w.y > 5.0;
    if frame.time.z < 0.5 || over {
        w = vec4f(now, 0.0, w.z + 1.0, 1.0);
    } else {
        w.w = 0.0;
        if w.y <= 0.0 && reach > f32(SIDE) * 0.44 {
            w.y = now;
        }
    }
    weather[0] = w;
    weather[1] = vec4f(mix(weather[1].x, reach, 0.05), 0.0, 0.0, 0.0);
}

const AROUND: array<vec2i, 6> = array<vec2i, 6>(vec2i(1, 0), vec2i(0, 1), vec2i(-1, 1), vec2i(-1, 0), vec2i(0, -1), vec2i(1, -1));

@compute @workgroup_size(8, 8)
fn grow(@builtin(global_invocation_id) id: vec3u) {
    let c = vec2i(id.xy);
    let here = ice[cell(c)];
    let w = weather[0];
    let q = plane(vec2f(c));
    let r = length(q);
    if w.w > 0.5 {
        // A new pane: vapour everywhere, a grain of ice in the middle.
        thawed[cell(c)] = vec4f(select(0.34 + 0.12 * params.vapour, 1.0, r < 1.2), 0.0, 0.6, 0.0);
        return;
    }
    // Ice and its neighbours hold their water; only the rest spreads.
    let bound = here.x >= 1.0 || here.y < 0.0;
    let mine = select(here.x, 0.0, bound);
    var around = 0.0;
    for (var k = 0; k < 6; k++) {
        let n = ice[cell(c + AROUND[k])];
        around += select(n.x, 0.0, n.x >= 1.0 || n.y < 0.0);
    }
    let struck = pulse(frame.kick, 0.22);
    let pace = clamp(frame.time.y * 30.0 * params.growth * (0.35 + 0.55 * frame.all.x + 0.5 * struck), 0.0, 1.0);
    let spread = mine + 0.5 * pace * (around / 6.0 - mine);
    var next = vec4f(spread, 0.0, here.z, here.w);
    if bound {
        // Much water out of the air makes plates, little makes needles: bass and kicks decide.
        let gust = 1.0 + 0.6 * drift(frame.time.x * 1.7, w.z);
        next.x = here.x + spread + pace * gust * (0.0003 + params.vapour * (0.004 * frame.bass.x * frame.bass.x + 0.014 * struck));
        next.y = here.y;
    }
    if here.x < 1.0 && next.x >= 1.0 {
        next.y = frame.time.x;
        next.z = clamp(0.20 + 0.9 * struck + 0.4 * frame.bass.x, 0.0, 1.5);
    }
    let edge = f32(SIDE) * 0.5 - 2.0;
    if r > edge {
        next.x = min(next.x, 0.9);
    }
    // The thaw goes out from the heart.
    if w.y > 0.0 {
        let front = (frame.time.x - w.y) * f32(SIDE) * 0.125;
        next.w = mix(next.w, smoothstep(front + 3.0, front - 8.0, r), 0.2);
    }
    thawed[cell(c)] = next;
}

@compute @workgroup_size(8, 8)
fn settle(@builtin(global_invocation_id) id: vec3u) {
    let c = vec2i(id.xy);
    var here = thawed[cell(c)];
    if here.x < 1.0 {
        // Beside the ice: marked, so that the next step need not look two cells far.
        var beside = false;
        for (var k = 0; k < 6; k++) {
            beside = beside || thawed[cell(c + AROUND[k])].x >= 1.0;
        }
        here.y = select(0.0, -1.0, beside);
    }
    ice[cell(c)] = here;
}

// The lattice read smoothly: height of the ice, age, force, thaw.
fn ice_at(q: vec2f) -> vec4f {
    let c = vec2f(q.x - q.y * 0.57735027, q.y * 1.1547005) + 0.5 * f32(SIDE);
    let b = vec2i(floor(c));
    let f = c - floor(c);
    let i = ice_ro[cell(b)];
    let j = ice_ro[cell(b + vec2i(1, 0))];
    let k = ice_ro[cell(b + vec2i(0, 1))];
    let l = ice_ro[cell(b + vec2i(1, 1))];
    let height = vec4f(
        select(0.0, 0.55 + 0.45 * min(i.x - 1.0, 1.0), i.x >= 1.0),
        select(0.0, 0.55 + 0.45 * min(j.x - 1.0, 1.0), j.x >= 1.0),
        select(0.0, 0.55 + 0.45 * min(k.x - 1.0, 1.0), k.x >= 1.0),
        select(0.0, 0.55 + 0.45 * min(l.x - 1.0, 1.0), l.x >= 1.0));
    let h = mix(mix(height.x, height.y, f.x), mix(height.z, height.w, f.x), f.y);
    let rest = mix(mix(i.yzw, j.yzw, f.x), mix(k.yzw, l.yzw, f.x), f.y);
    return vec4f(h, rest);
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.15);
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    // The camera draws back as the crystal grows.
    let reach = clamp(weather_ro[1].x, 15.0, f32(SIDE) * 0.46);
    let zoom = reach * 1.22 / (1.0 + 0.02 * frame.bass.x + 0.02 * kick);
    let pos = rotation(0.02 * params.turn_clock + 0.02 * frame.time.w) * (p.pos - 0.05 * drift2(frame.time.x * 0.5));
    let q = pos * zoom;
    let here = ice_at(q);
    let e = max(0.8, zoom * 2.2 / min(frame.size.x, frame.size.y));
    let slope = vec2f(ice_at(q + vec2f(e, 0.0)).x, ice_at(q + vec2f(0.0, e)).x) - here.x;
    let solid = smoothstep(0.25, 0.55, here.x) * (1.0 - here.w);
    let normal = normalize(vec3f(-slope * 1.6 * params.relief, 0.55));
    let a = TAU * (0.03 * frame.time.x + 0.03 * frame.mid.w);
    let lamp = normalize(vec3f(cos(a), sin(a), 0.7));
    let lit = max(dot(normal, lamp), 0.0);
    let shine = pow(max(dot(reflect(-lamp, normal), vec3f(0.0, 0.0, 1.0)), 0.0), 20.0);
    // Rings of growth: what the music was when this ice was made.
    let age = frame.time.x - here.y;
    let tint = palette(clamp(0.26 + 0.42 * here.z + 0.12 * sin(here.y * 1.9), 0.0, 1.0));
    let fresh = exp(-age * 1.6);
    var light = tint * solid * (0.06 + 0.50 * lit * lit) * (0.35 + 0.8 * frame.all.x + 1.1 * kick * here.z);
    light += palette(0.92) * shine * solid * (0.12 + 0.35 * frame.mid_high.x + 0.6 * pulse(frame.snare, 0.12));
    light += palette(0.85) * solid * fresh * (0.35 + 1.6 * kick + 0.5 * frame.bass.x);
    // Hats: single facets catch the sun.
    let grid = q * 0.22;
    let facet = random_cell(vec2i(floor(grid)) + vec2i(i32(frame.hat.x) * 17, 3));
    let glint = length(fract(grid) - 0.3 - 0.4 * random2_cell(vec2i(floor(grid))));
    light += palette(1.0) * step(0.8, facet) * glow_tight(glint, 0.07) * solid * pulse(frame.hat, 0.10) * 2.6;
    // The pane: breath and the cold light behind it.
    let breath = fbm2(p.pos * 1.6 + vec2f(0.05 * frame.time.x, 3.0), 3);
    light += palette(0.25) * (1.0 - 0.7 * solid) * breath * breath * (0.02 + 0.10 * frame.bass.x + 0.10 * kick) * vignette(p.pos, 0.8);
    // Water left by the thaw runs as drops of light.
    light += palette(0.6) * here.w * smoothstep(0.3, 0.6, here.x) * exp(-abs(here.w - 0.4) * 9.0) * breath * 0.8;
    return vec4f(light * vignette(p.pos, 0.3) * note_light(), 1.0);
}
