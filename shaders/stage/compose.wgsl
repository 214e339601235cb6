// The stage's own full-screen passes: convert, blend, crossfade, bloom, output.
// `common/tone.wgsl` is appended.

struct Slot {
    // Numbers; each entry point says which.
    a: vec4f,
    // A picture's place: scale and offset of its coordinates.
    fit: vec4f,
    // From the stage to a layer's own coordinates: a matrix by rows.
    turn: vec4f,
    // A layer's middle; the aspect of the stage; width of the mask's soft edge.
    place: vec4f,
    // A mask's middle and half size.
    mask: vec4f,
}

// Switches; each entry point says which. Fixed when a pipeline is made: a processor that draws runs both sides
// of every branch.
override X: u32 = 0u;
override Y: u32 = 0u;
override Z: u32 = 0u;
// Whether each texture has the target's size: its texels are read without filtering.
override EXACT_A: bool = false;
override EXACT_B: bool = false;
// Whether flashes are limited.
override LIMIT: bool = false;

@group(0) @binding(0) var<uniform> slot: Slot;
@group(0) @binding(1) var samp: sampler;
@group(0) @binding(2) var tex_a: texture_2d<f32>;
@group(0) @binding(3) var tex_b: texture_2d<f32>;
@group(0) @binding(4) var tex_c: texture_2d<f32>;
@group(0) @binding(5) var tex_d: texture_2d<f32>;

// Screen colours with straight alpha to premultiplied light.
fn decode(c: vec4f) -> vec4f {
    let alpha = clamp(c.a, 0.0, 1.0);
    return vec4f(untone(linear_from_srgb(clamp(c.rgb, vec3f(0.0), vec3f(1.0)))) * alpha, alpha);
}

// Premultiplied light to screen colours with straight alpha.
fn encode(c: vec4f) -> vec4f {
    let alpha = clamp(c.a, 0.0, 1.0);
    return vec4f(srgb_from_linear(tone(c.rgb / max(alpha, 1e-4))), alpha);
}

fn texel_a(in: Corner) -> vec4f {
    if EXACT_A {
        return textureLoad(tex_a, vec2i(in.at.xy), 0);
    }
    return textureSampleLevel(tex_a, samp, in.uv, 0.0);
}

fn texel_b(in: Corner) -> vec4f {
    if EXACT_B {
        return textureLoad(tex_b, vec2i(in.at.xy), 0);
    }
    return textureSampleLevel(tex_b, samp, in.uv, 0.0);
}

fn light(c: vec4f, encoded: u32) -> vec4f {
    if encoded != 0u {
        return decode(c);
    }
    return c;
}

// Bright where a mask lets through, 0-1. X: 1 ellipse, 2 rectangle, 3 brightness of tex_b as light, 4 as screen colours.
fn mask_at(in: Corner) -> f32 {
    let edge = max(slot.place.w, 1e-4);
    let from_middle = (vec2f(in.uv.x, 1.0 - in.uv.y) - slot.mask.xy) * vec2f(slot.place.z, 1.0);
    let size = max(slot.mask.zw, vec2f(1e-4));
    switch X {
        case 1u: {
            let around = length(from_middle / size);
            return clamp(0.5 + (1.0 - around) * min(size.x, size.y) / edge, 0.0, 1.0);
        }
        case 2u: {
            let outside = abs(from_middle) - size;
            let away = length(max(outside, vec2f(0.0))) + min(max(outside.x, outside.y), 0.0);
            return clamp(0.5 - away / edge, 0.0, 1.0);
        }
        case 3u, 4u: {
            let c = textureSampleLevel(tex_b, samp, in.uv * slot.fit.xy + slot.fit.zw, 0.0);
            let lit = light(c, X - 3u);
            return clamp(dot(lit.rgb, vec3f(0.2126, 0.7152, 0.0722)), 0.0, 1.0);
        }
        default: { return 1.0; }
    }
}

