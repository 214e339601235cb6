/*---
name = "Rule Loom"
description = "A loom that weaves by a rule of eight cases: each row follows from the one before. The beat throws the shuttle, kicks tear threads, the tones light their strands."
author = "Jamlight"
tags = ["cellular-automaton", "compute", "pattern", "textile", "beat"]

[[param]]
name = "rule"
label = "Rule"
type = "choice"
options = ["Walk through all", "30 chaos", "90 triangles", "110 machine", "150 fans", "54 chains", "60 stairs"]
default = 0

[[param]]
name = "rows"
label = "Rows per second"
min = 2.0
max = 24.0
default = 9.0
clock = true

[[param]]
name = "threads"
label = "Threads across"
min = 24.0
max = 120.0
default = 56.0

[[param]]
name = "drape"
label = "Drape"
min = 0.0
max = 1.0
default = 0.55

[[storage]]
name = "cloth"
type = "u32"
count = 32768

[[storage]]
name = "loom"
type = "vec4f"
count = 1

[[pass]]
compute = "weave"
groups = [1, 1, 1]

[[pass]]
image = "image"
---*/

const WIDE: i32 = 128;
const ROWS: i32 = 256;

fn place(row: i32, x: i32) -> i32 {
    return ((row % ROWS + ROWS) % ROWS) * WIDE + ((x % WIDE) + WIDE) % WIDE;
}

fn rule_now() -> u32 {
    var chosen = i32(params.rule);
    if chosen == 0 {
        // A new rule every four bars.
        chosen = 1 + i32(hash_u32(u32(floor(frame.beat.x / 16.0)) + u32(frame.time.w * 4096.0)) % 6u);
    }
    let rules = array<u32, 7>(30u, 30u, 90u, 110u, 150u, 54u, 60u);
    return rules[clamp(chosen, 0, 6)];
}

