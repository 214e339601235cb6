//! The Show's palette as the five linear stops every shader sees. Interpolated in OKLab
//! (Björn Ottosson, 2020), so that the way from one colour to the next keeps its lightness.

use sync_protocol::Palette;

/// Returns five linear RGB stops, evenly spaced along the palette.
pub(crate) fn linear_stops(palette: &Palette) -> [[f32; 4]; 5] {
    let labs: Vec<[f32; 3]> =
        palette.stops.iter().map(|stop| oklab_from_linear(stop.map(linear_from_srgb))).collect();
    std::array::from_fn(|i| {
        let rgb = match labs.as_slice() {
            [] => [i as f32 / 4.0; 3],
            [only] => linear_from_oklab(*only),
            many => {
                let place = i as f32 / 4.0 * (many.len() - 1) as f32;
                let below = (place.floor() as usize).min(many.len() - 2);
                let t = place - below as f32;
                let (a, b) = (many[below], many[below + 1]);
                linear_from_oklab(std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t))
            }
        };
        [rgb[0].max(0.0), rgb[1].max(0.0), rgb[2].max(0.0), 1.0]
    })
}

/// Decodes one sRGB channel (IEC 61966-2-1).
pub(crate) fn linear_from_srgb(encoded: f32) -> f32 {
    let v = encoded.clamp(0.0, 1.0);
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Encodes one linear channel as sRGB (IEC 61966-2-1).
pub(crate) fn srgb_from_linear(linear: f32) -> f32 {
    let v = linear.clamp(0.0, 1.0);
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

fn oklab_from_linear([r, g, b]: [f32; 3]) -> [f32; 3] {
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

fn linear_from_oklab([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_palette_are_its_own_colours() {
        let stops = linear_stops(&Palette { name: "x".into(), stops: vec![[0.0; 3], [1.0, 0.5, 0.25]] });
        for (got, want) in stops[4].iter().zip([1.0, 0.214_04, 0.050_876, 1.0]) {
            assert!((got - want).abs() < 1e-3, "{got} {want}");
        }
        assert!(stops[0][0] < 1e-4);
    }
}
