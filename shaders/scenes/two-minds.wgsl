/*---
name = "Two Minds"
description = "Picture A becomes picture B through its own light: bright parts go first. Bass bends it, kicks push it, hats split its colours."
author = "Jamlight"
tags = ["picture", "morph", "image"]

[[param]]
name = "wander"
label = "Morph by itself"
min = 0.0
max = 1.0
default = 1.0

[[param]]
name = "bend"
label = "Bend"
min = 0.0
max = 1.0
default = 0.5

[[param]]
name = "tint"
label = "Palette"
min = 0.0
max = 1.0
default = 0.75

[[param]]
name = "pace"
label = "Pace"
min = 0.1
max = 2.0
default = 0.6
clock = true
---*/

// How far the morph is: the Show's own fader, and a slow walk to and fro.
fn morph() -> f32 {
    let walk = 0.5 - 0.5 * cos(0.35 * params.pace_clock + 0.10 * frame.all.w);
    return mix(frame.extra.x, walk, params.wander);
}

// A picture, fitted to cover the screen.
fn cover(t: texture_2d<f32>, pos: vec2f) -> vec3f {
    let size = vec2f(textureDimensions(t));
    let screen = frame.size.xy / min(frame.size.x, frame.size.y);
    let fit = max(screen.x / size.x, screen.y / size.y);
    let uv = 0.5 + 0.5 * vec2f(pos.x, -pos.y) / (size * fit);
    return textureSampleLevel(t, samp_mirror, uv, 0.0).rgb;
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.16);
    let m = morph();
    // Bass: slow waves through the whole sheet. A kick: a push from the middle that passes on.
    let flow = curl2(p.pos * 1.4 + vec2f(0.25 * params.pace_clock, 0.2 * frame.bass.w));
    let r = length(p.pos);
    let front = glow_tight(r - 2.6 * frame.kick.y, 0.16 + 0.3 * frame.kick.y) * frame.kick.z * exp(-4.5 * frame.kick.y);
    let breathe = 0.90 - 0.06 * frame.bass.x - 0.05 * kick;
    var q = p.pos * breathe + 0.05 * drift2(frame.time.x * 0.6);
    q += params.bend * flow * (0.02 + 0.10 * frame.bass.x) - params.bend * p.pos / max(r, 0.1) * front * 0.10;

    // In between, both pictures are pulled along their difference: shapes flow instead of fading.
    let a0 = cover(picture_a, q);
    let b0 = cover(picture_b, q);
    let veins = noise2(q * 7.0 + 0.3 * a0.xy) - 0.5;
    let swirl = (vec2f(luminance(a0) - 0.4, luminance(b0) - 0.4) * 0.22 + 0.10 * veins) * m * (1.0 - m) * 4.0 * params.bend;
    let apart = (0.003 + 0.022 * pulse(frame.hat, 0.07) + 0.012 * kick) * (0.3 + r);
    let way = select(vec2f(1.0, 0.0), p.pos / max(r, 1e-3), r > 1e-3) * apart;
    var a = vec3f(cover(picture_a, q + swirl + way).r, cover(picture_a, q + swirl).g, cover(picture_a, q + swirl - way).b);
    var b = vec3f(cover(picture_b, q - swirl + way).r, cover(picture_b, q - swirl).g, cover(picture_b, q - swirl - way).b);

    // Bright parts go first, ragged by noise.
    let ragged = 0.5 * (fbm2(p.pos * 4.0 + frame.time.x * 0.15, 3) - 0.5);
    let gone = smoothstep(-0.22, 0.22, m * 1.5 - 0.25 - (1.0 - luminance(a0)) * 0.8 + 0.15 + ragged);
    let both = mix(a, b, gone);
    let seam = gone * (1.0 - gone) * 4.0;

    // The show's colours over the picture's own light.
    let l = luminance(both);
    let own = both * both;
    let toned = palette(0.08 + 0.92 * sqrt(l)) * (0.15 + 1.1 * l);
    var light = mix(own, toned, params.tint) * (0.14 + 0.36 * frame.all.x + 0.75 * kick + 0.35 * pulse(frame.snare, 0.1));
    light += palette(0.95) * seam * seam * (0.05 + 0.45 * frame.mid.y + 0.5 * kick) * 0.7;
    light += palette(0.8) * front * (0.10 + 0.6 * l);
    return vec4f(light * vignette(p.pos, 0.5) * note_light(), 1.0);
}
