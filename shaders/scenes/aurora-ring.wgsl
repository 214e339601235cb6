/*---
name = "Aurora Ring"
description = "The spectrum bent into a ring that sheds northern lights. Kicks send a wave outwards, hats strike sparks, bass swells the circle."
author = "Jamlight"
tags = ["spectrum", "ring", "feedback", "calm", "default"]

[[param]]
name = "radius"
label = "Ring size"
min = 0.25
max = 0.75
default = 0.46

[[param]]
name = "reach"
label = "Spectrum height"
min = 0.0
max = 0.4
default = 0.17

[[param]]
name = "curtains"
label = "Aurora length"
min = 0.0
max = 1.0
default = 0.6

[[param]]
name = "turn"
label = "Rotation"
min = -1.0
max = 1.0
default = 0.12
clock = true

[[param]]
name = "colour"
label = "Colour shift"
min = 0.0
max = 1.0
default = 0.0

[[buffer]]
name = "sky"
scale = 0.5
persistent = true

[[pass]]
image = "shed"
target = "sky"

[[pass]]
image = "image"
---*/

struct Ring {
    // Angle in turns from the bottom, mirrored left to right: 0-1.
    along: f32,
    // Radius of the ring at this angle.
    r: f32,
    // How loud this part of the spectrum is.
    heard: f32,
}

fn ring_at(p: vec2f) -> Ring {
    let a = polar(p.yx * vec2f(-1.0, 1.0)).x;
    let along = 1.0 - abs(a * 2.0 - 1.0);
    // Kept off both ends of the spectrum, where most music has nothing to show.
    let heard = spectrum(0.04 + 0.78 * along);
    let breath = noise2(vec2f(a * 6.0 + params.turn_clock, frame.time.x * 0.35)) - 0.5;
    // Fades the breath where the turn closes, so that no seam shows.
    let closed = smoothstep(0.0, 0.06, a) * smoothstep(1.0, 0.94, a);
    let swell = 0.07 * frame.bass.x + 0.05 * pulse(frame.kick, 0.18) + 0.02 * drift(frame.time.x, 1.0);
    return Ring(along, params.radius + swell + params.reach * heard * heard + 0.05 * breath * closed, heard);
}

fn tint(along: f32) -> f32 {
    return params.colour + 0.55 * along + 0.02 * frame.mid.w + 0.15 * drift(frame.time.x * 0.5, 2.0);
}

// The light the ring has shed, carried outwards like curtains in a wind.
fn shed(at: Pixel) -> vec4f {
    let dt = frame.time.y;
    let p = at.pos;
    let r = length(p);
    let wind = curl2(p * 1.7 + vec2f(0.0, frame.mid.w * 0.35)) * 0.10;
    let speed = 0.16 + 0.55 * frame.bass.x + 0.5 * pulse(frame.kick, 0.2);
    let out = p / max(r, 0.05) * smoothstep(0.02, 0.3, r);
    let was = p - dt * (out * speed + wind + vec2f(-p.y, p.x) * 0.5 * params.turn);
    let short_side = min(frame.size.x, frame.size.y);
    let uv = vec2f(was.x, -was.y) * short_side * frame.size.zw * 0.5 + 0.5;
    // A share and a little more goes each second: thin light ends, and the sky stays black.
    let kept = max(look(sky, uv).rgb * exp(-dt * mix(4.5, 0.85, params.curtains)) - 0.045 * dt, vec3f(0.0));

    let ring = ring_at(p);
    // Rays: fine strands along the ring that drift, so that the curtains have folds.
    let strand = noise2(vec2f(ring.along * 34.0 + frame.high.w * 0.7, frame.time.x * 0.6 + p.x));
    let fold = strand * strand * strand;
    let near = glow_tight(r - ring.r - 0.01, 0.02);
    let light = near * (0.10 + 1.5 * ring.heard * ring.heard + 0.8 * pulse(frame.kick, 0.1) + 0.4 * pulse(frame.snare, 0.09)) * (0.15 + 2.2 * fold);
    return vec4f(kept + hue(tint(ring.along)) * light * dt * 16.0, 1.0);
}

fn image(at: Pixel) -> vec4f {
    let p = at.pos;
    let r = length(p);
    let ring = ring_at(p);
    let kick = pulse(frame.kick, 0.16);
    let c = hue(tint(ring.along));

    // The ring itself: a hot core in a haze.
    let d = r - ring.r;
    let core = glow_tight(d, 0.006 + 0.006 * ring.heard) * (0.6 + 1.5 * ring.heard + 2.2 * kick);
    let haze = glow(d, 0.02 + 0.03 * frame.bass.x) * (0.05 + 0.22 * ring.heard + 0.30 * kick);
    var light = mix(c, palette(1.0), 0.55) * core + c * haze * smoothstep(1.9, 0.5, r);

    // What it has shed; the inside stays dark.
    light += look(sky, at.uv).rgb * (0.8 + 0.9 * kick + 0.5 * pulse(frame.snare, 0.12)) * smoothstep(0.55, 1.1, r / max(ring.r, 0.05));

    // A kick leaves the ring as a wave.
    let age = frame.kick.y;
    let front = r - params.radius - 1.7 * age;
    light += palette(0.65) * frame.kick.z * glow_tight(front, 0.03 + 0.16 * age) * 0.55 * exp(-4.0 * age);

    // Hats strike sparks off its rim, each time at other places.
    let sector = floor(ring.along * 36.0);
    let lot = random(u32(sector) * 131u + u32(frame.hat.x) * 7919u + select(0u, 17u, p.x > 0.0));
    let across = (fract(ring.along * 36.0) - 0.5) * ring.r * 0.09;
    let spark = step(0.72, lot) * pulse(frame.hat, 0.09);
    let fly = d - 0.05 - 0.5 * frame.hat.y * lot;
    light += palette(0.95) * spark * 2.5 * exp(-across * across * 9000.0) * glow_tight(fly, 0.035);

    // The waveform, a thread inside the ring.
    let wave = waveform(0.1 + 0.8 * ring.along) * smoothstep(0.0, 0.08, ring.along) * smoothstep(1.0, 0.92, ring.along);
    light += palette(0.55) * glow_tight(r - ring.r * 0.62 - 0.07 * wave, 0.005) * (0.10 + 0.5 * frame.all.x);
    return vec4f(light * note_light(), 1.0);
}
