//! Makes the two built-in pictures, by arithmetic: a dusk over mountains and a tide pool of light.
//!
//! Both are sums of value noise over a lattice of hashed numbers, so they are the same on every machine
//! and nobody else's work. They are made to be morphed: A is warm, horizontal and deep, B is cold, round
//! and flat; both leave a third of the frame dark.
//! `cargo run --release -p app-library --example built_in_pictures` writes them where the library embeds them.
#![expect(clippy::disallowed_methods, reason = "a generator writes files")]

use std::path::Path;

/// Width and height, in pixels: sharp on a screen of 720 lines, and small as a file.
const SIZE: [u32; 2] = [1280, 720];
/// Ridges of the mountains, from the farthest.
const NUM_RIDGES: u32 = 5;
/// Of a JPEG: no block is seen.
const QUALITY: u8 = 90;

/// A colour for each place of a picture.
type Painting = fn(f32, f32) -> [f32; 3];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("assets/pictures").to_path_buf();
    let pictures: [(&str, Painting); 2] = [("dusk", dusk), ("pool", pool)];
    for (name, paint) in pictures {
        let [width, height] = SIZE;
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            // From the middle, up; the height of the picture spans -1 to 1.
            let at = |v: u32, side: u32| (2.0 * (v as f32 + 0.5) - side as f32) / height as f32;
            image::Rgb(paint(at(x, width), -at(y, height)).map(screen))
        });
        let file = std::io::BufWriter::new(std::fs::File::create(folder.join(format!("{name}.jpg")))?);
        picture.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(file, QUALITY))?;
    }
    Ok(())
}

/// Light to a byte: a soft shoulder, then the sRGB curve.
fn screen(light: f32) -> u8 {
    let lit = light.max(0.0);
    let c = (lit * (1.0 + 0.15 * lit)) / (1.0 + lit * 0.75);
    let v = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.min(1.0).powf(1.0 / 2.4) - 0.055 };
    (v * 255.0).round() as u8
}

/// Five ridges before a low sun; mist between them, stars above.
fn dusk(x: f32, y: f32) -> [f32; 3] {
    let sun = [0.42, -0.12];
    let (dx, dy) = (x - sun[0], y - sun[1]);
    let away = (dx * dx + dy * dy).sqrt();
    let height = (y + 1.0) * 0.5;
    // The sky: ember at the horizon, violet, then night; bands of cloud lit from below.
    let mut c = mix3([1.25, 0.36, 0.10], [0.30, 0.06, 0.22], smooth(0.30, 0.62, height));
    c = mix3(c, [0.012, 0.014, 0.055], smooth(0.52, 0.98, height));
    let cloud = smooth(0.52, 0.80, fbm(x * 1.1 + 3.0, y * 5.0, 5, 11)) * smooth(0.0, 0.5, height);
    let lit = (-away * 1.1).exp();
    c = mix3(c, [0.9 * lit + 0.04, 0.28 * lit + 0.02, 0.12 * lit + 0.05], cloud * 0.85);
    add(&mut c, [2.6, 1.15, 0.42], (-away * 7.0).exp() * 0.9);
    add(&mut c, [5.0, 3.4, 1.9], smooth(0.105, 0.095, away));
    let star = hash((x * 150.0).floor() as i32, (y * 150.0).floor() as i32, 5);
    add(&mut c, [0.7, 0.75, 1.0], smooth(0.9972, 1.0, star) * smooth(0.6, 0.9, height) * (1.0 - cloud));
    for ridge in 0..NUM_RIDGES {
        let near = ridge as f32 / (NUM_RIDGES - 1) as f32;
        let wide = 0.9 + 1.3 * (1.0 - near);
        let peaks = fbm(x * wide + 17.3 * ridge as f32, 0.7 * ridge as f32, 6, 31 + ridge);
        let top = -0.08 - 0.20 * ridge as f32 + (0.30 + 0.25 * near) * (peaks - 0.42);
        let inside = smooth(-0.004, 0.004, top - y);
        // Mist gathers at the foot of each ridge and takes the colour of the sky.
        let depth = ((top - y) * (2.4 - near)).clamp(0.0, 1.0);
        let mist = mix3([0.55, 0.16, 0.09], [0.10, 0.035, 0.10], near);
        let rock = mix3([0.085, 0.022, 0.045], [0.002, 0.0015, 0.005], near.powf(0.7));
        let share = depth * (1.0 - near) * 0.9 * (0.6 + 0.4 * fbm(x * 3.0, y * 6.0, 3, 71 + ridge));
        let mut slope = mix3(rock, mist, share);
        let rim = (-(top - y).max(0.0) * 90.0).exp() * (-(x - sun[0]).abs() * 1.4).exp();
        add(&mut slope, [1.1, 0.34, 0.10], rim * (1.0 - 0.6 * near));
        c = mix3(c, slope, inside);
    }
    c
}

