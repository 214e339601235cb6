// The functions of Hydra chains. `st` is 0-1 from the bottom left; colours are encoded.
// Written from what the functions show; names, arguments and defaults are in renderer/scene.

struct HydraEnv {
    // Seconds, at the sketch's speed.
    time: f32,
    // Size of the picture, in pixels.
    size: vec2f,
}

const HYDRA_TAU: f32 = 6.2831853;

fn hydra_mod(a: f32, b: f32) -> f32 {
    return a - b * floor(a / b);
}

fn hydra_odd(x: f32) -> f32 {
    return step(1.0, hydra_mod(x, 2.0));
}

fn hydra_luminance(c: vec3f) -> f32 {
    return dot(c, vec3f(0.2125, 0.7154, 0.0721));
}

// Turns what is seen against the clock: coordinates go with it.
fn hydra_turn(st: vec2f, angle: f32) -> vec2f {
    let p = st - 0.5;
    let c = cos(angle);
    let s = sin(angle);
    return vec2f(c * p.x + s * p.y, c * p.y - s * p.x) + 0.5;
}

// Three hashes of a lattice point, 0-1 (PCG3D, Jarzynski and Olano 2020).
fn hydra_hash(p: vec3f) -> vec3f {
    var v = bitcast<vec3u>(vec3i(p)) * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> vec3u(16u);
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    return vec3f(v >> vec3u(8u)) / 16777216.0;
}

// What one corner of a simplex adds: a gradient fading out at distance sqrt(0.6).
fn hydra_corner(lattice: vec3f, away: vec3f) -> f32 {
    let reach = max(0.6 - dot(away, away), 0.0);
    let direction = hydra_hash(lattice) * 2.0 - 1.0;
    let gradient = direction * inverseSqrt(max(dot(direction, direction), 1e-6));
    return reach * reach * reach * reach * dot(gradient, away);
}

// Simplex noise in three dimensions, about -1 to 1.
fn hydra_simplex(p: vec3f) -> f32 {
    let cell = floor(p + dot(p, vec3f(1.0 / 3.0)));
    let x0 = p - cell + dot(cell, vec3f(1.0 / 6.0));
    let rank = step(x0.yzx, x0.xyz);
    let first = min(rank, 1.0 - rank.zxy);
    let second = max(rank, 1.0 - rank.zxy);
    let x1 = x0 - first + 1.0 / 6.0;
    let x2 = x0 - second + 1.0 / 3.0;
    let x3 = x0 - 0.5;
    return 42.0 * (hydra_corner(cell, x0) + hydra_corner(cell + first, x1)
        + hydra_corner(cell + second, x2) + hydra_corner(cell + 1.0, x3));
}

fn hydra_hsv_from_rgb(c: vec3f) -> vec3f {
    let high = max(c.r, max(c.g, c.b));
    let chroma = high - min(c.r, min(c.g, c.b));
    var hue = 0.0;
    if chroma > 1e-10 {
        if high == c.r {
            hue = (c.g - c.b) / chroma;
        } else if high == c.g {
            hue = 2.0 + (c.b - c.r) / chroma;
        } else {
            hue = 4.0 + (c.r - c.g) / chroma;
        }
    }
    return vec3f(fract(hue / 6.0), chroma / (high + 1e-10), high);
}

fn hydra_rgb_from_hsv(c: vec3f) -> vec3f {
    let distance_from_hue = abs(fract(c.x + vec3f(1.0, 2.0 / 3.0, 1.0 / 3.0)) * 6.0 - 3.0);
    return c.z * mix(vec3f(1.0), clamp(distance_from_hue - 1.0, vec3f(0.0), vec3f(1.0)), c.y);
}

// Sources.

fn hydra_noise(st: vec2f, env: HydraEnv, scale: f32, offset: f32) -> vec4f {
    return vec4f(vec3f(hydra_simplex(vec3f(st * scale, offset * env.time))), 1.0);
}

