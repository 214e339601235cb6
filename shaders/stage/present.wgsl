// The finished picture on a window: whole or a part of it, its shape kept, black around it, its corners where the
// wall wants them.

struct Place {
    // From window to canvas: rows of a projective map.
    rows: array<vec4f, 3>,
    // Scale that shows the part whole, the window's aspect.
    fit: vec4f,
    // Left, top, width and height of the part that is shown.
    crop: vec4f,
    // Brightness, 1 / gamma.
    trim: vec4f,
}

// Fixed when a pipeline is made: a processor that draws runs both sides of every branch.
// Whether the test card is shown, and whether brightness and mid tones are changed.
override CARD: bool = false;
override TRIM: bool = false;

@group(0) @binding(0) var<uniform> place: Place;
@group(0) @binding(1) var samp: sampler;
@group(0) @binding(2) var picture: texture_2d<f32>;

fn inside(uv: vec2f) -> bool {
    return all(uv >= vec2f(0.0)) && all(uv <= vec2f(1.0));
}

// Edges, a grid of squares, a circle that must be round, corners to aim at, steps of grey and the six colours.
fn test_card(uv: vec2f, aspect: f32) -> vec3f {
    let rows = 9.0;
    let columns = max(round(rows * aspect), 1.0);
    let cell = uv * vec2f(columns, rows);
    let to_line = abs(cell - round(cell));
    var c = vec3f(0.06);
    c = select(c, vec3f(0.35), any(to_line < vec2f(0.03)));
    let p = (uv - 0.5) * vec2f(aspect, 1.0);
    let ring = abs(length(p) - 0.4);
    c = select(c, vec3f(0.9), ring < 0.004 || any(abs(p) < vec2f(0.0025)));
    if abs(p.y - 0.2) < 0.05 && abs(p.x) < 0.3 {
        c = vec3f(floor((p.x + 0.3) / 0.6 * 11.0) / 10.0);
    }
    if abs(p.y + 0.2) < 0.05 && abs(p.x) < 0.3 {
        let bar = u32(clamp((p.x + 0.3) / 0.1, 0.0, 5.0));
        let bits = array<u32, 6>(1u, 3u, 2u, 6u, 4u, 5u)[bar];
        c = 0.75 * vec3f(f32(bits & 1u), f32((bits >> 1u) & 1u), f32((bits >> 2u) & 1u));
    }
    let edge = min(uv, 1.0 - uv) * vec2f(aspect, 1.0);
    c = select(c, vec3f(1.0), min(edge.x, edge.y) < 0.006);
    c = select(c, vec3f(1.0, 0.35, 0.1), max(edge.x, edge.y) < 0.05 && min(edge.x, edge.y) < 0.012);
    return c;
}

@fragment
fn present(in: Corner) -> @location(0) vec4f {
    let h = vec3f(in.uv, 1.0);
    let p = vec3f(dot(place.rows[0].xyz, h), dot(place.rows[1].xyz, h), dot(place.rows[2].xyz, h));
    let canvas = p.xy / max(p.z, 1e-6);
    let uv = (canvas - 0.5) * place.fit.xy + 0.5;
    var c = textureSampleLevel(picture, samp, place.crop.xy + uv * place.crop.zw, 0.0).rgb;
    var shown = p.z > 0.0 && inside(canvas) && inside(uv);
    if CARD {
        c = test_card(canvas, place.fit.z);
        shown = p.z > 0.0 && inside(canvas);
    }
    if TRIM {
        c = pow(c, vec3f(place.trim.y)) * place.trim.x;
    }
    return vec4f(select(vec3f(0.0), c, shown), 1.0);
}
