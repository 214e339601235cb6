// Light and colour. Scenes write linear light and may exceed 1: the stage blooms, tone-maps and dithers.

// Cube roots of cone responses back to linear RGB (OKLab, Björn Ottosson; public domain).
fn rgb_from_cones(roots: vec3f) -> vec3f {
    let c = roots * roots * roots;
    return vec3f(
        dot(vec3f(4.0767416621, -3.3077115913, 0.2309699292), c),
        dot(vec3f(-1.2684380046, 2.6097574011, -0.3413193965), c),
        dot(vec3f(-0.0041960863, -0.7034186147, 1.7076147010), c),
    );
}

// The Show's palette at `t`: 0 its darkest stop, 1 its brightest. Mixed in OKLab: OKLab is linear in the
// cube roots that the frame carries, so this costs four mixes.
fn palette(t: f32) -> vec3f {
    let x = clamp(t, 0.0, 1.0) * 4.0;
    var c = frame.palette_roots[0].xyz;
    c = mix(c, frame.palette_roots[1].xyz, clamp(x, 0.0, 1.0));
    c = mix(c, frame.palette_roots[2].xyz, clamp(x - 1.0, 0.0, 1.0));
    c = mix(c, frame.palette_roots[3].xyz, clamp(x - 2.0, 0.0, 1.0));
    c = mix(c, frame.palette_roots[4].xyz, clamp(x - 3.0, 0.0, 1.0));
    return max(rgb_from_cones(c), vec3f(0.0));
}

// The palette without its black end, walked to and fro for ever: for hues that drift.
fn hue(t: f32) -> vec3f {
    return palette(0.3 + 0.7 * abs(fract(t * 0.5) * 2.0 - 1.0));
}

fn luminance(c: vec3f) -> f32 {
    return dot(c, vec3f(0.2126, 0.7152, 0.0722));
}

// Light of a line or point at distance `d`: 1 at its core of width `w`, then falling like a lamp in haze, 0 in the end.
fn glow(d: f32, w: f32) -> f32 {
    let x = max(abs(d), 1e-4) / w;
    return 1.0 / (1.0 + x * x);
}

// The same with a tail that ends sooner.
fn glow_tight(d: f32, w: f32) -> f32 {
    let x = d / w;
    return exp(-x * x);
}

// A pulse for a hit of this age: up in 20 ms, down by `decay` seconds.
fn pulse(hit: vec4f, decay: f32) -> f32 {
    return hit.z * min(hit.y * 50.0 + 0.35, 1.0) * exp(-hit.y / decay);
}

// What every note does to a picture: a breath of light, so that music without drums, or with too many, is seen as well.
// It is over within 80 ms: of six notes a second each is seen.
fn note_light() -> f32 {
    return note_light_by(1.0);
}

// The same, so many times as strong: for a scene whose own motion would drown it.
fn note_light_by(amount: f32) -> f32 {
    return 1.0 + amount * (0.40 + 0.40 * frame.onset.z) * saturate(1.0 - frame.onset.y * 12.5);
}

// A beat's swing, 1 on the beat and eased to 0 before the next.
fn beat_swing() -> f32 {
    let x = 1.0 - frame.beat.y;
    return x * x;
}

// A smaller picture of how bright a frame may be at this distance from the middle: keeps corners dark.
fn vignette(p: vec2f, amount: f32) -> f32 {
    return 1.0 / (1.0 + amount * dot(p, p));
}
