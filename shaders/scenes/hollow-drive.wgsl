/*---
name = "Hollow Drive"
description = "A tunnel made of its own past. Kicks throw bright frames down it, bass twists the walls, hats light the corners."
author = "Jamlight"
tags = ["tunnel", "feedback", "geometric", "drive"]

[[param]]
name = "sides"
label = "Sides"
min = 3.0
max = 8.0
default = 5.0

[[param]]
name = "speed"
label = "Speed"
min = 0.1
max = 2.0
default = 0.7
clock = true

[[param]]
name = "twist"
label = "Twist"
min = -1.0
max = 1.0
default = 0.35

[[param]]
name = "memory"
label = "Depth of memory"
min = 0.0
max = 1.0
default = 0.72

[[buffer]]
name = "tunnel"
scale = 0.75
persistent = true

[[pass]]
image = "advance"
target = "tunnel"

[[pass]]
image = "image"
---*/

// Where the far end of the tunnel is: it wanders, but stays in the middle third.
fn vanishing() -> vec2f {
    return 0.22 * drift2(frame.time.x * 0.9 + frame.bass.w * 0.3);
}

fn frame_turn() -> f32 {
    return 0.06 * params.speed_clock + 0.05 * frame.bass.w * params.twist;
}

// A polygon's distance with rounded corners; sides may be a fraction, then it morphs.
fn wall(p: vec2f, turn: f32) -> f32 {
    let q = rotation(turn) * p;
    let n = floor(params.sides);
    return mix(sd_polygon(q, n, 0.0), sd_polygon(q, n + 1.0, 0.0), fract(params.sides));
}

fn advance(at: Pixel) -> vec4f {
    let dt = frame.time.y;
    let centre = vanishing();
    let p = at.pos - centre;
    let kick = pulse(frame.kick, 0.15);
    // What is seen now was nearer the middle before: everything flies towards the viewer.
    let zoom = exp(-dt * params.speed * (0.55 + 1.6 * frame.all.x + 1.5 * kick));
    let turn = dt * (params.twist * 0.16 * (0.3 + 2.0 * frame.bass.x) + 0.04 * drift(frame.time.x, 3.0));
    let was = rotation(turn) * p * zoom + centre;
    let short_side = min(frame.size.x, frame.size.y);
    let uv = vec2f(was.x, -was.y) * short_side * frame.size.zw * 0.5 + 0.5;
    let past = look(tunnel, uv);
    // Light thins as it spreads: what flies apart must not brighten.
    let kept = past.rgb * exp(-dt * mix(3.0, 0.35, params.memory)) * pow(zoom, 0.9);

    // New frames are born small and far away.
    let d = wall(p, frame_turn());
    let size = 0.075 + 0.02 * frame.bass.x;
    let line = glow_tight(d - size, 0.009 + 0.005 * kick);
    let a = polar(rotation(frame_turn()) * p).x;
    let heard = spectrum(0.05 + 0.7 * abs(fract(a * floor(params.sides) * 0.5) * 2.0 - 1.0));
    // Frames come with the beat even when nothing is struck, and a strike makes them burn.
    let gate = 0.05 + 0.30 * beat_swing() * frame.all.x + 2.6 * kick + 0.9 * pulse(frame.snare, 0.09);
    let c = mix(hue(0.12 * frame.mid.w + 0.2 * floor(frame.beat.x * 0.25)), palette(1.0), 0.3 * kick);
    let born = c * line * gate * (0.4 + 0.9 * heard);
    // The hole must stay black: light may not pile up at the fixed point of the zoom.
    let hole = smoothstep(0.035, 0.075, length(p));
    return vec4f((kept * hole + born * dt * 30.0), 1.0);
}

fn image(at: Pixel) -> vec4f {
    let p = at.pos - vanishing();
    let r = length(p);
    // A trace of colour error away from the middle, as through a lens.
    let shift = p * 0.006 * vec2f(1.0, -1.0) * min(frame.size.x, frame.size.y) * frame.size.zw;
    let g = look(tunnel, at.uv).rgb;
    let far = look(tunnel, at.uv + shift).r;
    let near = look(tunnel, at.uv - shift).b;
    var light = vec3f(far, g.g, near);
    // The past is the light in the tunnel, soft by now; its walls are drawn anew, sharp, where that light falls.
    let q = rotation(frame_turn()) * p;
    let near_wall = max(wall(p, frame_turn() + 0.05 * log2(max(r, 0.01)) * params.twist), 0.01);
    let step_in = fract(1.6 * log2(near_wall) - 1.4 * params.speed_clock - 1.5 * frame.all.w);
    let rib = glow_tight(min(step_in, 1.0 - step_in), 0.045);
    let panel = smoothstep(0.0, 0.5, step_in) * smoothstep(1.0, 0.6, step_in);
    light = light * (0.10 + 0.30 * panel) + light * rib * 2.6 + light * light * 0.25;
    light += hue(0.12 * frame.mid.w) * rib * (0.015 + 0.10 * frame.bass.x * frame.bass.x + 0.55 * pulse(frame.kick, 0.12));

    // Fog: what is far is dim, what is near passes out of the light.
    light *= smoothstep(0.03, 0.35, r) * vignette(p, 0.35);

    // Hats: the edges of the tunnel catch light.
    let n = floor(params.sides);
    let corner = abs(fract(polar(q).x * n) - 0.5) * r;
    let lot = random(u32(fract(polar(q).x + 0.5 / n) * n) + u32(frame.hat.x) * 977u);
    light += palette(0.9) * pulse(frame.hat, 0.08) * (0.2 + lot) * glow_tight(abs(0.5 * r - corner), 0.004 + 0.006 * r) * smoothstep(0.1, 0.9, r);
    return vec4f(light * note_light(), 1.0);
}
