/*---
name = "Laser Hall"
description = "Fans of laser light through haze, over a wet floor. The beat moves the fans, a kick opens them, hats chop single beams, snares cross them."
author = "Jamlight"
tags = ["laser", "beams", "geometric", "drive", "stage"]

[[param]]
name = "fixtures"
label = "Fixtures"
min = 2.0
max = 8.0
default = 6.0

[[param]]
name = "spread"
label = "Spread"
min = 0.1
max = 1.0
default = 0.5

[[param]]
name = "haze"
label = "Haze"
min = 0.0
max = 1.0
default = 0.6

[[param]]
name = "sweep"
label = "Sweep"
min = 0.0
max = 2.0
default = 0.8
clock = true

[[storage]]
name = "beams"
type = "vec4f"
count = 208

# The hall in its own light, the same out of focus for the wet floor, and the haze around the beams.
[[buffer]]
name = "hall"

[[buffer]]
name = "soft"
scale = 0.25

[[buffer]]
name = "air"
scale = 0.25

[[pass]]
compute = "aim"
groups = [1, 1, 1]

[[pass]]
vertex = "hall_vertex"
fragment = "light_fragment"
vertices = 6
instances = 136
blend = "add_on_clear"
target = "hall"

[[pass]]
vertex = "soft_vertex"
fragment = "light_fragment"
vertices = 6
instances = 136
blend = "add_on_clear"
target = "soft"

[[pass]]
vertex = "air_vertex"
fragment = "air_fragment"
vertices = 6
instances = 128
blend = "add_on_clear"
target = "air"

[[pass]]
image = "image"
---*/

// Three entries per beam: where it begins and its way (short side -1 to 1, after perspective); how far away its lamp is,
// its width, its light on the floor; its colour. Then two per fixture: where it hangs and how wide its lamp shines; its
// colour.
const FAN: i32 = 8;
const LAMPS: i32 = 192;
const BEAMS: u32 = 64u;
// What a beam lights of the haze ends at this distance from it.
const REACH: f32 = 0.7;
// Round lights end at so many of their radii; what lies farther of the floor's is haze.
const ROUND: f32 = 7.0;
const FAR: f32 = 20.0;

var<workgroup> lamps: array<vec3f, 64>;

fn project(v: vec3f) -> vec3f {
    let depth = max(v.z + 2.4, 0.25);
    return vec3f(v.xy / depth * 1.9, depth);
}

@compute @workgroup_size(64)
fn aim(@builtin(local_invocation_index) i: u32) {
    let fixture = i32(i) / FAN;
    let ray = i32(i) % FAN;
    let count = floor(params.fixtures);
    let on = f32(fixture) < count;
    let half = frame.size.xy / min(frame.size.x, frame.size.y);
    // Pairs hang left and right, each pair farther away.
    let pair = f32(fixture / 2);
    let side = select(-1.0, 1.0, (fixture & 1) == 1);
    let place = vec3f(side * (0.85 + 0.15 * half.x), 0.95 - 0.12 * pair, 0.35 + 1.5 * pair);
    // A figure for each four bars: sweep, cross, wheel, wave.
    let bar = floor(frame.beat.x / 16.0);
    let figure = i32(hash_u32(u32(bar) + u32(frame.time.w * 512.0)) % 4u);
    let t = params.sweep_clock * 0.8 + 0.35 * frame.mid.w;
    let swing = beat_swing();
    let s = f32(ray) / f32(FAN - 1) - 0.5;
    let opened = params.spread * (0.55 + 0.5 * frame.bass.x + 0.9 * pulse(frame.kick, 0.20));
    var yaw = 0.0;
    var pitch = -0.75;
    switch figure {
        case 0: {
            yaw = 0.9 * sin(t + pair * 0.9) + s * opened * 2.2;
            pitch = -0.55 + 0.25 * sin(t * 0.7 + pair);
        }
        case 1: {
            yaw = -side * (0.55 + 0.35 * sin(t * 0.6)) + s * opened * 1.4;
            pitch = -0.5 + s * 0.5 * side - 0.2 * swing;
        }
        case 2: {
            let w = t * 1.3 + s * TAU * 0.5 + pair;
            yaw = (0.35 + 0.6 * opened) * cos(w);
            pitch = -0.55 + (0.25 + 0.4 * opened) * sin(w);
        }
        default: {
            yaw = -side * 0.3 + s * opened * 2.6;
            pitch = -0.5 + 0.4 * sin(t * 1.7 + s * 5.0 + pair * 1.3);
        }
    }
    // A snare throws the other half across.
    yaw += side * pulse(frame.snare, 0.16) * 0.7 * select(-1.0, 1.0, (ray & 1) == 1);
    let way = vec3f(sin(yaw), sin(pitch), -cos(yaw) * 0.75 - 0.1);
    // As far as the floor, or out of the hall.
    let to_floor = (-0.95 - place.y) / min(way.y, -0.05);
    let stop = min(to_floor, 5.0);
    let a = project(place);
    var far = place + way * stop;
    // Not behind the eye.
    let room = (-2.1 - place.z) / min(way.z, -0.01);
    far = place + way * min(stop, room);
    let b = project(far);
    let lot = random(u32(fixture * 31 + ray) + u32(frame.hat.x) * 977u);
    let chopped = 1.0 - pulse(frame.hat, 0.12) * step(lot, 0.45);
    let level = spectrum(0.05 + 0.75 * abs(s) * 2.0);
    let strength = select(0.0, 0.16 + 0.8 * level * level + 0.9 * pulse(frame.kick, 0.14) + 0.3 * swing * frame.all.x, on) * chopped;
    let lands = select(0.0, 1.0, to_floor <= min(5.0, room));
    let along = b.xy - a.xy;
    let lamp = 0.022 / a.z;
    let c = palette(clamp(0.30 + 0.16 * pair + 0.30 * abs(s), 0.0, 1.0));
    beams[i * 3u] = vec4f(a.xy, along);
    beams[i * 3u + 1u] = vec4f(a.z, 0.0035 / a.z, 0.32 * lands, 0.0);
    beams[i * 3u + 2u] = vec4f(c * strength, 0.0);
    // A lamp shines with all of its fan.
    lamps[i] = mix(c, palette(1.0), 0.5) * strength * 0.020;
    workgroupBarrier();
    if ray == 0 {
        var shine = vec3f(0.0);
        for (var k = 0u; k < u32(FAN); k++) {
            shine += lamps[i + k];
        }
        let slot = u32(LAMPS + fixture * 2);
        beams[slot] = vec4f(a.xy, lamp, 0.0);
        beams[slot + 1u] = vec4f(shine, 0.0);
    }
}

