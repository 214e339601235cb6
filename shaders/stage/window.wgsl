// The show's picture in the control window: one texel for each pixel of the window.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var samp: sampler;
// A colour over the picture, multiplied by its alpha.
@group(0) @binding(2) var<uniform> veil: vec4f;

// Whether the picture has the size of its place: read without filtering, a third of the work for a processor that draws.
override EXACT: bool = false;

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
