/*---
name = "Leaded"
description = "A window of glass cells; each pane listens to its own tone. Kicks run through the lead as light, hats ring single panes."
author = "Jamlight"
tags = ["voronoi", "glass", "spectrum", "geometric"]

[[param]]
name = "panes"
label = "Panes"
min = 2.0
max = 9.0
default = 4.2

[[param]]
name = "lead"
label = "Lead"
min = 0.2
max = 2.0
default = 0.8

[[param]]
name = "drift"
label = "Drift"
min = 0.0
max = 2.0
default = 0.6
clock = true
---*/

struct Pane {
    cell: vec2i,
    // From the pixel to the pane's heart.
    heart: vec2f,
    // To the nearest edge.
    edge: f32,
}

fn seed_of(cell: vec2i) -> vec2f {
    let lot = random2_cell(cell);
    let t = 0.35 * params.drift_clock + 6.2831853 * lot.x;
    return 0.5 + 0.36 * vec2f(sin(t + lot.y * 5.0), cos(t * 0.83 + lot.x * 9.0));
}

// The nearest seed of nine cells, then the distance to the bisector with its neighbours
// (the second loop).
fn pane_at(q: vec2f) -> Pane {
    let base = vec2i(floor(q));
    let f = fract(q);
    var best = 9.0;
    var to_best = vec2f(0.0);
    var cell = vec2i(0);
    var away: array<vec2f, 9>;
    for (var k = 0; k < 9; k++) {
        let side = vec2i(k % 3 - 1, k / 3 - 1);
        let to = vec2f(side) + seed_of(base + side) - f;
        away[k] = to;
        let d = dot(to, to);
        if d < best {
            best = d;
            to_best = to;
            cell = base + side;
        }
    }
    var edge = 9.0;
    for (var k = 0; k < 9; k++) {
        let between = away[k] - to_best;
        let apart = dot(between, between);
        if apart > 1e-5 {
            edge = min(edge, dot(0.5 * (away[k] + to_best), between * inverseSqrt(apart)));
        }
    }
    return Pane(cell, to_best, edge);
}

fn image(p: Pixel) -> vec4f {
    let sway = 0.25 * drift2(frame.time.x * 0.5);
    let bulge = 1.0 + 0.10 * frame.bass.x - 0.10 * dot(p.pos, p.pos);
    let q = (p.pos * bulge + sway) * params.panes * 0.62 + vec2f(17.0, 31.0);
    let pane = pane_at(q);
    let lot = random2_cell(pane.cell);
    // Each pane has a tone of its own; low tones are the warm, large ones.
    let heard = spectrum(0.05 + 0.75 * lot.x);
    let heard_slow = spectrum_slow(0.05 + 0.75 * lot.x);
    let depth = smoothstep(0.0, 0.45, pane.edge);
    // Light stands behind the glass and comes through uneven.
    let ripple = noise2(q * 3.0 + lot * 40.0 + 0.1 * frame.time.x);
    // Only what is loud now shines: a fourth power leaves the rest of the window to the night.
    let struck_now = 0.45 + 1.8 * pulse(frame.kick, 0.15) * step(lot.x, 0.45) + 1.6 * pulse(frame.snare, 0.12) * step(0.45, lot.x);
    let h2 = heard * heard;
    let through = 1.3 * h2 * h2 * struck_now * (0.25 + 0.75 * ripple) * (1.0 - 0.75 * dot(pane.heart, pane.heart));
    var light = hue(0.15 + 0.75 * lot.x + 0.02 * frame.mid.w) * (through * 2.6 + 0.02 * heard_slow * heard_slow) * depth;

    // Hats ring single panes.
    let rung = step(0.84, random_cell(pane.cell + vec2i(i32(frame.hat.x) * 7, i32(frame.hat.x) * 3)));
    light += palette(0.9) * rung * pulse(frame.hat, 0.11) * (0.2 + 0.8 * depth * ripple) * 0.8;

    // A kick runs through the lead, from a pane that changes each time.
    let struck = 0.6 * drift2(frame.kick.x * 2.7);
    let front = length(p.pos - struck) - 3.2 * frame.kick.y;
    let run = glow_tight(front, 0.10 + 0.5 * frame.kick.y) * frame.kick.z * exp(-3.2 * frame.kick.y);
    let lead = glow(pane.edge, 0.012 * params.lead);
    let fine = glow_tight(pane.edge, 0.022 * params.lead);
    light *= 1.0 - 0.85 * fine;
    light += palette(0.72) * lead * (0.025 + 0.05 * frame.bass.x + 0.5 * pulse(frame.kick, 0.09));
    light += palette(1.0) * run * (1.7 * lead + 0.10 * depth);
    light += palette(0.8) * fine * pulse(frame.snare, 0.10) * 0.5;
    return vec4f(light * vignette(p.pos, 0.7) * note_light_by(2.0), 1.0);
}