// How the camera sways.
fn sway() -> vec2f {
    return 0.05 * drift2(frame.time.x * 0.7);
}

struct Ray {
    @builtin(position) place: vec4f,
    // Along and aside of a beam, or from the middle of a round light in its radii.
    @location(0) at: vec2f,
    // A beam: its width at the lamp, the least width, its length, 0. A round light: where it ends, where it begins, 0, 1.
    @location(1) @interpolate(flat, either) form: vec4f,
    @location(2) @interpolate(flat, either) light: vec3f,
}

fn nothing() -> Ray {
    return Ray(vec4f(2.0, 2.0, 0.0, 1.0), vec2f(0.0), vec4f(1.0), vec3f(0.0));
}

fn clip(at: vec2f) -> vec4f {
    return vec4f((at - sway()) * min(frame.size.x, frame.size.y) * frame.size.zw, 0.0, 1.0);
}

fn corner(i: u32) -> vec2f {
    return vec2f(select(-1.0, 1.0, i == 1u || i == 2u || i == 4u), select(-1.0, 1.0, i == 2u || i == 4u || i == 5u));
}

// A beam as a strip of some width at both of its ends.
fn strip(k: i32, i: u32, near: f32, far: f32, width: vec2f) -> Ray {
    let line = beams_ro[k * 3];
    let light = beams_ro[k * 3 + 2].rgb;
    if all(light == vec3f(0.0)) {
        return nothing();
    }
    let at = corner(i);
    let along = select(-0.02, 1.05, at.x > 0.0);
    let len = max(length(line.zw), 1e-3);
    let aside = at.y * select(near, far, at.x > 0.0);
    let form = vec4f(width, len, 0.0);
    let place = line.xy + line.zw * along + vec2f(-line.w, line.z) / len * aside;
    return Ray(clip(place), vec2f(along, aside), form, light);
}

fn disc(middle: vec2f, radii: vec2f, ends: f32, begins: f32, light: vec3f, i: u32) -> Ray {
    let at = corner(i) * ends;
    return Ray(clip(middle + at * radii), at, vec4f(ends, begins, 0.0, 1.0), light);
}

// What a beam lights on the floor. It lies flat.
fn spot(k: i32, i: u32, ends: f32, begins: f32) -> Ray {
    let line = beams_ro[k * 3];
    let light = beams_ro[k * 3 + 2].rgb * beams_ro[k * 3 + 1].z;
    if all(light == vec3f(0.0)) {
        return nothing();
    }
    return disc(line.xy + line.zw, 0.028 / vec2f(0.7, 2.2), ends, begins, light, i);
}

// Beams, what they light on the floor, and lamps; `blur` is how many times wider beams are, `px` a pixel.
fn shine(n: u32, i: u32, blur: f32, px: f32) -> Ray {
    if n < BEAMS {
        let k = i32(n);
        let how = beams_ro[k * 3 + 1];
        // A beam is never thinner than a pixel.
        let least = 1.6 * px;
        let near = 2.7 * blur * max(how.y, least);
        let far = 2.7 * blur * max(how.y * 2.05, least);
        return strip(k, i, near, far, vec2f(how.y, least) * blur);
    }
    if n < 2u * BEAMS {
        return spot(i32(n - BEAMS), i, ROUND, 0.0);
    }
    let k = LAMPS + i32(n - 2u * BEAMS) * 2;
    let lamp = beams_ro[k];
    let light = beams_ro[k + 1].rgb;
    if all(light == vec3f(0.0)) {
        return nothing();
    }
    // One that is smaller than a pixel is as much light.
    let radius = max(lamp.z, 2.0 / min(frame.size.x, frame.size.y));
    return disc(lamp.xy, vec2f(radius), 2.0 * ROUND, 0.0, light * (lamp.z * lamp.z) / (radius * radius), i);
}

