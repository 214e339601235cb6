/*---
name = "Black Satin"
description = "Dark cloth that breathes: folds wander, and light lies along them. A kick runs through the cloth as a wave, hats are sequins, the tones shine in their own folds."
author = "Jamlight"
tags = ["cloth", "relief", "flow", "elegant", "calm"]

[[param]]
name = "folds"
label = "Folds"
min = 0.4
max = 3.0
default = 1.2

[[param]]
name = "flow"
label = "Flow"
min = 0.0
max = 2.0
default = 0.6
clock = true

[[param]]
name = "gloss"
label = "Gloss"
min = 0.0
max = 1.0
default = 0.6

[[param]]
name = "depth"
label = "Depth"
min = 0.2
max = 2.0
default = 1.0
---*/

// Height of the cloth: folds over folds, each pushed aside by the larger ones.
fn cloth(p: vec2f) -> f32 {
    let t = 0.22 * params.flow_clock + 0.16 * frame.bass.w;
    let q = rotation(0.04 * drift(frame.time.x * 0.3, 2.0)) * p * params.folds;
    let pushed = vec2f(
        sin(q.y * 0.9 + t * 1.1) + 0.6 * sin(q.x * 0.7 - q.y * 1.3 + t * 0.7),
        cos(q.x * 0.8 - t * 0.9) + 0.6 * cos(q.y * 1.1 + q.x * 0.5 + t * 0.8),
    );
    let r = q + 0.75 * pushed;
    let large = sin(r.x * 1.5 + 0.8 * r.y + t);
    let ridge = 1.0 - abs(sin(r.x * 1.1 - r.y * 1.6 + 0.5 * large - 0.6 * t));
    let small = sin(r.x * 4.1 + r.y * 2.3 + 2.2 * large + 1.3 * t);
    return 0.42 * large + 0.50 * ridge * ridge + 0.10 * small * (0.4 + 1.1 * frame.mid.x);
}

// The wave that a kick sends through it, from a place that changes.
fn wave(p: vec2f) -> f32 {
    let struck = vec2f(0.9, 0.6) * drift2(frame.kick.x * 2.3);
    let r = length(p - struck);
    let front = r - 2.6 * frame.kick.y;
    return frame.kick.z * exp(-front * front * 22.0) * exp(-frame.kick.y * 2.6) * 0.5;
}

fn image(p: Pixel) -> vec4f {
    let at = p.pos + 0.12 * drift2(frame.time.x * 0.35);
    let e = 0.012;
    let lift = wave(at);
    let h = cloth(at) + lift;
    let slope = vec2f(cloth(at + vec2f(e, 0.0)) + wave(at + vec2f(e, 0.0)), cloth(at + vec2f(0.0, e)) + wave(at + vec2f(0.0, e))) - h;
    let n = normalize(vec3f(-slope / e * 0.42 * params.depth, 1.0));
    // Satin shines along lines across its threads: two lamps, the half vector against the thread.
    let thread = normalize(vec3f(1.0, 0.25, 0.0) - n * dot(n, vec3f(1.0, 0.25, 0.0)));
    let eye = vec3f(0.0, 0.0, 1.0);
    let a = 0.5 * frame.time.x * 0.3 + 0.12 * frame.mid.w;
    let lamp = normalize(vec3f(0.8 * cos(a), 0.75 + 0.2 * sin(a * 0.7), 0.55));
    let other = normalize(vec3f(-0.9 * cos(a * 0.8 + 1.0), -0.45, 0.5));
    let across_1 = dot(thread, normalize(lamp + eye));
    let across_2 = dot(thread, normalize(other + eye));
    let hard = mix(12.0, 64.0, params.gloss);
    let line_1 = pow(max(1.0 - across_1 * across_1, 0.0), hard) * max(dot(n, lamp), 0.0);
    let line_2 = pow(max(1.0 - across_2 * across_2, 0.0), hard * 0.6) * max(dot(n, other), 0.0);
    let kick = pulse(frame.kick, 0.15);
    // Each height of the folds belongs to a tone.
    let tone_of = clamp(0.30 + 0.42 * h, 0.04, 0.92);
    let heard = spectrum(tone_of);
    let h2 = heard * heard;
    let weave = 0.86 + 0.14 * sin(p.px.x * 1.9) * sin(p.px.y * 1.9);
    var light = palette(0.22 + 0.2 * h) * max(dot(n, lamp), 0.0) * (0.016 + 0.05 * frame.all.x * frame.all.x);
    light += palette(clamp(0.52 + 0.30 * h, 0.0, 1.0)) * line_1 * (0.13 + 1.25 * h2 + 0.55 * kick) * weave;
    light += hue(0.2 + 0.35 * h + 0.02 * frame.mid.w) * line_2 * (0.06 + 0.65 * frame.bass.x * frame.bass.x + 0.55 * pulse(frame.snare, 0.14)) * weave;
    light += palette(0.78) * smoothstep(0.02, 0.45, lift) * (0.12 + 0.9 * line_1 + 0.5 * line_2);
    // Sequins: sewn on in a few places, each turned a little differently.
    let grid = at * 15.0 + 0.4 * n.xy;
    let c = vec2i(floor(grid));
    let lot = random2_cell(c);
    let sequin = length(fract(grid) - 0.25 - 0.5 * lot);
    let sewn = step(0.62, random_cell(c + vec2i(9, 4)));
    let rung = step(0.72, random_cell(c + vec2i(i32(frame.hat.x) * 13, 7)));
    let tilt = pow(max(dot(normalize(n + vec3f(lot - 0.5, 0.0) * 0.7), normalize(lamp + eye)), 0.0), 60.0);
    light += palette(0.97) * sewn * glow_tight(sequin, 0.075) * (tilt * 0.35 + 1.7 * rung * pulse(frame.hat, 0.10));
    return vec4f(light * vignette(p.pos, 0.3) * note_light(), 1.0);
}
