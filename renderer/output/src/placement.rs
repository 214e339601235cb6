use bytemuck::{Pod, Zeroable};

/// How a picture lies on a window: which part, where its corners are, how bright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// The part of the picture that is shown: left, top, width and height, 0–1.
    pub crop: [f32; 4],
    /// Where the corners of the canvas lie on the window, from its top left, 0–1: top left, top right, bottom
    /// right, bottom left. A projector that stands askew is straightened with them.
    pub corners: [[f32; 2]; 4],
    /// Gain on the screen's codes, 0–2.
    pub brightness: f32,
    /// Exponent of the mid tones, 0.2–5: above 1 is brighter.
    pub gamma: f32,
    /// Whether a test card is shown in the place of the picture.
    pub test_card: bool,
}

impl Default for Placement {
    /// The whole picture on the whole window, as it is.
    fn default() -> Self {
        Self {
            crop: [0.0, 0.0, 1.0, 1.0],
            corners: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]],
            brightness: 1.0,
            gamma: 1.0,
            test_card: false,
        }
    }
}

/// A placement as `shaders/stage/present.wgsl` reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct PlacementUniform {
    /// From window to canvas, row by row.
    rows: [[f32; 4]; 3],
    /// Scale that shows the part whole, the window's aspect.
    fit: [f32; 4],
    crop: [f32; 4],
    /// Brightness, 1 / gamma.
    trim: [f32; 4],
}

impl Placement {
    /// Whether brightness or mid tones are changed.
    pub(crate) fn is_trimmed(&self) -> bool {
        self.brightness != 1.0 || self.gamma != 1.0
    }

    /// The numbers for a picture on a window, both in pixels.
    pub(crate) fn uniform(&self, picture: [u32; 2], window: [u32; 2]) -> PlacementUniform {
        let [left, top, width, height] = self.crop;
        let (left, top) = (left.clamp(0.0, 0.99), top.clamp(0.0, 0.99));
        let (width, height) = (width.clamp(0.01, 1.0 - left), height.clamp(0.01, 1.0 - top));
        let [across, down] = picture.map(|side| side.max(1) as f32);
        let window = window.map(|side| side.max(1) as f32);
        let aspect = window[0] / window[1];
        let wider = aspect / (across * width / (down * height));
        let fit = if wider > 1.0 { [wider, 1.0] } else { [1.0, 1.0 / wider] };
        let rows = canvas_from_window(self.corners).unwrap_or(IDENTITY);
        PlacementUniform {
            rows: rows.map(|[x, y, w]| [x, y, w, 0.0]),
            fit: [fit[0], fit[1], aspect, 0.0],
            crop: [left, top, width, height],
            trim: [self.brightness.clamp(0.0, 2.0), 1.0 / self.gamma.clamp(0.2, 5.0), 0.0, 0.0],
        }
    }
}

const IDENTITY: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// The projective map that takes four corners to those of the unit square, `None` when they lie on a line.
///
/// Heckbert, "Fundamentals of Texture Mapping and Image Warping", 2.2.3: the map of the square onto the corners,
/// and its adjugate.
fn canvas_from_window(corners: [[f32; 2]; 4]) -> Option<[[f32; 3]; 3]> {
    let [p0, p1, p2, p3] = corners;
    let minus = |a: [f32; 2], b: [f32; 2]| [a[0] - b[0], a[1] - b[1]];
    let (d1, d2) = (minus(p1, p2), minus(p3, p2));
    let sum = [p0[0] - p1[0] + p2[0] - p3[0], p0[1] - p1[1] + p2[1] - p3[1]];
    let area = d1[0] * d2[1] - d2[0] * d1[1];
    if !area.is_finite() || area.abs() < 1e-5 {
        return None;
    }
    let g = (sum[0] * d2[1] - d2[0] * sum[1]) / area;
    let h = (d1[0] * sum[1] - sum[0] * d1[1]) / area;
    let [a, d] = [0, 1].map(|i| p1[i] - p0[i] + g * p1[i]);
    let [b, e] = [0, 1].map(|i| p3[i] - p0[i] + h * p3[i]);
    let [c, f] = p0;
    let inverse = [
        [e - f * h, c * h - b, b * f - c * e],
        [f * g - d, a - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ];
    // Turned so that the middle of the corners is in front.
    let middle = [0, 1].map(|i| (p0[i] + p1[i] + p2[i] + p3[i]) / 4.0);
    let depth = inverse[2][0] * middle[0] + inverse[2][1] * middle[1] + inverse[2][2];
    let scaled = inverse.map(|row| row.map(|n| n / depth));
    scaled.iter().flatten().all(|n| n.is_finite()).then_some(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corner_of_the_window_shows_its_corner_of_the_picture() {
        let corners = [[0.1, 0.05], [0.9, 0.2], [1.0, 0.95], [0.0, 0.8]];
        let map = canvas_from_window(corners).unwrap();
        for (corner, wanted) in corners.iter().zip([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) {
            let at = map.map(|row| row[0] * corner[0] + row[1] * corner[1] + row[2]);
            assert!(at[2] > 0.0, "{corner:?}");
            for i in 0..2 {
                assert!((at[i] / at[2] - wanted[i]).abs() < 1e-3, "{corner:?} is at {at:?}");
            }
        }
        assert_eq!(canvas_from_window([[0.5, 0.5]; 4]), None);
    }

    #[test]
    fn a_part_keeps_its_shape_on_a_wider_window() {
        let place = Placement { crop: [0.0, 0.0, 0.5, 1.0], ..Placement::default() };
        // Half of 200×100 is square: on a window twice as wide it takes the middle half.
        assert_eq!(place.uniform([200, 100], [200, 100]).fit[..2], [2.0, 1.0]);
    }
}
