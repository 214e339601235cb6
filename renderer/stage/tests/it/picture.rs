//! Pictures against their golden copies: small, within a tolerance, with a picture of the difference on failure.
//! `cargo xtask goldens` draws them anew: look at each before committing it.

use std::path::Path;

use image::{Rgb, RgbImage};

/// Drivers round differently: so much per channel, of 255.
const TOLERANCE: u8 = 16;
/// Set to draw the golden pictures instead of comparing.
const REFRESH: &str = "UPDATE_GOLDEN";

/// Pictures of one size, side by side in one golden file.
pub(crate) struct Sheet {
    tile: [u32; 2],
    columns: u32,
    tiles: Vec<(String, Vec<[u8; 4]>)>,
}

impl Sheet {
    pub(crate) fn new(tile: [u32; 2], columns: u32) -> Self {
        Self { tile, columns, tiles: Vec::new() }
    }

    /// Adds a picture, by rows from the top.
    pub(crate) fn push(&mut self, name: &str, pixels: Vec<[u8; 4]>) {
        assert_eq!(pixels.len() as u32, self.tile[0] * self.tile[1], "{name}");
        self.tiles.push((name.to_owned(), pixels));
    }

    fn drawn(&self) -> RgbImage {
        let [width, height] = self.tile;
        let rows = (self.tiles.len() as u32).div_ceil(self.columns);
        RgbImage::from_fn(width * self.columns, height * rows, |x, y| {
            let tile = self.tiles.get((y / height * self.columns + x / width) as usize);
            let pixel = tile.map_or([0; 4], |(_, pixels)| pixels[(y % height * width + x % width) as usize]);
            Rgb([pixel[0], pixel[1], pixel[2]])
        })
    }

    /// Compares with `tests/golden/FILE.png`: of each tile, a share of at most `outliers` may be off by more than
    /// the tolerance.
    ///
    /// # Errors
    /// A sentence that names the tiles and where the difference is drawn.
    pub(crate) fn check(&self, file: &str, outliers: f64) -> Result<(), String> {
        let got = self.drawn();
        let path = Path::new("tests/golden").join(format!("{file}.png"));
        if std::env::var_os(REFRESH).is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            got.save(&path).unwrap();
        }
        let want = image::open(&path).map_err(|error| format!("{}: {error}", path.display()))?.to_rgb8();
        if want.dimensions() != got.dimensions() {
            return Err(format!("{file}: {:?} instead of {:?}", got.dimensions(), want.dimensions()));
        }
        let off = |x: u32, y: u32| {
            let pair = got.get_pixel(x, y).0.into_iter().zip(want.get_pixel(x, y).0);
            pair.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
        };
        let [width, height] = self.tile;
        let share = |tile: u32| {
            let (left, top) = (tile % self.columns * width, tile / self.columns * height);
            let places = (0..width * height).map(|i| (left + i % width, top + i / width));
            let far = places.filter(|(x, y)| off(*x, *y) > TOLERANCE).count();
            far as f64 / f64::from(width * height)
        };
        let broken: Vec<String> = (0u32..)
            .zip(&self.tiles)
            .map(|(i, (name, _))| (share(i), name))
            .filter(|(share, _)| *share > outliers)
            .map(|(share, name)| format!("{name} {:.1} %", share * 100.0))
            .collect();
        if broken.is_empty() {
            return Ok(());
        }
        let to = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let short = file.replace('/', "-");
        let difference =
            RgbImage::from_fn(got.width(), got.height(), |x, y| Rgb([off(x, y).saturating_mul(4); 3]));
        got.save(to.join(format!("{short}-got.png"))).unwrap();
        difference.save(to.join(format!("{short}-difference.png"))).unwrap();
        Err(format!("{file} differs: {}; see {}", broken.join(", "), to.display()))
    }
}
