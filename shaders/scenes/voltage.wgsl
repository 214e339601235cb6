/*---
name = "Voltage"
description = "A phosphor scope that plots the sound against its own past: tones draw loops, noise draws clouds, a kick throws the beam."
author = "Jamlight"
tags = ["oscilloscope", "line", "glow", "minimal"]

[[param]]
name = "gain"
label = "Gain"
min = 0.2
max = 3.0
default = 1.2

[[param]]
name = "delay"
label = "Figure"
min = 0.0
max = 1.0
default = 0.35

[[param]]
name = "persistence"
label = "Persistence"
min = 0.0
max = 1.0
default = 0.55

[[param]]
name = "turn"
label = "Rotation"
min = -1.0
max = 1.0
default = 0.15
clock = true

[[buffer]]
name = "phosphor"
scale = 0.6
persistent = true

[[pass]]
image = "decay"
target = "phosphor"

[[pass]]
vertex = "beam_vertex"
fragment = "beam_fragment"
vertices = 6
instances = 1020
blend = "add"
target = "phosphor"

[[pass]]
image = "image"
---*/

// Points of the figure; two beams share the instances.
const POINTS: u32 = 510u;

// The beam at point `i` of 0-POINTS: the sound against itself, a little later.
fn beam(i: f32, second: bool) -> vec2f {
    let t = 0.06 + 0.80 * i / f32(POINTS);
    let lag = mix(0.004, 0.11, params.delay * params.delay) * (1.0 + 0.25 * drift(frame.time.x, 4.0));
    // Loud music fills the screen without leaving it, quiet music is still seen.
    let level = params.gain * 3.2 / (0.5 + frame.all.x);
    let now = waveform(t);
    let then = waveform(t + lag);
    let soft = vec2f(now, then) * level / (1.0 + 0.6 * abs(vec2f(now, then)) * level);
    // Even silence draws: a slow loop that the sound bends.
    let a = 6.2831853 * (i / f32(POINTS));
    let rest = vec2f(cos(a + frame.time.x * 0.21), sin(2.0 * a + 0.7 * drift(frame.time.x, 1.0))) * (0.42 + 0.16 * frame.bass.x);
    var p = rest + soft * 0.9;
    if second {
        p = vec2f(-p.y, p.x) * (0.55 + 0.2 * frame.mid.x);
    }
    p *= 1.0 + 0.30 * pulse(frame.kick, 0.14);
    return rotation(0.05 * params.turn_clock + 0.02 * frame.bass.w) * p;
}

struct Stroke {
    @builtin(position) place: vec4f,
    @location(0) across: f32,
    @location(1) light: vec3f,
}

@vertex
fn beam_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) n: u32) -> Stroke {
    let second = n >= POINTS;
    let i = f32(n % POINTS);
    let a = beam(i, second);
    let b = beam(i + 1.0, second);
    let way = b - a;
    let len = length(way);
    let along = select(vec2f(1.0, 0.0), way / max(len, 1e-5), len > 1e-5);
    let side = vec2f(-along.y, along.x);
    let end = select(0.0, 1.0, corner == 1u || corner == 2u || corner == 4u);
    let edge = select(-1.0, 1.0, corner == 2u || corner == 4u || corner == 5u);
    let width = 0.016 + 0.010 * pulse(frame.kick, 0.1);
    let at = mix(a - along * 0.004, b + along * 0.004, end) + side * edge * width;
    // A fast beam is thin light, a slow one burns in: charge per length is constant.
    let dwell = 0.010 / (0.006 + len);
    let strobe = 1.0 + 2.5 * pulse(frame.hat, 0.06) * step(0.80, random(n + u32(frame.hat.x) * 613u));
    let ends = smoothstep(0.0, 30.0, i) * smoothstep(f32(POINTS), f32(POINTS) - 30.0, i);
    let tone = select(palette(0.88), hue(0.35 + 0.05 * frame.mid.w), second);
    let power = (0.07 + 0.30 * frame.all.x + 0.9 * pulse(frame.kick, 0.09) + 0.35 * pulse(frame.snare, 0.08)) * select(1.0, 0.7, second);
    let clip = at * min(frame.size.x, frame.size.y) * frame.size.zw;
    return Stroke(vec4f(clip, 0.0, 1.0), edge, tone * min(dwell, 1.2) * strobe * ends * power);
}

@fragment
fn beam_fragment(s: Stroke) -> @location(0) vec4f {
    return vec4f(s.light * exp(-7.0 * s.across * s.across), 0.0);
}

fn decay(p: Pixel) -> vec4f {
    let dt = frame.time.y;
    // The afterglow sinks back into the tube.
    let was = (p.uv - 0.5) * (1.0 + dt * (0.10 + 0.5 * frame.bass.x)) + 0.5;
    let kept = look(phosphor, was).rgb;
    return vec4f(kept * exp(-dt * mix(16.0, 2.2, params.persistence)), 1.0);
}

fn image(p: Pixel) -> vec4f {
    let beam_light = look(phosphor, p.uv).rgb;
    // The graticule is only seen when something moves.
    let grid = abs(fract(p.pos * 4.0) - 0.5);
    let lines = glow_tight(min(0.5 - grid.x, 0.5 - grid.y), 0.012) * 0.018 * (0.4 + frame.all.x);
    let tube = vignette(p.pos, 0.8);
    return vec4f(((beam_light * 1.6 + palette(0.45) * lines) * tube) * note_light(), 1.0);
}
