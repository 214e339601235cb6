// Distances, folds and turns.

const TAU: f32 = 6.28318530718;
const PI: f32 = 3.14159265359;

fn saturate1(x: f32) -> f32 {
    return clamp(x, 0.0, 1.0);
}

fn rotation(turns: f32) -> mat2x2f {
    let a = turns * TAU;
    let c = cos(a);
    let s = sin(a);
    return mat2x2f(c, s, -s, c);
}

// Angle in turns (0-1, 0 at the right, counter-clockwise where y is up) and radius.
fn polar(p: vec2f) -> vec2f {
    return vec2f(fract(atan2(p.y, p.x) / TAU + 1.0), length(p));
}

// Folds the plane into `sides` mirrored wedges around the x axis.
fn kaleido(p: vec2f, sides: f32) -> vec2f {
    let wedge = TAU / max(sides, 1.0);
    let a = abs(fract(atan2(p.y, p.x) / wedge + 0.5) - 0.5) * wedge;
    return length(p) * vec2f(cos(a), sin(a));
}

// Repeats 0-1 back and forth, without a seam.
fn mirror(x: vec2f) -> vec2f {
    return 1.0 - abs(fract(x * 0.5) * 2.0 - 1.0);
}

fn sd_segment(p: vec2f, a: vec2f, b: vec2f) -> f32 {
    let ab = b - a;
    let h = saturate1(dot(p - a, ab) / max(dot(ab, ab), 1e-9));
    return length(p - a - ab * h);
}

fn sd_box(p: vec3f, half_size: vec3f) -> f32 {
    let q = abs(p) - half_size;
    return length(max(q, vec3f(0.0))) + min(max(q.x, max(q.y, q.z)), 0.0);
}

fn sd_box2(p: vec2f, half_size: vec2f) -> f32 {
    let q = abs(p) - half_size;
    return length(max(q, vec2f(0.0))) + min(max(q.x, q.y), 0.0);
}

fn sd_torus(p: vec3f, radii: vec2f) -> f32 {
    return length(vec2f(length(p.xz) - radii.x, p.y)) - radii.y;
}

// A regular polygon with its inner radius `r`, a corner-free distance inside and out.
fn sd_polygon(p: vec2f, sides: f32, r: f32) -> f32 {
    let wedge = TAU / sides;
    let a = (fract(atan2(p.y, p.x) / wedge + 0.5) - 0.5) * wedge;
    return length(p) * cos(a) - r;
}

// Joins two distances with a fillet of about `k`.
fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let h = max(k - abs(a - b), 0.0) / k;
    return min(a, b) - h * h * k * 0.25;
}