/// Light that falls through moving water onto dark stone, with a bloom of something that glows.
fn pool(x: f32, y: f32) -> [f32; 3] {
    let warp = |s: u32| fbm(x * 1.3 + s as f32 * 5.2, y * 1.3 - s as f32 * 1.7, 4, 90 + s) - 0.5;
    let (u, v) = (x + 0.9 * warp(1), y + 0.9 * warp(2));
    let (u2, v2) =
        (u + 0.35 * (fbm(u * 2.6, v * 2.6, 3, 95) - 0.5), v + 0.35 * (fbm(u * 2.6, v * 2.6, 3, 96) - 0.5));
    // Caustics: where neighbouring rays meet, thin bright lines.
    let line = |scale: f32, seed: u32| {
        let ridge = 1.0 - (2.0 * fbm(u2 * scale, v2 * scale, 2, seed) - 1.0).abs();
        ridge.max(0.0).powf(22.0)
    };
    let stone = fbm(u * 2.2, v * 2.2, 6, 120);
    let depth = smooth(0.2, 1.5, (x * x * 0.5 + y * y).sqrt() + 0.5 * (stone - 0.5));
    let mut c = mix3([0.006, 0.040, 0.060], [0.001, 0.004, 0.016], depth);
    c = mix3(c, [0.010, 0.10, 0.11], smooth(0.48, 0.78, stone) * (1.0 - depth) * 0.7);
    add(&mut c, [0.30, 0.95, 0.85], line(1.6, 130) * (1.0 - 0.75 * depth) * 0.9);
    add(&mut c, [0.12, 0.50, 0.80], line(3.3, 131) * (1.0 - 0.6 * depth) * 0.55);
    // Discs that glow violet, drawn by the same warp: a colony.
    for i in 0..42 {
        let at = |k: u32| hash(i, k as i32, 140) * 2.0 - 1.0;
        let spread = 0.35 + 0.65 * hash(i, 9, 141);
        let (cx, cy) = (-0.55 + 0.85 * at(1) * spread, -0.15 + 0.62 * at(2) * spread);
        let size = 0.02 + 0.075 * hash(i, 3, 142) * hash(i, 4, 142);
        let away = ((u - cx).powi(2) + (v - cy).powi(2)).sqrt();
        let rim = (-((away - size) / (0.14 * size + 0.003)).powi(2)).exp();
        let heart = (-(away / (0.5 * size)).powi(2)).exp();
        let tone = mix3([0.75, 0.10, 0.75], [1.6, 0.42, 0.20], hash(i, 6, 143) * hash(i, 7, 143) * 1.6);
        add(&mut c, tone, 0.9 * rim + 0.8 * heart + 0.02 * (-(away / (3.0 * size)).powi(2)).exp());
    }
    c
}

fn mix3(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    let t = t.clamp(0.0, 1.0);
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

fn add(to: &mut [f32; 3], light: [f32; 3], share: f32) {
    to.iter_mut().zip(light).for_each(|(to, light)| *to += light * share);
}

/// 0 at `from`, 1 at `to`, smooth between; `from` may be the larger.
fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Octaves of value noise, 0-1.
fn fbm(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut share, mut all, mut scale) = (0.0, 0.5, 0.0, 1.0);
    for octave in 0..octaves {
        sum += share * value_noise(x * scale, y * scale, seed + 1000 * octave);
        all += share;
        share *= 0.5;
        scale *= 2.03;
    }
    sum / all
}

fn value_noise(x: f32, y: f32, seed: u32) -> f32 {
    let (i, j) = (x.floor(), y.floor());
    let (u, v) = (smooth(0.0, 1.0, x - i), smooth(0.0, 1.0, y - j));
    let at = |a: i32, b: i32| hash(i as i32 + a, j as i32 + b, seed);
    let (low, high) = (at(0, 0) + (at(1, 0) - at(0, 0)) * u, at(0, 1) + (at(1, 1) - at(0, 1)) * u);
    low + (high - low) * v
}

/// Uniform in 0-1 (a mix of 32 bits after Chris Wellons' prospector).
fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B9)
        ^ (y as u32).wrapping_mul(0x85EB_CA6B)
        ^ seed.wrapping_mul(0xC2B2_AE35);
    h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
    h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
    ((h ^ (h >> 16)) >> 8) as f32 / (1u32 << 24) as f32
}