fn hydra_voronoi(st: vec2f, env: HydraEnv, scale: f32, speed: f32, blending: f32) -> vec4f {
    let p = st * scale;
    let cell = floor(p);
    var nearest = 10.0;
    var seed = vec2f(0.0);
    for (var i = 0; i < 9; i++) {
        let neighbour = cell + vec2f(f32(i % 3 - 1), f32(i / 3 - 1));
        let own = hydra_hash(vec3f(neighbour, 0.0)).xy;
        let place = 0.5 + 0.5 * sin(env.time * speed + HYDRA_TAU * own);
        let away = length(neighbour + place - p);
        if away < nearest {
            nearest = away;
            seed = place;
        }
    }
    return vec4f(vec3f(dot(seed, vec2f(0.3, 0.6)) * (1.0 - blending * nearest)), 1.0);
}

fn hydra_osc(st: vec2f, env: HydraEnv, frequency: f32, sync: f32, offset: f32) -> vec4f {
    let phase = (st.x + env.time * sync) * frequency;
    return vec4f(sin(vec3f(phase - offset, phase, phase + offset)) * 0.5 + 0.5, 1.0);
}

fn hydra_shape(st: vec2f, env: HydraEnv, sides: f32, radius: f32, smoothing: f32) -> vec4f {
    let p = st * 2.0 - 1.0;
    let angle = atan2(p.x, p.y) + 0.5 * HYDRA_TAU;
    let slice = HYDRA_TAU / sides;
    let away = cos(floor(0.5 + angle / slice) * slice - angle) * length(p);
    return vec4f(vec3f(1.0 - smoothstep(radius, radius + smoothing + 1e-7, away)), 1.0);
}

fn hydra_gradient(st: vec2f, env: HydraEnv, speed: f32) -> vec4f {
    return vec4f(st, sin(env.time * speed), 1.0);
}

fn hydra_solid(st: vec2f, env: HydraEnv, r: f32, g: f32, b: f32, a: f32) -> vec4f {
    return vec4f(r, g, b, a);
}

// Coordinates.

fn hydra_rotate(st: vec2f, env: HydraEnv, angle: f32, speed: f32) -> vec2f {
    return hydra_turn(st, angle + speed * env.time);
}

fn hydra_scale(st: vec2f, env: HydraEnv, amount: f32, x_mult: f32, y_mult: f32, offset_x: f32, offset_y: f32) -> vec2f {
    let centre = vec2f(offset_x, offset_y);
    return (st - centre) / (amount * vec2f(x_mult, y_mult)) + centre;
}

fn hydra_pixelate(st: vec2f, env: HydraEnv, pixel_x: f32, pixel_y: f32) -> vec2f {
    let count = vec2f(pixel_x, pixel_y);
    return (floor(st * count) + 0.5) / count;
}

fn hydra_repeat(st: vec2f, env: HydraEnv, repeat_x: f32, repeat_y: f32, offset_x: f32, offset_y: f32) -> vec2f {
    var p = st * vec2f(repeat_x, repeat_y);
    p.x += hydra_odd(p.y) * offset_x;
    p.y += hydra_odd(p.x) * offset_y;
    return fract(p);
}

fn hydra_repeatX(st: vec2f, env: HydraEnv, reps: f32, offset: f32) -> vec2f {
    let p = st * vec2f(reps, 1.0);
    return fract(p + vec2f(0.0, hydra_odd(p.x) * offset));
}

fn hydra_repeatY(st: vec2f, env: HydraEnv, reps: f32, offset: f32) -> vec2f {
    let p = st * vec2f(1.0, reps);
    return fract(p + vec2f(hydra_odd(p.y) * offset, 0.0));
}

// Folds the angle around the centre; the distance comes from outside.
fn hydra_fold(st: vec2f, sides: f32, more: f32) -> vec2f {
    let p = st - 0.5;
    let slice = HYDRA_TAU / sides;
    let angle = abs(hydra_mod(atan2(p.y, p.x), slice) - 0.5 * slice);
    return (length(p) + more) * vec2f(cos(angle), sin(angle));
}

