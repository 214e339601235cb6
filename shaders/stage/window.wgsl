// The show's picture in the control window: one texel for each pixel of the window.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var samp: sampler;
// A colour over the picture, multiplied by its alpha.
@group(0) @binding(2) var<uniform> veil: vec4f;

// Whether the picture has the size of its place: read without filtering, a third of the work for a processor that draws.
override EXACT: bool = false;
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
fn show(in: Corner) -> @location(0) vec4f {
    var light: vec4f;
    if EXACT {
        light = textureLoad(picture, vec2i(in.uv * vec2f(textureDimensions(picture))), 0);
    } else {
        light = textureSampleLevel(picture, samp, in.uv, 0.0);
    }
    return vec4f(light.rgb * (1.0 - veil.a) + veil.rgb, 1.0);
}
