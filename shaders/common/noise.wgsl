// Smooth noise. Value noise on purpose: half the cost of gradient noise, and the scenes hide its grid by warping or rotating octaves.

// Value noise, 0-1.
fn noise2(p: vec2f) -> f32 {
    let c = floor(p);
    let f = p - c;
    let u = f * f * (3.0 - 2.0 * f);
    let i = vec2i(c);
    let a = random_cell(i);
    let b = random_cell(i + vec2i(1, 0));
    let d = random_cell(i + vec2i(0, 1));
    let e = random_cell(i + vec2i(1, 1));
    return mix(mix(a, b, u.x), mix(d, e, u.x), u.y);
}

// Value noise (x, 0-1) and its gradient (yz).
fn noise2_gradient(p: vec2f) -> vec3f {
    let c = floor(p);
    let f = p - c;
    let u = f * f * (3.0 - 2.0 * f);
    let du = 6.0 * f * (1.0 - f);
    let i = vec2i(c);
    let a = random_cell(i);
    let b = random_cell(i + vec2i(1, 0));
    let d = random_cell(i + vec2i(0, 1));
    let e = random_cell(i + vec2i(1, 1));
    let k = a - b - d + e;
    return vec3f(
        a + (b - a) * u.x + (d - a) * u.y + k * u.x * u.y,
        du * (vec2f(b - a, d - a) + k * u.yx),
    );
}

// Value noise in space, 0-1.
fn noise3(p: vec3f) -> f32 {
    let c = floor(p);
    let f = p - c;
    let u = f * f * (3.0 - 2.0 * f);
    let i = vec3i(c);
    let near = mix(
        mix(unit_from_hash(hash_cell3(i)), unit_from_hash(hash_cell3(i + vec3i(1, 0, 0))), u.x),
        mix(unit_from_hash(hash_cell3(i + vec3i(0, 1, 0))), unit_from_hash(hash_cell3(i + vec3i(1, 1, 0))), u.x), u.y);
    let far = mix(
        mix(unit_from_hash(hash_cell3(i + vec3i(0, 0, 1))), unit_from_hash(hash_cell3(i + vec3i(1, 0, 1))), u.x),
        mix(unit_from_hash(hash_cell3(i + vec3i(0, 1, 1))), unit_from_hash(hash_cell3(i + vec3i(1, 1, 1))), u.x), u.y);
    return mix(near, far, u.z);
}

// A turn and a stretch between octaves, so that no grid shows.
const OCTAVE: mat2x2f = mat2x2f(1.6, 1.2, -1.2, 1.6);

// Octaves of value noise, 0-1. Three are enough on most screens.
fn fbm2(p: vec2f, octaves: i32) -> f32 {
    var q = p;
    var sum = 0.0;
    var amount = 0.5;
    for (var i = 0; i < octaves; i++) {
        sum += amount * noise2(q);
        q = OCTAVE * q + 17.3;
        amount *= 0.5;
    }
    return sum / (1.0 - exp2(-f32(octaves)));
}

// A flow without sources: the curl of value noise. Cheap enough per particle and per pixel.
fn curl2(p: vec2f) -> vec2f {
    let n = noise2_gradient(p);
    return vec2f(n.z, -n.y);
}

// A slow, endless, smooth drift, -1 to 1 on each axis: sines whose periods share no multiple below hours.
fn drift2(t: f32) -> vec2f {
    return vec2f(
        sin(t * 0.313 + 1.7) * 0.6 + sin(t * 0.1271 + 0.4) * 0.4,
        sin(t * 0.271 + 4.1) * 0.6 + sin(t * 0.1493 + 2.9) * 0.4,
    );
}

// The same for one number, a different course for each `lane`.
fn drift(t: f32, lane: f32) -> f32 {
    return sin(t * 0.2927 + lane * 2.399) * 0.6 + sin(t * 0.1129 + lane * 5.13) * 0.4;
}