fn hydra_kaleid(st: vec2f, env: HydraEnv, sides: f32) -> vec2f {
    return hydra_fold(st, sides, 0.0);
}

fn hydra_scroll(st: vec2f, env: HydraEnv, scroll_x: f32, scroll_y: f32, speed_x: f32, speed_y: f32) -> vec2f {
    return fract(st + vec2f(scroll_x, scroll_y) + env.time * vec2f(speed_x, speed_y));
}

fn hydra_scrollX(st: vec2f, env: HydraEnv, scroll_x: f32, speed: f32) -> vec2f {
    return fract(st + vec2f(scroll_x + env.time * speed, 0.0));
}

fn hydra_scrollY(st: vec2f, env: HydraEnv, scroll_y: f32, speed: f32) -> vec2f {
    return fract(st + vec2f(0.0, scroll_y + env.time * speed));
}

// Colours.

fn hydra_posterize(c: vec4f, env: HydraEnv, bins: f32, gamma: f32) -> vec4f {
    let steps = floor(pow(max(c.rgb, vec3f(0.0)), vec3f(gamma)) * bins) / bins;
    return vec4f(pow(max(steps, vec3f(0.0)), vec3f(1.0 / gamma)), c.a);
}

fn hydra_shift(c: vec4f, env: HydraEnv, r: f32, g: f32, b: f32, a: f32) -> vec4f {
    return fract(c + vec4f(r, g, b, a));
}

fn hydra_invert(c: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return vec4f(mix(c.rgb, 1.0 - c.rgb, amount), c.a);
}

fn hydra_contrast(c: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return vec4f((c.rgb - 0.5) * amount + 0.5, c.a);
}

fn hydra_brightness(c: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return vec4f(c.rgb + amount, c.a);
}

fn hydra_above(c: vec4f, threshold: f32, tolerance: f32) -> f32 {
    let half = tolerance + 1e-7;
    return smoothstep(threshold - half, threshold + half, hydra_luminance(c.rgb));
}

fn hydra_luma(c: vec4f, env: HydraEnv, threshold: f32, tolerance: f32) -> vec4f {
    let a = hydra_above(c, threshold, tolerance);
    return vec4f(c.rgb * a, a);
}

fn hydra_thresh(c: vec4f, env: HydraEnv, threshold: f32, tolerance: f32) -> vec4f {
    return vec4f(vec3f(hydra_above(c, threshold, tolerance)), c.a);
}

// A negative factor multiplies what is missing to 1.
fn hydra_color(c: vec4f, env: HydraEnv, r: f32, g: f32, b: f32, a: f32) -> vec4f {
    let factor = vec4f(r, g, b, a);
    return select((1.0 - c) * abs(factor), c * factor, factor >= vec4f(0.0));
}

fn hydra_saturate(c: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return vec4f(mix(vec3f(hydra_luminance(c.rgb)), c.rgb, amount), c.a);
}

fn hydra_hue(c: vec4f, env: HydraEnv, hue: f32) -> vec4f {
    let hsv = hydra_hsv_from_rgb(c.rgb);
    return vec4f(hydra_rgb_from_hsv(vec3f(fract(hsv.x + hue), hsv.yz)), c.a);
}

fn hydra_colorama(c: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return vec4f(fract(hydra_rgb_from_hsv(hydra_hsv_from_rgb(c.rgb) + amount)), c.a);
}

fn hydra_sum(c: vec4f, env: HydraEnv, r: f32, g: f32, b: f32, a: f32) -> vec4f {
    return vec4f(dot(c, vec4f(r, g, b, a)));
}

fn hydra_r(c: vec4f, env: HydraEnv, scale: f32, offset: f32) -> vec4f {
    return vec4f(c.r * scale + offset);
}

fn hydra_g(c: vec4f, env: HydraEnv, scale: f32, offset: f32) -> vec4f {
    return vec4f(c.g * scale + offset);
}

fn hydra_b(c: vec4f, env: HydraEnv, scale: f32, offset: f32) -> vec4f {
    return vec4f(c.b * scale + offset);
}

