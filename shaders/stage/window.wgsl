// The show's picture in the control window and the colours of what lies over it: one look at each pixel of the window.

struct View {
    // The picture's place: its corner and its size, in pixels of the window.
    place: vec4f,
    // What the panels leave free: its corners, in pixels of the window.
    free: vec4f,
    // The colours over it and beside it, multiplied by their alpha.
    over_free: vec4f,
    panels: vec4f,
}

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var samp: sampler;
@group(0) @binding(2) var<uniform> view: View;

// Whether the picture has the size of its place: read without filtering, a third of the work for a processor that draws.
override EXACT: bool = false;

@fragment
fn show(in: Corner) -> @location(0) vec4f {
    let at = in.at.xy - view.place.xy;
    var light: vec4f;
    if EXACT {
        light = textureLoad(picture, vec2i(floor(at)), 0);
    } else {
        light = textureSampleLevel(picture, samp, at / view.place.zw, 0.0);
    }
    let shown = all(at >= vec2f(0.0)) && all(at < view.place.zw);
    let free = all(in.at.xy >= view.free.xy) && all(in.at.xy < view.free.zw);
    let veil = select(view.panels, view.over_free, free);
    return vec4f(light.rgb * (select(0.0, 1.0, shown) * (1.0 - veil.a)) + veil.rgb, 1.0);
}

// A picture that was drawn smaller, stretched to the size of its place before `show` looks at it. So little is asked of
// each pixel that a processor that draws does it by its quickest way.
@fragment
fn stretch(in: Corner) -> @location(0) vec4f {
    return textureSampleLevel(picture, samp, in.uv, 0.0);
}