@vertex
fn hall_vertex(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32) -> Ray {
    return shine(n, i, 1.0, 1.0 / min(frame.size.x, frame.size.y));
}

@vertex
fn soft_vertex(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32) -> Ray {
    var ray = shine(n, i, 4.0, 0.25 / min(frame.size.x, frame.size.y));
    ray.light *= select(1.0, 0.64, n < BEAMS);
    return ray;
}

@vertex
fn air_vertex(@builtin(vertex_index) i: u32, @builtin(instance_index) n: u32) -> Ray {
    if n >= BEAMS {
        return spot(i32(n - BEAMS), i, FAR, ROUND);
    }
    var ray = strip(i32(n), i, REACH, REACH, vec2f(0.0));
    ray.light *= params.haze * 0.16;
    return ray;
}

// A beam loses light on its way, about as exp(-0.9 along), and ends at both ends.
fn fade(along: f32) -> f32 {
    let x = max(along, 0.0);
    return saturate(25.0 * along + 0.5) * saturate(14.0 * (1.05 - along)) / (1.0 + x * (0.9 + 0.55 * x));
}

// Square of the distance from a beam, which ends round.
fn beam_distance2(r: Ray) -> f32 {
    let past = (r.at.x - saturate(r.at.x)) * r.form.z;
    return r.at.y * r.at.y + past * past;
}

// 1 in the middle, 0 at the end.
fn ending(r2: f32, ends: f32) -> f32 {
    let x = saturate(1.0 - r2 / (ends * ends));
    return x * x;
}

// A round light between where it begins and where it ends.
fn round(r: Ray) -> f32 {
    let r2 = dot(r.at, r.at);
    let inner = select(0.0, ending(r2, r.form.y), r.form.y > 0.0);
    return (ending(r2, r.form.x) - inner) / (1.0 + r2);
}

@fragment
fn light_fragment(r: Ray) -> @location(0) vec4f {
    let width = max(r.form.x * (1.0 + r.at.x), r.form.y);
    let core = exp(-beam_distance2(r) / (width * width)) * fade(r.at.x);
    return vec4f(r.light * select(core, round(r), r.form.w > 0.0), 0.0);
}

@fragment
fn air_fragment(r: Ray) -> @location(0) vec4f {
    let d2 = beam_distance2(r);
    let haze = fade(r.at.x) * 0.0009 / (0.0009 + d2) * ending(d2, REACH);
    return vec4f(r.light * select(haze, round(r), r.form.w > 0.0), 0.0);
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.16);
    let sway = sway();
    let at = p.pos + sway;
    // Smoke drifts through and is lit only where light is.
    let q = at * vec2f(1.3, 1.9) + vec2f(0.10 * frame.time.x + 0.06 * frame.all.w, 0.05 * frame.time.x);
    let smoke = fbm2(q + 0.6 * vec2f(noise2(q * 0.8 + 5.0), noise2(q * 0.8 + 19.0)), 3);
    let fog = mix(1.0, 0.25 + 1.5 * smoke * smoke * 1.6, params.haze);
    let through = 0.55 + 0.45 * fog;
    let floor_at = -0.62 + 0.015 * sway.y;
    var light = look(hall, p.uv).rgb * through + look(air, p.uv).rgb * fog;
    if at.y > floor_at {
        light += palette(0.22) * params.haze * smoke * smoke * (0.012 + 0.10 * frame.bass.x * frame.bass.x + 0.10 * kick) * exp(-abs(at.y - 0.2) * 1.2);
    } else {
        // The wet floor mirrors the hall, broken by ripples.
        let depth = floor_at - at.y;
        let ripple = (noise2(vec2f(at.x * 5.0, 3.0 / (depth + 0.08) + 0.4 * frame.time.x)) - 0.5) * (0.02 + 0.18 * depth) * (1.0 + kick);
        let mirrored = vec2f(at.x + ripple, floor_at + depth * 1.25 + 0.5 * ripple) - sway;
        let uv = vec2f(mirrored.x, -mirrored.y) * min(frame.size.x, frame.size.y) * frame.size.zw * 0.5 + 0.5;
        let seen = look(soft, uv).rgb * through + look(air, uv).rgb * fog;
        light = seen * (0.42 * exp(-depth * 1.1)) + light * 0.55;
        light += palette(0.3) * exp(-depth * 9.0) * (0.015 + 0.06 * frame.bass.x);
    }
    return vec4f(light * vignette(p.pos, 0.15) * note_light_by(2.0), 1.0);
}