fn hydra_a(c: vec4f, env: HydraEnv, scale: f32, offset: f32) -> vec4f {
    return vec4f(c.a * scale + offset);
}

// Two colours: `c` is the chain's, `t` the texture's.

fn hydra_add(c: vec4f, t: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return c + t * amount;
}

fn hydra_sub(c: vec4f, t: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return c - t * amount;
}

fn hydra_layer(c: vec4f, t: vec4f, env: HydraEnv) -> vec4f {
    return vec4f(mix(c.rgb, t.rgb, t.a), clamp(c.a + t.a, 0.0, 1.0));
}

fn hydra_blend(c: vec4f, t: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return mix(c, t, amount);
}

fn hydra_mult(c: vec4f, t: vec4f, env: HydraEnv, amount: f32) -> vec4f {
    return mix(c, c * t, amount);
}

fn hydra_diff(c: vec4f, t: vec4f, env: HydraEnv) -> vec4f {
    return vec4f(abs(c.rgb - t.rgb), max(c.a, t.a));
}

fn hydra_mask(c: vec4f, t: vec4f, env: HydraEnv) -> vec4f {
    return c * hydra_luminance(t.rgb);
}

// Coordinates moved by a colour.

fn hydra_modulate(st: vec2f, t: vec4f, env: HydraEnv, amount: f32) -> vec2f {
    return st + t.xy * amount;
}

fn hydra_modulateScale(st: vec2f, t: vec4f, env: HydraEnv, multiple: f32, offset: f32) -> vec2f {
    return (st - 0.5) / (offset + multiple * t.xy) + 0.5;
}

fn hydra_modulateRotate(st: vec2f, t: vec4f, env: HydraEnv, multiple: f32, offset: f32) -> vec2f {
    return hydra_turn(st, offset + t.x * multiple);
}

fn hydra_modulatePixelate(st: vec2f, t: vec4f, env: HydraEnv, multiple: f32, offset: f32) -> vec2f {
    let count = offset + t.xy * multiple;
    return (floor(st * count) + 0.5) / count;
}

fn hydra_modulateRepeat(st: vec2f, t: vec4f, env: HydraEnv, repeat_x: f32, repeat_y: f32, offset_x: f32, offset_y: f32) -> vec2f {
    var p = st * vec2f(repeat_x, repeat_y);
    p.x += hydra_odd(p.y) + t.r * offset_x;
    p.y += hydra_odd(p.x) + t.g * offset_y;
    return fract(p);
}

fn hydra_modulateRepeatX(st: vec2f, t: vec4f, env: HydraEnv, reps: f32, offset: f32) -> vec2f {
    let p = st * vec2f(reps, 1.0);
    return fract(p + vec2f(0.0, hydra_odd(p.x) + t.r * offset));
}

fn hydra_modulateRepeatY(st: vec2f, t: vec4f, env: HydraEnv, reps: f32, offset: f32) -> vec2f {
    let p = st * vec2f(1.0, reps);
    return fract(p + vec2f(hydra_odd(p.y) + t.r * offset, 0.0));
}

fn hydra_modulateKaleid(st: vec2f, t: vec4f, env: HydraEnv, sides: f32) -> vec2f {
    return hydra_fold(st, sides, t.r);
}

fn hydra_modulateScrollX(st: vec2f, t: vec4f, env: HydraEnv, scroll_x: f32, speed: f32) -> vec2f {
    return fract(st + vec2f(t.r * scroll_x + env.time * speed, 0.0));
}

fn hydra_modulateScrollY(st: vec2f, t: vec4f, env: HydraEnv, scroll_y: f32, speed: f32) -> vec2f {
    return fract(st + vec2f(0.0, t.r * scroll_y + env.time * speed));
}

fn hydra_modulateHue(st: vec2f, t: vec4f, env: HydraEnv, amount: f32) -> vec2f {
    return st + vec2f(t.g - t.r, t.b - t.g) * amount / env.size;
}