// Puts a layer (tex_a) somewhere on the stage and shows a part of it. X: the mask; Y: whether the layer is encoded;
// Z: whether the mask is turned inside out.
@fragment
fn place(in: Corner) -> @location(0) vec4f {
    let aspect = vec2f(slot.place.z, 1.0);
    let p = (in.uv - slot.place.xy) * aspect;
    let q = vec2f(dot(slot.turn.xy, p), dot(slot.turn.zw, p)) / aspect + 0.5;
    // A pixel at the border is seen as far as it is covered.
    let width = max(abs(dpdx(q)) + abs(dpdy(q)), vec2f(1e-6));
    let inside = clamp((0.5 - abs(q - 0.5)) / width + 0.5, vec2f(0.0), vec2f(1.0));
    var seen = mask_at(in);
    if Z != 0u {
        seen = 1.0 - seen;
    }
    let c = light(textureSampleLevel(tex_a, samp, q, 0.0), Y);
    return c * (seen * inside.x * inside.y);
}

// X: 0 copies, 1 decodes, 2 encodes, 3 copies and leaves what is outside of the picture transparent. `fit` places the picture.
@fragment
fn convert(in: Corner) -> @location(0) vec4f {
    let c = textureSampleLevel(tex_a, samp, in.uv * slot.fit.xy + slot.fit.zw, 0.0);
    switch X {
        case 1u: { return decode(c); }
        case 2u: { return encode(c); }
        case 3u: {
            let at = in.uv * slot.fit.xy + slot.fit.zw;
            return select(vec4f(0.0), c, all(at >= vec2f(0.0)) && all(at <= vec2f(1.0)));
        }
        default: { return c; }
    }
}

// Straight screen colours over black; light is premultiplied.
fn over_black(c: vec4f) -> vec3f {
    return select(c.rgb, c.rgb * clamp(c.a, 0.0, 1.0), X != 0u);
}

// A smaller picture over black: Y x Y bilinear taps per pixel. X: screen colours, kept; else light, encoded.
@fragment
fn shrink(in: Corner) -> @location(0) vec4f {
    var sum = vec3f(0.0);
    if EXACT_A {
        sum = over_black(texel_a(in));
    } else {
        let texel = vec2f(dpdx(in.uv.x), dpdy(in.uv.y));
        for (var y = 0u; y < Y; y++) {
            for (var x = 0u; x < Y; x++) {
                let from_middle = (vec2f(f32(x), f32(y)) + 0.5) / f32(Y) - 0.5;
                sum += over_black(textureSampleLevel(tex_a, samp, in.uv + texel * from_middle, 0.0));
            }
        }
        sum /= f32(Y * Y);
    }
    if X != 0u {
        return vec4f(sum, 1.0);
    }
    return vec4f(srgb_from_linear(tone(sum)), 1.0);
}

@fragment
fn solid(in: Corner) -> @location(0) vec4f {
    return slot.a;
}

// a.x is the progress; X, Y: whether each side is encoded.
@fragment
fn crossfade(in: Corner) -> @location(0) vec4f {
    return mix(light(texel_a(in), X), light(texel_b(in), Y), slot.a.x);
}

fn unit(c: vec3f) -> vec3f {
    return clamp(c, vec3f(0.0), vec3f(1.0));
}

fn overlay(b: vec3f, s: vec3f) -> vec3f {
    return select(1.0 - 2.0 * (1.0 - b) * (1.0 - s), 2.0 * b * s, b <= vec3f(0.5));
}

fn soft_light(b: vec3f, s: vec3f) -> vec3f {
    let d = select(sqrt(b), ((16.0 * b - 12.0) * b + 4.0) * b, b <= vec3f(0.25));
    return select(b + (2.0 * s - 1.0) * (d - b), b - (1.0 - 2.0 * s) * b * (1.0 - b), s <= vec3f(0.5));
}

fn luminosity(b: vec3f, s: vec3f) -> vec3f {
    let weights = vec3f(0.2126, 0.7152, 0.0722);
    let lb = dot(b, weights);
    let ls = dot(s, weights);
    if lb < 1e-4 {
        return vec3f(ls);
    }
    return b * (ls / lb);
}

