/*---
name = "Ink Drift"
description = "Thousands of embers in a slow wind. A kick blows a hole into the cloud, hats make some of them flare, bass thickens the wind."
author = "Jamlight"
tags = ["particles", "flow", "compute", "warm", "calm"]

[[param]]
name = "wind"
label = "Wind"
min = 0.1
max = 2.0
default = 0.7
clock = true

[[param]]
name = "grain"
label = "Eddy size"
min = 0.5
max = 3.0
default = 1.35

[[param]]
name = "memory"
label = "Trail length"
min = 0.0
max = 1.0
default = 0.62

[[param]]
name = "blast"
label = "Blast of a kick"
min = 0.0
max = 1.0
default = 0.6

[[storage]]
name = "motes"
type = "Mote"
count = 6144

[[buffer]]
name = "trail"
scale = 0.5
persistent = true

[[pass]]
compute = "move_motes"
groups = [96, 1, 1]

[[pass]]
image = "fade"
target = "trail"

[[pass]]
vertex = "mote_vertex"
fragment = "mote_fragment"
vertices = 3
instances = 6144
blend = "add"
target = "trail"

[[pass]]
image = "image"
---*/

struct Mote {
    // Where it is, centred, the short side spans -1 to 1.
    at: vec2f,
    velocity: vec2f,
}

// Half the picture in the units of `Pixel.pos`, with a margin to be born in.
fn half_picture() -> vec2f {
    return frame.size.xy / min(frame.size.x, frame.size.y) * 1.06;
}

// Where kicks strike: a place that wanders.
fn heart(n: f32) -> vec2f {
    return 0.45 * drift2(frame.time.x * 0.7 + n * 2.1) * half_picture();
}

@compute @workgroup_size(64)
fn move_motes(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if i >= 6144u {
        return;
    }
    let dt = frame.time.y;
    let room = half_picture();
    var m = motes[i];
    let lot = random3(i * 3u + u32(frame.time.z) * 40503u);
    // A mote lives some seconds, then another is born elsewhere; the first frame fills the picture.
    if frame.time.z < 0.5 || lot.x < dt * 0.16 {
        m.at = (random2(i + u32(frame.time.z) * 977u) * 2.0 - 1.0) * room;
        m.velocity = vec2f(0.0);
    }
    let weight = 0.5 + random(i);
    let q = m.at * params.grain;
    let t = 0.22 * params.wind_clock + 0.12 * frame.mid.w;
    let flow = curl2(q + vec2f(t, 3.1)) + 0.55 * curl2(q * 2.3 - vec2f(1.7, t * 1.4));
    let wanted = flow * (0.10 + 0.34 * frame.bass.x + 0.06 * frame.all.z) * params.wind / weight;
    m.velocity += (wanted - m.velocity) * min(dt * 2.6, 1.0);
    // The blast: a ring that leaves the heart with each kick and throws what it meets.
    let away = m.at - heart(frame.kick.x);
    let r = length(away) + 1e-3;
    let front = glow_tight(r - 2.4 * frame.kick.y, 0.10 + 0.35 * frame.kick.y);
    m.velocity += away / r * front * frame.kick.z * params.blast * 26.0 * dt * exp(-frame.kick.y * 6.0);
    m.at += m.velocity * dt;
    // What leaves on one side comes back on the other.
    m.at = select(m.at, m.at - 2.0 * room * sign(m.at), abs(m.at) > room);
    motes[i] = m;
}

fn fade(p: Pixel) -> vec4f {
    let dt = frame.time.y;
    // The smoke behind the embers rises a little as it goes.
    let kept = look(trail, p.uv + vec2f(0.0, 0.012) * dt).rgb;
    return vec4f(max(kept * exp(-dt * mix(9.0, 1.4, params.memory)) - 0.06 * dt, vec3f(0.0)), 1.0);
}

struct Spark {
    @builtin(position) place: vec4f,
    @location(0) local: vec2f,
    @location(1) colour: vec3f,
}

@vertex
fn mote_vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) i: u32) -> Spark {
    let m = motes_ro[i];
    let speed = length(m.velocity);
    let along = select(vec2f(1.0, 0.0), m.velocity / max(speed, 1e-4), speed > 1e-3);
    // One triangle round the mote, drawn out along its way.
    let angle = f32(corner) * 2.0943951;
    let local = vec2f(cos(angle), sin(angle)) * 2.0;
    let size = (0.0035 + 0.003 * random(i)) * vec2f(1.0 + 9.0 * speed, 1.0);
    let across = vec2f(-along.y, along.x);
    let at = m.at + along * local.x * size.x + across * local.y * size.y;
    let flare = pulse(frame.hat, 0.10) * step(0.86, random(i * 7u + u32(frame.hat.x) * 131u));
    let heat = 0.25 + 0.40 * random(i * 3u) + 0.55 * speed;
    // Most motes are dust; one in five carries the light.
    let bright = 0.18 + 1.6 * step(0.8, random(i * 5u + 3u));
    let struck = 1.9 * pulse(frame.kick, 0.12) + 0.8 * pulse(frame.snare, 0.10);
    let light = (0.02 + 0.05 * frame.all.x + 0.28 * speed) * bright * (0.55 + struck) + 3.0 * flare;
    let clip = at * min(frame.size.x, frame.size.y) * frame.size.zw;
    return Spark(vec4f(clip, 0.0, 1.0), local, palette(min(heat + flare, 1.0)) * light);
}

@fragment
fn mote_fragment(s: Spark) -> @location(0) vec4f {
    return vec4f(s.colour * exp(-3.0 * dot(s.local, s.local)), 0.0);
}

fn image(p: Pixel) -> vec4f {
    let smoke = look(trail, p.uv).rgb;
    // A breath of light in the air, where the bass is and where the last kick struck.
    let r = length(p.pos - heart(frame.kick.x));
    let air = palette(0.35) * (0.010 + 0.05 * frame.bass.x) * vignette(p.pos, 1.5)
        + palette(0.6) * pulse(frame.kick, 0.14) * 0.22 * glow(r, 0.16);
    return vec4f((smoke * (1.1 + 1.5 * pulse(frame.kick, 0.13) + 0.6 * pulse(frame.snare, 0.1)) + air) * note_light(), 1.0);
}
