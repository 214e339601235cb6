//! Whether a film flashes more than a room may bear: WCAG 2.3.1.
//!
//! The picture is looked at in cells of 4×4 pixels. Of each, the relative luminance and the saturated red are
//! followed. A change is a step of at least 0.1 of luminance whose darker side is below 0.8, or of 20/320 of
//! red, against the direction of the last one; two changes are a flash. A cell with more than three flashes
//! within a second violates; the film does when such cells fill a quarter of any window of a third of its
//! width and height (341×256 of 1024×768) within one second.

/// Side of a cell, in pixels.
pub const CELL_PX: usize = 4;
/// Flashes of a cell that are allowed within a second.
pub const MAX_FLASHES: usize = 3;
/// Share of the window that counts as large.
pub const LARGE: f64 = 0.25;
/// Luminance that changes.
const BRIGHT_CHANGE: f32 = 0.1;
/// A change whose darker side is brighter is none.
const DARK_SIDE: f32 = 0.8;
/// Red that changes: 20 of 320.
const RED_CHANGE: f32 = 20.0 / 320.0;
/// Red with at least this share of all light is saturated.
const SATURATED: f32 = 0.8;

/// What was found in a film.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flashes {
    /// Frames in which too large an area had flashed too often within the second before.
    pub num_violations: usize,
    /// The largest such share of a window, 0–1.
    pub worst_share: f64,
    /// The most flashes of any cell within a second.
    pub most_flashes: f64,
}

#[derive(Clone, Default)]
struct Track {
    furthest: f32,
    direction: f32,
    seen: bool,
    /// Frames of the changes of the last second.
    changes: std::collections::VecDeque<usize>,
}

impl Track {
    /// Returns the changes within the second that ends now.
    fn step(&mut self, frame: usize, value: f32, least: f32, dark_side: f32, fps: usize) -> usize {
        let away = value - self.furthest;
        if !self.seen || self.direction != 0.0 && away * self.direction >= 0.0 {
            (self.seen, self.furthest) = (true, value);
        } else if away.abs() >= least && value.min(self.furthest) < dark_side {
            (self.direction, self.furthest) = (away.signum(), value);
            self.changes.push_back(frame);
        }
        while self.changes.front().is_some_and(|at| at + fps <= frame) {
            self.changes.pop_front();
        }
        self.changes.len()
    }
}

/// Looks at frames one after the other.
pub struct Analyser {
    cells: [usize; 2],
    fps: usize,
    tracks: Vec<[Track; 2]>,
    /// For each cell, the frame until which it counts as flashing.
    until: Vec<usize>,
    frame: usize,
    found: Flashes,
}

impl Analyser {
    /// For frames of this size, in pixels.
    pub fn new(size: [usize; 2], fps: usize) -> Self {
        let cells = size.map(|side| side / CELL_PX);
        let num = cells[0] * cells[1];
        Self {
            cells,
            fps,
            tracks: vec![Default::default(); num],
            until: vec![0; num],
            frame: 0,
            found: Flashes::default(),
        }
    }

    /// Looks at a frame: linear RGB, rows from the top.
    pub fn frame(&mut self, width: usize, linear: &[[f32; 3]]) {
        self.frame += 1;
        for cy in 0..self.cells[1] {
            for cx in 0..self.cells[0] {
                let mut sum = [0.0f32; 3];
                for y in 0..CELL_PX {
                    for x in 0..CELL_PX {
                        let pixel = linear[(cy * CELL_PX + y) * width + cx * CELL_PX + x];
                        (0..3).for_each(|c| sum[c] += pixel[c]);
                    }
                }
                let [r, g, b] = sum.map(|c| c / (CELL_PX * CELL_PX) as f32);
                let bright = 0.2126 * r + 0.7152 * g + 0.0722 * b;
                let red = if r >= SATURATED * (r + g + b) { (r - g - b).max(0.0) } else { 0.0 };
                let cell = cy * self.cells[0] + cx;
                let [of_bright, of_red] = &mut self.tracks[cell];
                let changes = of_bright
                    .step(self.frame, bright, BRIGHT_CHANGE, DARK_SIDE, self.fps)
                    .max(of_red.step(self.frame, red, RED_CHANGE, f32::INFINITY, self.fps));
                self.found.most_flashes = self.found.most_flashes.max(changes as f64 / 2.0);
                if changes > 2 * MAX_FLASHES {
                    self.until[cell] = self.frame + self.fps;
                }
            }
        }
        let share = self.worst_share();
        self.found.worst_share = self.found.worst_share.max(share);
        self.found.num_violations += usize::from(share >= LARGE);
    }

    /// Returns what was found so far.
    pub fn found(&self) -> Flashes {
        self.found
    }