// The modes in the order of `Blend`. Modes defined for 0-1 clamp; the others keep light above 1.
fn blend_light(mode: u32, b: vec3f, s: vec3f) -> vec3f {
    switch mode {
        case 1u: { return b + s; }
        case 2u: { return b + s - min(b, vec3f(1.0)) * min(s, vec3f(1.0)); }
        case 3u: { return b * s; }
        case 4u: { return abs(b - s); }
        case 5u: { return overlay(unit(b), unit(s)); }
        case 6u: { return max(b, s); }
        case 7u: { return min(b, s); }
        case 8u: { return select(min(b / max(1.0 - unit(s), vec3f(1e-3)), vec3f(TONE_WHITE)), vec3f(0.0), b <= vec3f(0.0)); }
        case 9u: { return 1.0 - min((1.0 - unit(b)) / max(unit(s), vec3f(1e-3)), vec3f(1.0)); }
        case 10u: { return overlay(unit(s), unit(b)); }
        case 11u: { return soft_light(unit(b), unit(s)); }
        case 12u: { return unit(b) + unit(s) - 2.0 * unit(b) * unit(s); }
        case 13u: { return max(b - s, vec3f(0.0)); }
        case 14u: { return min(b / max(s, vec3f(1e-3)), vec3f(TONE_WHITE)); }
        case 15u: { return luminosity(b, s); }
        default: { return s; }
    }
}

// tex_a is what is below, tex_b the layer. a.x is the opacity. X: the blend; Y, Z: whether the layer and what is
// below are encoded. The colour is that over black; alpha says how much of the black is covered.
@fragment
fn blend(in: Corner) -> @location(0) vec4f {
    let backdrop = light(texel_a(in), Z);
    let below = backdrop.rgb;
    let layer = light(texel_b(in), Y);
    let alpha = clamp(layer.a, 0.0, 1.0) * slot.a.x;
    let cover = alpha + clamp(backdrop.a, 0.0, 1.0) * (1.0 - alpha);
    if X == 0u {
        return vec4f(below * (1.0 - alpha) + layer.rgb * slot.a.x, cover);
    }
    let straight = layer.rgb / max(layer.a, 1e-4);
    return vec4f(mix(below, blend_light(X, below, straight), alpha), cover);
}

// One of several layers that the device lays over each other by itself (tex_a). a.x is the opacity. X: it is what is below
// times the result; Y: whether it is encoded; Z: `fit` places it.
@fragment
fn lay(in: Corner) -> @location(0) vec4f {
    var c: vec4f;
    if Z != 0u {
        c = textureSampleLevel(tex_a, samp, in.uv * slot.fit.xy + slot.fit.zw, 0.0);
    } else {
        c = texel_a(in);
    }
    c = light(c, Y);
    let alpha = clamp(c.a, 0.0, 1.0) * slot.a.x;
    let rgb = c.rgb * slot.a.x;
    if X != 0u {
        return vec4f(rgb + 1.0 - alpha, alpha);
    }
    return vec4f(rgb, alpha);
}

// Takes the picture to a quarter of its size for the glow; what is dark gives none.
// a.x is where light begins to glow.
@fragment
fn bloom_first(in: Corner) -> @location(0) vec4f {
    let texel = vec2f(dpdx(in.uv.x), dpdy(in.uv.y)) * 0.25;
    var sum = vec3f(0.0);
    for (var i = 0u; i < 4u; i++) {
        let at = in.uv + texel * (vec2f(f32(i & 1u), f32(i >> 1u)) * 2.0 - 1.0);
        let c = textureSampleLevel(tex_a, samp, at, 0.0).rgb;
        let peak = max(c.r, max(c.g, c.b));
        // Bright points weigh less, so that one hot pixel does not flicker as a blob.
        let glow = max(peak - slot.a.x, 0.0) / max(peak, 1e-4) / (1.0 + 0.25 * peak);
        // What is no number stays one pixel: it would spread over the whole picture. Read from the bits, for a
        // compiler may take a comparison with NaN for true.
        let is_number = (bitcast<u32>(c.r + c.g + c.b) & 0x7f800000u) != 0x7f800000u;
        sum += select(vec3f(0.0), c * glow, is_number);
    }
    return vec4f(sum * 0.25, 1.0);
}