// One group weaves: rows follow from one another, threads go side by side.
@compute @workgroup_size(128)
fn weave(@builtin(local_invocation_index) i: u32) {
    let x = i32(i);
    let now = i32(floor(params.rows_clock));
    let was = select(i32(loom[0].x), now - ROWS / 3, frame.time.z < 0.5);
    storageBarrier();
    let rule = rule_now();
    let struck = frame.kick.z * step(frame.kick.y, frame.time.y * 1.5);
    let rung = frame.snare.z * step(frame.snare.y, frame.time.y * 1.5);
    for (var k = 0; k < ROWS / 2; k++) {
        let row = was + 1 + k;
        if row > now {
            break;
        }
        let before = row - 1;
        let a = cloth[place(before, x - 1)] & 1u;
        let b = cloth[place(before, x)] & 1u;
        let c = cloth[place(before, x + 1)] & 1u;
        var next = (rule >> (a * 4u + b * 2u + c)) & 1u;
        if frame.time.z < 0.5 && k == 0 {
            next = select(0u, 1u, random(i * 17u + u32(frame.time.w * 9999.0)) < 0.35);
        }
        // A kick tears a few threads; a snare knots one in the middle of nothing.
        if struck > 0.0 && random(u32(row) * 131u + i) < 0.10 * struck {
            next = 1u - next;
        }
        if rung > 0.0 && x == i32(hash_u32(u32(frame.snare.x)) % u32(WIDE)) {
            next = 1u;
        }
        // No cloth stays blank: a lonely knot now and then.
        if random(u32(row) * 977u + 3u) < 0.10 && x == i32(hash_u32(u32(row)) % u32(WIDE)) {
            next = 1u;
        }
        let heard = u32(clamp(spectrum(0.04 + 0.8 * abs(f32(x) / f32(WIDE) * 2.0 - 1.0)), 0.0, 1.0) * 255.0);
        let lit = u32(clamp(pulse(frame.kick, 0.2), 0.0, 1.0) * 255.0);
        cloth[place(row, x)] = next | (heard << 8u) | (lit << 16u);
        storageBarrier();
    }
    if i == 0u {
        loom[0] = vec4f(f32(now), 0.0, 0.0, 0.0);
    }
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.14);
    // The cloth hangs and sways in large folds.
    let t = frame.time.x * 0.35;
    let fold_at = p.pos.x * 2.1 + 0.5 * sin(p.pos.y * 1.3 + t) + 0.6 * drift(frame.time.x * 0.5, 1.0);
    let fold = params.drape * (sin(fold_at * 1.7 + t) + 0.5 * sin(fold_at * 4.3 - 1.3 * t + 0.8 * p.pos.y));
    let slope = params.drape * (1.7 * cos(fold_at * 1.7 + t) + 2.15 * cos(fold_at * 4.3 - 1.3 * t + 0.8 * p.pos.y));
    let swing = vec2f(p.pos.x + 0.045 * fold, p.pos.y + 0.03 * fold + 0.02 * frame.bass.x * fold);
    let q = swing * params.threads * 0.28;
    let part = fract(params.rows_clock);
    let top = frame.size.y / min(frame.size.x, frame.size.y) * params.threads * 0.28;
    let newest = i32(floor(params.rows_clock));
    let down = top - q.y + part - 1.0;
    let row = newest - i32(floor(down));
    let x = i32(floor(q.x)) + WIDE / 2;
    let inside = vec2f(fract(q.x), 1.0 - fract(down));
    let word = cloth_ro[place(row, x)];
    let up = (word & 1u) == 1u;
    let heard = f32((word >> 8u) & 255u) / 255.0;
    let lit = f32((word >> 16u) & 255u) / 255.0;
    let age = f32(newest - row);
    // Warp or weft on top: a rounded thread along one of the axes.
    let across = select(inside.y, inside.x, up) - 0.5;
    let along = select(inside.x, inside.y, up) - 0.5;
    let round = sqrt(max(1.0 - 4.4 * across * across, 0.0));
    let bow = 1.0 - 1.3 * along * along;
    let twist = 0.75 + 0.25 * sin((along + across * 1.5) * 19.0);
    let thread = round * bow * twist;
    let lamp = 0.55 + 0.45 * clamp(0.35 * slope + 0.5 * fold, -1.0, 1.2);
    let tone_now = spectrum(0.04 + 0.8 * abs(f32(((x % WIDE) + WIDE) % WIDE) / f32(WIDE) * 2.0 - 1.0));
    let fresh = exp(-age * 0.06);
    var light = palette(0.16) * thread * lamp * 0.09;
    if up {
        let h = 0.35 * heard + 0.65 * tone_now;
        let c = palette(clamp(0.34 + 0.5 * heard + 0.22 * fresh, 0.0, 1.0));
        light = c * thread * lamp * (0.12 + 1.1 * h * h + 0.75 * kick * (0.25 + tone_now) + 0.6 * lit * fresh + 0.35 * fresh);
        // Sequins that hats touch.
        let rung = step(0.93, random_cell(vec2i(x, row) + vec2i(i32(frame.hat.x) * 7, 3)));
        light += palette(0.97) * rung * pulse(frame.hat, 0.11) * 1.6 * round * bow * bow;
    }
    // The shuttle: a line of light where the newest row is thrown, with the beat.
    let shuttle = glow_tight(down - 0.2, 1.1) * beat_swing() * (0.2 + frame.all.x);
    light += palette(0.85) * shuttle * glow(p.pos.x - (fract(frame.beat.x * 0.5) * 4.0 - 2.0), 0.6) * 0.9;
    light += palette(0.5) * pulse(frame.snare, 0.12) * thread * 0.10;
    light *= 0.35 + 0.65 * smoothstep(-1.6, 0.9, slope + 0.6);
    return vec4f(light * vignette(p.pos, 0.35) * note_light(), 1.0);
}
