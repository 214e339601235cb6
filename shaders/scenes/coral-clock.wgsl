/*---
name = "Coral Clock"
description = "Two substances eat and feed each other and grow coral. Kicks seed it, bass feeds it, hats glint on its ridges."
author = "Jamlight"
tags = ["reaction-diffusion", "organic", "simulation", "slow"]

[[param]]
name = "feed"
label = "Appetite"
min = 0.0
max = 1.0
default = 0.45

[[param]]
name = "relief"
label = "Relief"
min = 0.0
max = 2.0
default = 1.0

[[param]]
name = "seeds"
label = "Seeds of a kick"
min = 0.0
max = 1.0
default = 0.6

[[buffer]]
name = "dish"
size = [288, 162]
format = "rgba32f"
persistent = true

[[buffer]]
name = "half_way"
size = [288, 162]
format = "rgba32f"

[[pass]]
image = "grow_dish"
target = "half_way"

[[pass]]
image = "grow_half"
target = "dish"

[[pass]]
image = "grow_dish"
target = "half_way"

[[pass]]
image = "grow_half"
target = "dish"

[[pass]]
image = "image"
---*/

// Gray-Scott (Pearson, Science 261, 1993): x feeds, y eats. Each pass makes one large step.
const DISH: vec2f = vec2f(288.0, 162.0);

fn react(t: texture_2d<f32>, p: Pixel) -> vec4f {
    let px = 1.0 / DISH;
    let here = textureSampleLevel(t, samp_nearest, p.uv, 0.0);
    var c = here.xy;
    if frame.time.z < 1.5 && frame.extra.y < 0.5 {
        // The first dish: fed everywhere, with some crumbs.
        let crumb = step(0.86, noise2(p.uv * vec2f(23.0, 13.0) + frame.time.w * 91.0));
        return vec4f(1.0 - 0.5 * crumb, 0.27 * crumb, 0.0, 1.0);
    }
    // Nine-point Laplacian; the dish has no edge.
    let near = textureSampleLevel(t, samp_repeat, p.uv + vec2f(px.x, 0.0), 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv - vec2f(px.x, 0.0), 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv + vec2f(0.0, px.y), 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv - vec2f(0.0, px.y), 0.0).xy;
    let far = textureSampleLevel(t, samp_repeat, p.uv + px, 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv - px, 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv + vec2f(px.x, -px.y), 0.0).xy
        + textureSampleLevel(t, samp_repeat, p.uv + vec2f(-px.x, px.y), 0.0).xy;
    let spread = 0.2 * near + 0.05 * far - c;
    // Where it grows, worms; where the slow weather moves it, spots: it never settles.
    let weather = noise2(p.uv * vec2f(3.2, 1.8) + 0.05 * frame.time.x) - 0.5;
    let feed = 0.030 + 0.016 * params.feed + 0.010 * weather + 0.010 * (frame.bass.x - 0.4);
    let kill = 0.0605 + 0.002 * weather;
    let eaten = c.x * c.y * c.y;
    c += vec2f(0.82 * spread.x - eaten + feed * (1.0 - c.x), 0.41 * spread.y + eaten - (kill + feed) * c.y);
    // Seeds: with each kick a ring of them, elsewhere each time.
    let fresh = step(frame.kick.y, 0.09) * frame.kick.z * params.seeds;
    let at = 0.5 + 0.34 * drift2(frame.kick.x * 1.7 + frame.time.w * 9.0);
    let from_seed = (p.uv - at) * vec2f(DISH.x / DISH.y, 1.0);
    let ring = glow_tight(length(from_seed) - 0.06 - 0.9 * frame.kick.y, 0.016) * step(0.45, noise2(p.uv * 40.0 + frame.kick.x));
    c.y = max(c.y, 0.42 * ring * fresh);
    let tired = max(here.z * 0.94, ring * fresh);
    return vec4f(clamp(c, vec2f(0.0), vec2f(1.0)), tired, 1.0);
}

fn grow_dish(p: Pixel) -> vec4f {
    return react(dish, p);
}

fn grow_half(p: Pixel) -> vec4f {
    return react(half_way, p);
}

fn image(p: Pixel) -> vec4f {
    // The dish covers the picture whatever its shape; a slow swim hides that it stands still.
    let short_side = min(frame.size.x, frame.size.y);
    let cover = p.pos * 0.5 * vec2f(DISH.y / DISH.x, 1.0) * max(1.0, DISH.x / DISH.y * 0.62);
    let uv = vec2f(0.5) + vec2f(cover.x, -cover.y) * 0.8 + 0.04 * drift2(frame.time.x * 0.4);
    let px = 1.3 / DISH;
    let c = textureSampleLevel(dish, samp_repeat, uv, 0.0);
    let slope = vec2f(
        textureSampleLevel(dish, samp_repeat, uv + vec2f(px.x, 0.0), 0.0).y - textureSampleLevel(dish, samp_repeat, uv - vec2f(px.x, 0.0), 0.0).y,
        textureSampleLevel(dish, samp_repeat, uv + vec2f(0.0, px.y), 0.0).y - textureSampleLevel(dish, samp_repeat, uv - vec2f(0.0, px.y), 0.0).y,
    );
    let normal = normalize(vec3f(-slope * 5.0 * params.relief, 0.35));
    // A lamp walks round the dish once in eight bars or so.
    let a = 6.2831853 * (frame.time.x * 0.021 + 0.04 * frame.mid.w);
    let lamp = normalize(vec3f(cos(a), sin(a), 0.55));
    let lit = max(dot(normal, lamp), 0.0);
    let body = smoothstep(0.10, 0.32, c.y);
    let ridge = smoothstep(0.02, 0.20, length(slope));
    let shine = pow(max(dot(reflect(-lamp, normal), vec3f(0.0, 0.0, 1.0)), 0.0), 14.0);
    var light = hue(0.15 + 0.9 * c.y + 0.03 * frame.mid.w + 0.35 * noise2(uv * 3.0 + 7.0)) * body * lit * (0.22 + 1.15 * frame.all.x + 0.5 * frame.mid.y);
    light += palette(0.85) * shine * ridge * (0.10 + 0.5 * frame.high.x + 3.0 * pulse(frame.hat, 0.07));
    // Where a kick seeded it, it burns for a moment; and the whole dish feels the blow.
    light += palette(0.9) * c.z * (0.04 + 2.2 * c.y);
    light *= 1.0 + 0.9 * pulse(frame.kick, 0.11) + 0.5 * pulse(frame.snare, 0.09);
    return vec4f(light * vignette(p.pos, 0.55) * note_light(), 1.0);
}
