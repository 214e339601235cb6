// One triangle that covers the target, its corners in clip space and in the picture: for every full-screen pass.

struct Corner {
    @builtin(position) at: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) i: u32) -> Corner {
    let p = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
    return Corner(vec4f(p.x * 2.0 - 1.0, 1.0 - p.y * 2.0, 0.0, 1.0), p);
}
