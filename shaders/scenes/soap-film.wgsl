/*---
name = "Soap Film"
description = "A film of soap in a dark frame: its colours are its thickness. It drains and swirls with the bass; a kick drops a wave into it, hats thin small holes, and black film creeps in from above."
author = "Jamlight"
tags = ["interference", "fluid", "feedback", "colour", "calm"]

[[param]]
name = "orders"
label = "Colour bands"
min = 1.0
max = 8.0
default = 4.0

[[param]]
name = "swirl"
label = "Swirl"
min = 0.0
max = 2.0
default = 0.9

[[param]]
name = "drain"
label = "Draining"
min = 0.0
max = 1.0
default = 0.4

[[param]]
name = "tint"
label = "Rainbow"
min = 0.0
max = 1.0
default = 0.3

[[buffer]]
name = "film"
scale = 0.5
persistent = true

[[pass]]
image = "swim"
target = "film"

[[pass]]
image = "image"
---*/

fn wind(p: vec2f) -> vec2f {
    let t = 0.16 * frame.time.x + 0.30 * frame.bass.w;
    let large = curl2(p * 1.1 + vec2f(0.3 * t, 4.0 - 0.2 * t));
    let small = curl2(p * 2.9 - vec2f(7.0, 0.5 * t) + 0.4 * large);
    return (large + 0.6 * small) * params.swirl * (0.16 + 0.62 * frame.bass.x + 0.30 * pulse(frame.snare, 0.25));
}

// x: thickness, 0 (black film) to about 1.
fn swim(p: Pixel) -> vec4f {
    let dt = frame.time.y;
    let at = p.pos;
    let v = wind(at) + vec2f(0.0, -0.03 - 0.06 * params.drain);
    let short_side = min(frame.size.x, frame.size.y);
    let uv = p.uv - vec2f(v.x, -v.y) * dt * short_side * frame.size.zw * 0.5;
    let px = frame.size.zw * 0.8;
    let kept = 0.25 * (look(film, uv + vec2f(px.x, px.y)).x + look(film, uv + vec2f(-px.x, px.y)).x
        + look(film, uv + vec2f(px.x, -px.y)).x + look(film, uv - vec2f(px.x, px.y)).x);
    // Thin above, thick below; fresh soap wells up in plumes that wander.
    let height = at.y * short_side * frame.size.w;
    let rise = vec2f(0.13 * frame.time.x, -0.22 * frame.time.x) + 3.0 * drift2(frame.time.x * 0.1);
    let plume = fbm2(at * 1.1 + rise + 1.1 * curl2(at * 0.8 + 0.4 * rise), 3);
    let wanted = clamp(0.46 - 0.42 * height + 1.5 * (plume - 0.5), 0.0, 1.2);
    var thick = mix(kept, wanted, 1.0 - exp(-dt * (0.10 + 0.22 * frame.mid.x)));
    if frame.time.z < 0.5 {
        thick = wanted;
    }
    // The kick: a ring runs over the film, a hat thins a small hole.
    let struck = vec2f(0.8, 0.55) * drift2(frame.kick.x * 2.9);
    let front = length(at - struck) - 0.05 - 1.9 * frame.kick.y;
    thick += glow_tight(front, 0.05 + 0.10 * frame.kick.y) * frame.kick.z * exp(-frame.kick.y * 4.0) * dt * 5.5;
    let pierced = (random2(u32(frame.hat.x) * 3u + 9u) * 2.0 - 1.0) * frame.size.xy / short_side;
    thick -= glow_tight(length(at - pierced), 0.07) * frame.hat.z * step(frame.hat.y, 0.08) * dt * 9.0;
    return vec4f(clamp(thick, 0.0, 1.4), 0.0, 0.0, 1.0);
}

fn image(p: Pixel) -> vec4f {
    let px = frame.size.zw * 2.0;
    let thick = look(film, p.uv).x;
    let slope = vec2f(look(film, p.uv + vec2f(px.x, 0.0)).x - look(film, p.uv - vec2f(px.x, 0.0)).x, look(film, p.uv - vec2f(0.0, px.y)).x - look(film, p.uv + vec2f(0.0, px.y)).x);
    let kick = pulse(frame.kick, 0.15);
    // What a film of this thickness gives back of each colour of light: it is black where it is thinnest.
    let order = thick * params.orders + 0.02 * frame.mid.w * 0.5;
    let phase = TAU * 0.5 * thick * params.orders;
    let waves = phase * vec3f(0.86, 1.0, 1.22);
    let s = sin(waves);
    let film_light = s * s;
    let grey = film_light.g;
    let banded = hue(0.25 + 0.5 * order) * (0.04 + 0.96 * grey * grey) * 1.25;
    let spectral = film_light * 0.75;
    var light = mix(banded, spectral, params.tint) * smoothstep(0.015, 0.10, thick);
    // A dark room with one lamp, mirrored in the film: its light bends with the slope.
    let steep = slope * min(6.0, 0.05 / max(px.y, 1e-4));
    let seen = p.pos * 0.8 - steep * 1.6 - 0.5 * drift2(frame.time.x * 0.3);
    let pane = vignette(seen, 1.9);
    let room = 0.10 + 1.15 * pane * pane;
    light *= room * (0.20 + 0.55 * frame.all.x + 0.95 * kick + 0.35 * pulse(frame.snare, 0.12));
    light += palette(0.95) * pow(saturate1(pane), 8.0) * smoothstep(0.0, 0.05, thick) * (0.03 + 0.1 * kick);
    // The edge of the black film burns like a thread.
    let edge = glow_tight(thick - 0.045, 0.020) * smoothstep(0.0, 0.01, length(slope));
    light += palette(0.85) * edge * (0.08 + 0.35 * frame.high.x + 0.8 * pulse(frame.hat, 0.10));
    return vec4f(light * vignette(p.pos, 0.55) * note_light(), 1.0);
}
