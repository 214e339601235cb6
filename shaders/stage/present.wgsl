// The finished picture on a window: whole, its shape kept, black around it.

// Scale of the picture's coordinates about the middle.
@group(0) @binding(0) var<uniform> fit: vec4f;
@group(0) @binding(1) var samp: sampler;
@group(0) @binding(2) var picture: texture_2d<f32>;

struct Corner {
    @builtin(position) at: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) i: u32) -> Corner {
    let p = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
    return Corner(vec4f(p.x * 2.0 - 1.0, 1.0 - p.y * 2.0, 0.0, 1.0), p);
}

@fragment
fn present(in: Corner) -> @location(0) vec4f {
    let uv = (in.uv - 0.5) * fit.xy + 0.5;
    let c = textureSampleLevel(picture, samp, uv, 0.0).rgb;
    let inside = all(uv >= vec2f(0.0)) && all(uv <= vec2f(1.0));
    return vec4f(select(vec3f(0.0), c, inside), 1.0);
}
