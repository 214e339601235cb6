// What every native scene finds: where a pixel is, the full-screen triangle, the sound.

// Where a pixel is.
struct Pixel {
    // 0-1 from the top left: what textures want.
    uv: vec2f,
    // From the centre, y up; the short side of the picture spans -1 to 1.
    pos: vec2f,
    // Pixels from the top left, at pixel centres.
    px: vec2f,
}

fn pixel_at(px: vec2f) -> Pixel {
    let centred = px * 2.0 - frame.size.xy;
    return Pixel(px * frame.size.zw, vec2f(centred.x, -centred.y) / min(frame.size.x, frame.size.y), px);
}

@vertex
fn fullscreen(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
    return vec4f(corner * 2.0 - 1.0, 0.0, 1.0);
}

// A texture at 0-1 from the top left, free of the rules about uniform control flow.
fn look(t: texture_2d<f32>, uv: vec2f) -> vec4f {
    return textureSampleLevel(t, samp, uv, 0.0);
}

// The spectrum at x = 0 (30 Hz) to 1 (16 kHz) in log frequency: 0-1, fast up and slow down.
fn spectrum(x: f32) -> f32 {
    return textureSampleLevel(audio, samp, vec2f(x, 0.125), 0.0).r;
}

// The same with a tail of a second.
fn spectrum_slow(x: f32) -> f32 {
    return textureSampleLevel(audio, samp, vec2f(x, 0.125), 0.0).g;
}

// The newest 43 ms of sound, x = 0-1: -1 to 1.
fn waveform(x: f32) -> f32 {
    return textureSampleLevel(audio, samp, vec2f(x, 0.125), 0.0).b;
}
