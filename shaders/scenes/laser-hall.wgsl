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

[[pass]]
compute = "aim"
groups = [1, 1, 1]

[[pass]]
image = "image"
---*/

// Three entries per beam, all that does not change from pixel to pixel: where it begins and its way (short side -1 to 1,
// after perspective); its way's length to the power of -2, its width, its light on the floor; its colour. Then two per
// fixture: where it hangs and how wide its lamp shines; its colour.
const FAN: i32 = 8;
const LAMPS: i32 = 192;

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
    beams[i * 3u + 1u] = vec4f(1.0 / max(dot(along, along), 1e-6), 0.0035 / a.z, 0.32 * lands, 0.0);
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
        beams[slot] = vec4f(a.xy, lamp * lamp, 0.0);
        beams[slot + 1u] = vec4f(shine, 0.0);
    }
}

fn lit(at: vec2f, fog: f32, mirrored: f32) -> vec3f {
    var light = vec3f(0.0);
    let count = i32(floor(params.fixtures)) * FAN;
    // A beam is never thinner than a pixel.
    let least = 1.6 / min(frame.size.x, frame.size.y);
    let blur = 1.0 + 5.0 * mirrored;
    let bright = (0.55 + 0.45 * fog) * (1.0 - 0.6 * mirrored);
    let air = params.haze * fog * 0.16;
    for (var k = 0; k < count; k++) {
        let line = beams_ro[k * 3];
        let how = beams_ro[k * 3 + 1];
        let from_lamp = at - line.xy;
        let along = dot(from_lamp, line.zw) * how.x;
        let aside = from_lamp - line.zw * saturate(along);
        let d2 = dot(aside, aside);
        let width = max(how.y * (1.0 + along), least) * blur;
        let core = exp(-d2 / (width * width)) * bright;
        // It loses light on its way, about as exp(-0.9 along), and ends at both ends.
        let x = max(along, 0.0);
        let fade = saturate(25.0 * along + 0.5) * saturate(14.0 * (1.05 - along)) / (1.0 + x * (0.9 + 0.55 * x));
        // Where it strikes the floor, a spot that lies flat.
        let spot = (from_lamp - line.zw) * vec2f(0.7, 2.2);
        let strikes = how.z * 0.000784 / (0.000784 + dot(spot, spot));
        light += beams_ro[k * 3 + 2].rgb * (fade * (core + air * 0.0009 / (0.0009 + d2)) + strikes);
    }
    for (var k = 0; k < count / FAN; k++) {
        let lamp = beams_ro[LAMPS + k * 2];
        let away = at - lamp.xy;
        light += beams_ro[LAMPS + k * 2 + 1].rgb * (lamp.z / (lamp.z + dot(away, away)));
    }
    return light;
}

fn image(p: Pixel) -> vec4f {
    let kick = pulse(frame.kick, 0.16);
    let sway = 0.05 * drift2(frame.time.x * 0.7);
    let at = p.pos + sway;
    // Smoke drifts through and is lit only where light is.
    let q = at * vec2f(1.3, 1.9) + vec2f(0.10 * frame.time.x + 0.06 * frame.all.w, 0.05 * frame.time.x);
    let smoke = fbm2(q + 0.6 * vec2f(noise2(q * 0.8 + 5.0), noise2(q * 0.8 + 19.0)), 3);
    let fog = mix(1.0, 0.25 + 1.5 * smoke * smoke * 1.6, params.haze);
    let floor_at = -0.62 + 0.015 * sway.y;
    var light = vec3f(0.0);
    if at.y > floor_at {
        light = lit(at, fog, 0.0);
        light += palette(0.22) * params.haze * smoke * smoke * (0.012 + 0.10 * frame.bass.x * frame.bass.x + 0.10 * kick) * exp(-abs(at.y - 0.2) * 1.2);
    } else {
        // The wet floor mirrors the hall, broken by ripples.
        let depth = floor_at - at.y;
        let ripple = (noise2(vec2f(at.x * 5.0, 3.0 / (depth + 0.08) + 0.4 * frame.time.x)) - 0.5) * (0.02 + 0.18 * depth) * (1.0 + kick);
        let mirrored = vec2f(at.x + ripple, floor_at + depth * 1.25 + 0.5 * ripple);
        light = lit(mirrored, fog, 0.6) * (0.42 * exp(-depth * 1.1)) + lit(at, fog, 0.0) * 0.55;
        light += palette(0.3) * exp(-depth * 9.0) * (0.015 + 0.06 * frame.bass.x);
    }
    return vec4f(light * vignette(p.pos, 0.15) * note_light(), 1.0);
}
