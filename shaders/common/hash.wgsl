// Random numbers from integers: the same on every GPU, no `sin` tricks that differ in precision.

// PCG's output permutation.
fn hash_u32(x: u32) -> u32 {
    let s = x * 747796405u + 2891336453u;
    let w = ((s >> ((s >> 28u) + 4u)) ^ s) * 277803737u;
    return (w >> 22u) ^ w;
}

// 24 bits of a hash as 0-1 (never 1).
fn unit_from_hash(h: u32) -> f32 {
    return f32(h >> 8u) * (1.0 / 16777216.0);
}

fn random(i: u32) -> f32 {
    return unit_from_hash(hash_u32(i));
}

fn random2(i: u32) -> vec2f {
    let h = hash_u32(i);
    return vec2f(unit_from_hash(h), unit_from_hash(hash_u32(h ^ 0x9e3779b9u)));
}

fn random3(i: u32) -> vec3f {
    let h = hash_u32(i);
    let g = hash_u32(h ^ 0x9e3779b9u);
    return vec3f(unit_from_hash(h), unit_from_hash(g), unit_from_hash(hash_u32(g ^ 0x85ebca6bu)));
}

// One hash per cell of a grid, with fewer multiplications than nested `hash_u32`.
fn hash_cell(c: vec2i) -> u32 {
    var h = bitcast<u32>(c.x) * 0x9e3779b1u ^ bitcast<u32>(c.y) * 0x85ebca77u;
    h = (h ^ (h >> 15u)) * 0x2c1b3c6du;
    return h ^ (h >> 13u);
}

fn hash_cell3(c: vec3i) -> u32 {
    var h = bitcast<u32>(c.x) * 0x9e3779b1u ^ bitcast<u32>(c.y) * 0x85ebca77u ^ bitcast<u32>(c.z) * 0xc2b2ae3du;
    h = (h ^ (h >> 15u)) * 0x2c1b3c6du;
    return h ^ (h >> 13u);
}

fn random_cell(c: vec2i) -> f32 {
    return unit_from_hash(hash_cell(c));
}

fn random2_cell(c: vec2i) -> vec2f {
    let h = hash_cell(c);
    return vec2f(f32(h & 0xffffu), f32(h >> 16u)) * (1.0 / 65536.0);
}