// Halves the glow with a tent of four bilinear taps.
@fragment
fn bloom_down(in: Corner) -> @location(0) vec4f {
    let texel = vec2f(dpdx(in.uv.x), dpdy(in.uv.y)) * 0.5;
    var sum = vec3f(0.0);
    for (var i = 0u; i < 4u; i++) {
        sum += textureSampleLevel(tex_a, samp, in.uv + texel * (vec2f(f32(i & 1u), f32(i >> 1u)) * 2.0 - 1.0), 0.0).rgb;
    }
    return vec4f(sum * 0.25, 1.0);
}

// A wider glow (tex_b) over a tighter one (tex_a). a.x is the share of the wider.
@fragment
fn bloom_up(in: Corner) -> @location(0) vec4f {
    let texel = vec2f(dpdx(in.uv.x), dpdy(in.uv.y));
    var wide = vec3f(0.0);
    for (var i = 0u; i < 4u; i++) {
        wide += textureSampleLevel(tex_b, samp, in.uv + texel * (vec2f(f32(i & 1u), f32(i >> 1u)) * 2.0 - 1.0), 0.0).rgb;
    }
    let tight = textureSampleLevel(tex_a, samp, in.uv, 0.0).rgb;
    return vec4f(mix(tight, wide * 0.25, slot.a.x), 1.0);
}

// Noise of +-half a step of 8 bits: gradients do not band, and what needs no dither (black) stays exact.
fn dither(px: vec2f, frame: f32) -> f32 {
    let p = px + 5.588238 * frame;
    return (fract(52.9829189 * fract(dot(p, vec2f(0.06711056, 0.00583715)))) - 0.5) / 255.0;
}

// The finished colour over black, encoded, and how much of the black is covered. a: brightness, share of glow.
// X: 0 light, 1 screen colours to be changed, 2 screen colours as they are; Z: there is a glow.
fn finished(texel: vec4f, glow: vec3f) -> vec4f {
    if X == 2u {
        let alpha = clamp(texel.a, 0.0, 1.0);
        return vec4f(texel.rgb * alpha, alpha);
    }
    var c = light(texel, X);
    if Z != 0u {
        c = vec4f(c.rgb + glow * slot.a.y, c.a);
    }
    return vec4f(srgb_from_linear(tone(c.rgb * slot.a.x)), clamp(c.a, 0.0, 1.0));
}

fn glow_at(uv: vec2f) -> vec3f {
    if Z != 0u {
        return textureSampleLevel(tex_b, samp, uv, 0.0).rgb;
    }
    return vec3f(0.0);
}

// tex_a is the composed picture, tex_b the glow, tex_c the picture shown last, tex_d how much of that stays.
// a: brightness, share of glow, frame number. X, Z: see `finished`. Y: 0 over black, 1 blackout; with alpha for who
// mixes it in: 2 what no layer covers is clear, 3 what is dark is clear, 4 what is dark shows the colour in `fit`.
@fragment
fn output(in: Corner) -> @location(0) vec4f {
    if Y == 1u {
        return vec4f(0.0, 0.0, 0.0, 1.0);
    }
    let noise = dither(in.at.xy, slot.a.z);
    var c = finished(texel_a(in), glow_at(in.uv));
    if LIMIT {
        let stays = textureSampleLevel(tex_d, samp, in.uv, 0.0).r;
        if stays > 0.0 {
            // Squares stand in for light: near enough to be within what a held cell may go, exact where everything
            // stays, and without the powers that a processor that draws would take for every pixel.
            let last = textureSampleLevel(tex_c, samp, in.uv, 0.0).rgb;
            c = vec4f(sqrt(mix(c.rgb * c.rgb, last * last, stays)), c.a);
        }
    }
    let peak = max(c.r, max(c.g, c.b));
    switch Y {
        // Light that nothing covers, a glow for one, covers by itself: over black it looks as it always did.
        case 2u, 3u: {
            let alpha = select(peak, max(c.a, peak), Y == 2u);
            return vec4f(c.rgb / max(alpha, 1e-4), alpha);
        }
        case 4u: { return vec4f(c.rgb + slot.fit.rgb * (1.0 - peak), 1.0); }
        default: { return vec4f(c.rgb + noise, 1.0); }
    }
}
