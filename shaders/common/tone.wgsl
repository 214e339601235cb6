// Between light and the screen. The stage works in linear light where 1 is a bright surface and 4 a lamp;
// a screen shows 0-1. Foreign pictures are made for the screen: `untone` takes them into light so that
// `tone` brings them back exactly.

const TONE_KNEE: f32 = 0.6;
const TONE_WHITE: f32 = 4.0;
// (TONE_WHITE - TONE_KNEE) / (1 - TONE_KNEE): the slope of both pieces is 1 at the knee.
const TONE_STEEP: f32 = 8.5;

// Light to screen: straight up to the knee, then a shoulder that reaches 1 at TONE_WHITE.
fn tone(light: vec3f) -> vec3f {
    let t = clamp((light - TONE_KNEE) / (TONE_WHITE - TONE_KNEE), vec3f(0.0), vec3f(1.0));
    let shoulder = TONE_KNEE + (1.0 - TONE_KNEE) * (t * TONE_STEEP / (1.0 + (TONE_STEEP - 1.0) * t));
    return select(shoulder, max(light, vec3f(0.0)), light <= vec3f(TONE_KNEE));
}

// Screen to light, the inverse of `tone`.
fn untone(screen: vec3f) -> vec3f {
    let f = clamp((screen - TONE_KNEE) / (1.0 - TONE_KNEE), vec3f(0.0), vec3f(1.0));
    let shoulder = TONE_KNEE + (TONE_WHITE - TONE_KNEE) * (f / (TONE_STEEP - (TONE_STEEP - 1.0) * f));
    return select(shoulder, max(screen, vec3f(0.0)), screen <= vec3f(TONE_KNEE));
}

// sRGB-encoded 0-1 to linear. A polynomial instead of a power: a twentieth of a step of 8 bits off at most.
fn linear_from_srgb(c: vec3f) -> vec3f {
    let x = max(c, vec3f(0.0));
    let curve = (((0.5265249 - 0.1167987 * x) * x + 0.5603645) * x + 0.0284055) * x + 0.0010462;
    return select(curve, x / 12.92, x <= vec3f(0.04045));
}

// Linear 0-1 to sRGB-encoded. Two roots instead of a power: a fifth of a step of 8 bits off at most, and many
// times faster where a processor draws.
fn srgb_from_linear(c: vec3f) -> vec3f {
    let x = clamp(c, vec3f(0.0), vec3f(1.0));
    let root = sqrt(x);
    let curve = 0.8338253 * root + 0.2980501 * sqrt(root) - 0.0553457 * x - 0.0765297;
    return select(curve, x * 12.92, x <= vec3f(0.0031308));
}