    /// The largest share of flashing cells in any window.
    fn worst_share(&self) -> f64 {
        let [w, h] = self.cells;
        // Sums over the rectangle from the corner: each window is four look-ups.
        let mut sums = vec![0usize; (w + 1) * (h + 1)];
        for y in 0..h {
            for x in 0..w {
                let hot = usize::from(self.until[y * w + x] > self.frame);
                sums[(y + 1) * (w + 1) + x + 1] =
                    hot + sums[y * (w + 1) + x + 1] + sums[(y + 1) * (w + 1) + x] - sums[y * (w + 1) + x];
            }
        }
        let (ww, wh) = (w.div_ceil(3), h.div_ceil(3));
        let at = |x: usize, y: usize| sums[y * (w + 1) + x];
        let mut most = 0;
        for y in 0..=h - wh {
            for x in 0..=w - ww {
                most = most.max(at(x + ww, y + wh) + at(x, y) - at(x + ww, y) - at(x, y + wh));
            }
        }
        most as f64 / (ww * wh) as f64
    }
}

/// Turns one frame of a y4m file, 4:2:0 in limited range and BT.709, into linear RGB.
pub fn linear_from_y4m(size: [usize; 2], planes: &[u8]) -> Vec<[f32; 3]> {
    let [w, h] = size;
    let chroma = [w.div_ceil(2), h.div_ceil(2)];
    let (luma, rest) = planes.split_at(w * h);
    let (blue, red) = rest.split_at(chroma[0] * chroma[1]);
    (0..w * h)
        .map(|i| {
            let c = i / w / 2 * chroma[0] + i % w / 2;
            let y = (f32::from(luma[i]) - 16.0) / 219.0;
            let cb = (f32::from(blue[c]) - 128.0) / 224.0;
            let cr = (f32::from(red[c]) - 128.0) / 224.0;
            [y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb].map(linear_from_srgb)
        })
        .collect()
}

fn linear_from_srgb(code: f32) -> f32 {
    let c = code.clamp(0.0, 1.0);
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// Makes a 16-bit mono WAV of clicks that sweep from one rate to another, in clicks a second.
pub fn sweeping_clicks(seconds: f64, from_hz: f64, to_hz: f64) -> Vec<u8> {
    const RATE_HZ: u32 = 48_000;
    let num = (seconds * f64::from(RATE_HZ)) as u32;
    let mut phase = 0.0f64;
    // Seconds since the last click.
    let mut age = f64::INFINITY;
    let mut noise = 1u32;
    let mut samples = Vec::with_capacity(num as usize * 2);
    for i in 0..num {
        let at = f64::from(i) / f64::from(num.max(1));
        phase += (from_hz + (to_hz - from_hz) * at) / f64::from(RATE_HZ);
        if phase >= 1.0 {
            phase -= 1.0;
            age = 0.0;
        }
        // A drum-like click: a thump and a burst of noise.
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = f64::from(noise >> 16) / 32_768.0 - 1.0;
        let sample = if age.is_finite() {
            let thump = (std::f64::consts::TAU * 60.0 * age).sin() * (-age * 30.0).exp();
            0.6 * thump + 0.3 * hiss * (-age * 120.0).exp()
        } else {
            0.0
        };
        age += 1.0 / f64::from(RATE_HZ);
        samples.extend(((sample * 32_000.0) as i16).to_le_bytes());
    }
    let mut wav = Vec::with_capacity(44 + samples.len());
    wav.extend(b"RIFF");
    wav.extend((36 + samples.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    for word in [1u16, 1] {
        wav.extend(word.to_le_bytes());
    }
    wav.extend(RATE_HZ.to_le_bytes());
    wav.extend((RATE_HZ * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [96, 48];

    /// Looks at three seconds in which a part of the picture changes every `hold` frames.
    fn check(part: usize, colours: [[f32; 3]; 2], hold: usize) -> Flashes {
        let mut analyser = Analyser::new(SIZE, 30);
        for frame in 0..90 {
            let pixel = |i: usize| {
                let inside = i % SIZE[0] < part && i / SIZE[0] < part;
                if inside { colours[frame / hold % 2] } else { colours[0] }
            };
            analyser.frame(SIZE[0], &(0..SIZE[0] * SIZE[1]).map(pixel).collect::<Vec<_>>());
        }
        analyser.found()
    }

    #[test]
    fn a_strobe_violates_and_a_slow_one_does_not() {
        assert!(check(96, [[0.0; 3], [1.0; 3]], 2).num_violations > 0);
        assert_eq!(check(96, [[0.0; 3], [1.0; 3]], 6).num_violations, 0);
    }

    #[test]
    fn small_faint_and_bright_changes_are_allowed_and_red_ones_are_not() {
        assert_eq!(check(8, [[0.0; 3], [1.0; 3]], 2).num_violations, 0);
        assert_eq!(check(96, [[0.0; 3], [0.09; 3]], 2).num_violations, 0);
        assert_eq!(check(96, [[0.85; 3], [1.0; 3]], 2).num_violations, 0);
        assert!(check(96, [[0.0; 3], [0.4, 0.0, 0.0]], 2).num_violations > 0);
    }
}
