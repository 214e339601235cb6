//! The rows. Frequencies in Hz, times in seconds to −60 dB, levels linear.

/// A sine whose pitch falls.
#[derive(Clone, Copy)]
pub(super) struct Tone {
    pub(super) from_hz: f32,
    pub(super) to_hz: f32,
    pub(super) bend_secs: f32,
    pub(super) level: f32,
    pub(super) fall_secs: f32,
}

/// Noise between two frequencies, clapped by so many hands.
#[derive(Clone, Copy)]
pub(super) struct Hiss {
    pub(super) low_hz: f32,
    pub(super) high_hz: f32,
    pub(super) level: f32,
    pub(super) fall_secs: f32,
    pub(super) hands: f32,
}

/// Square waves out of tune, above a frequency.
#[derive(Clone, Copy)]
pub(super) struct Metal {
    pub(super) hz: f32,
    pub(super) low_hz: f32,
    pub(super) level: f32,
    pub(super) fall_secs: f32,
}

pub(super) struct Recipe {
    pub(super) name: &'static str,
    pub(super) secs: f32,
    pub(super) tones: &'static [Tone],
    pub(super) noise: Hiss,
    pub(super) metal: Metal,
    pub(super) drive: f32,
    pub(super) peak: f32,
}

const QUIET: Hiss = Hiss { low_hz: 100.0, high_hz: 10_000.0, level: 0.0, fall_secs: 0.0, hands: 1.0 };
const NO_METAL: Metal = Metal { hz: 400.0, low_hz: 5_000.0, level: 0.0, fall_secs: 0.0 };

const fn tone(from_hz: f32, to_hz: f32, bend_secs: f32, level: f32, fall_secs: f32) -> Tone {
    Tone { from_hz, to_hz, bend_secs, level, fall_secs }
}

const fn hiss(low_hz: f32, high_hz: f32, level: f32, fall_secs: f32, hands: f32) -> Hiss {
    Hiss { low_hz, high_hz, level, fall_secs, hands }
}

const fn metal(hz: f32, low_hz: f32, level: f32, fall_secs: f32) -> Metal {
    Metal { hz, low_hz, level, fall_secs }
}

const fn recipe(
    name: &'static str,
    secs: f32,
    tones: &'static [Tone],
    noise: Hiss,
    metal: Metal,
    drive: f32,
    peak: f32,
) -> Recipe {
    Recipe { name, secs, tones, noise, metal, drive, peak }
}

/// Warm and round: long kick, soft snare, ticking hats.
#[rustfmt::skip]
pub(super) const LUMEN: [Recipe; 14] = [
    recipe("bd", 0.9, &[tone(190.0, 46.0, 0.09, 1.0, 0.85), tone(900.0, 200.0, 0.012, 0.3, 0.02)], QUIET, NO_METAL, 1.6, 0.95),
    recipe("sd", 0.35, &[tone(330.0, 185.0, 0.05, 0.7, 0.18), tone(480.0, 330.0, 0.05, 0.4, 0.12)], hiss(900.0, 9_000.0, 1.1, 0.3, 1.0), NO_METAL, 1.2, 0.85),
    recipe("rim", 0.09, &[tone(1_700.0, 1_650.0, 0.02, 1.0, 0.06), tone(480.0, 460.0, 0.02, 0.6, 0.05)], hiss(2_000.0, 9_000.0, 0.4, 0.03, 1.0), NO_METAL, 2.0, 0.7),
    recipe("cp", 0.5, &[], hiss(800.0, 4_500.0, 1.4, 0.35, 4.0), NO_METAL, 1.3, 0.85),
    recipe("hh", 0.09, &[], hiss(8_000.0, 16_000.0, 0.3, 0.05, 1.0), metal(540.0, 7_500.0, 1.0, 0.08), 1.0, 0.6),
    recipe("oh", 0.6, &[], hiss(8_000.0, 16_000.0, 0.2, 0.4, 1.0), metal(540.0, 7_000.0, 1.0, 0.55), 1.0, 0.6),
    recipe("lt", 0.6, &[tone(150.0, 82.0, 0.12, 1.0, 0.55)], hiss(300.0, 3_000.0, 0.06, 0.1, 1.0), NO_METAL, 1.3, 0.85),
    recipe("mt", 0.5, &[tone(220.0, 122.0, 0.12, 1.0, 0.45)], hiss(300.0, 3_000.0, 0.06, 0.1, 1.0), NO_METAL, 1.3, 0.85),
    recipe("ht", 0.4, &[tone(320.0, 178.0, 0.12, 1.0, 0.35)], hiss(300.0, 3_000.0, 0.06, 0.1, 1.0), NO_METAL, 1.3, 0.85),
    recipe("cb", 0.35, &[tone(541.0, 541.0, 0.0, 0.6, 0.3), tone(802.0, 802.0, 0.0, 0.6, 0.25), tone(1_623.0, 1_623.0, 0.0, 0.2, 0.1)], QUIET, NO_METAL, 3.0, 0.7),
    recipe("cr", 1.8, &[], hiss(5_000.0, 16_000.0, 0.7, 1.5, 1.0), metal(420.0, 4_500.0, 0.8, 1.7), 1.0, 0.6),
    recipe("rd", 1.4, &[tone(3_150.0, 3_150.0, 0.0, 0.1, 0.8)], hiss(6_000.0, 16_000.0, 0.2, 0.6, 1.0), metal(620.0, 6_000.0, 0.9, 1.2), 1.0, 0.5),
    recipe("sh", 0.12, &[], hiss(6_000.0, 14_000.0, 1.0, 0.09, 2.0), NO_METAL, 1.0, 0.5),
    recipe("tb", 0.3, &[], hiss(7_000.0, 15_000.0, 0.5, 0.15, 2.0), metal(1_100.0, 8_000.0, 0.8, 0.28), 1.0, 0.5),
];

/// Hard and dry: clicking kick, cracking snare, sizzling hats.
#[rustfmt::skip]
pub(super) const EMBER: [Recipe; 14] = [
    recipe("bd", 0.45, &[tone(260.0, 52.0, 0.05, 1.0, 0.4), tone(2_400.0, 300.0, 0.008, 0.5, 0.015)], hiss(1_500.0, 8_000.0, 0.12, 0.012, 1.0), NO_METAL, 3.0, 0.95),
    recipe("sd", 0.26, &[tone(420.0, 210.0, 0.03, 0.9, 0.12), tone(640.0, 390.0, 0.03, 0.4, 0.08)], hiss(1_800.0, 13_000.0, 1.4, 0.2, 1.0), NO_METAL, 2.2, 0.9),
    recipe("rim", 0.06, &[tone(2_100.0, 1_900.0, 0.01, 1.0, 0.04), tone(820.0, 800.0, 0.02, 0.7, 0.03)], hiss(3_000.0, 12_000.0, 0.6, 0.02, 1.0), NO_METAL, 3.0, 0.7),
    recipe("cp", 0.3, &[], hiss(1_200.0, 8_000.0, 1.8, 0.18, 3.0), NO_METAL, 2.2, 0.85),
    recipe("hh", 0.07, &[], hiss(7_000.0, 18_000.0, 0.8, 0.045, 1.0), metal(390.0, 8_500.0, 0.7, 0.05), 1.6, 0.6),
    recipe("oh", 0.4, &[], hiss(7_000.0, 18_000.0, 0.7, 0.3, 1.0), metal(390.0, 8_000.0, 0.8, 0.35), 1.6, 0.6),
    recipe("lt", 0.35, &[tone(190.0, 92.0, 0.06, 1.0, 0.3)], hiss(500.0, 6_000.0, 0.15, 0.05, 1.0), NO_METAL, 2.4, 0.85),
    recipe("mt", 0.3, &[tone(280.0, 138.0, 0.06, 1.0, 0.26)], hiss(500.0, 6_000.0, 0.15, 0.05, 1.0), NO_METAL, 2.4, 0.85),
    recipe("ht", 0.26, &[tone(400.0, 205.0, 0.06, 1.0, 0.22)], hiss(500.0, 6_000.0, 0.15, 0.05, 1.0), NO_METAL, 2.4, 0.85),
    recipe("cb", 0.2, &[tone(587.0, 587.0, 0.0, 0.8, 0.16), tone(845.0, 845.0, 0.0, 0.7, 0.14)], QUIET, NO_METAL, 6.0, 0.65),
    recipe("cr", 1.2, &[], hiss(4_000.0, 18_000.0, 1.0, 1.0, 1.0), metal(330.0, 5_000.0, 0.7, 1.1), 1.8, 0.6),
    recipe("rd", 0.9, &[tone(4_200.0, 4_200.0, 0.0, 0.15, 0.5)], hiss(8_000.0, 18_000.0, 0.3, 0.3, 1.0), metal(710.0, 7_000.0, 0.9, 0.8), 1.6, 0.5),
    recipe("sh", 0.08, &[], hiss(8_000.0, 17_000.0, 1.2, 0.06, 1.0), NO_METAL, 1.4, 0.5),
    recipe("tb", 0.2, &[], hiss(9_000.0, 17_000.0, 0.6, 0.1, 1.0), metal(1_300.0, 9_000.0, 0.8, 0.18), 1.4, 0.5),
];

/// A few tones and noises that are no drums. `note` plays them in tune: they are made on the C below middle C.
#[rustfmt::skip]
pub(super) const TONES: [Recipe; 6] = [
    recipe("bell", 2.0, &[tone(130.81, 130.81, 0.0, 0.5, 1.8), tone(360.9, 360.9, 0.0, 0.35, 1.2), tone(706.4, 706.4, 0.0, 0.25, 0.8), tone(1_172.0, 1_172.0, 0.0, 0.15, 0.4)], QUIET, NO_METAL, 1.0, 0.7),
    recipe("thump", 0.5, &[tone(261.6, 65.4, 0.04, 1.0, 0.45)], QUIET, NO_METAL, 4.0, 0.9),
    recipe("zap", 0.35, &[tone(4_000.0, 90.0, 0.12, 1.0, 0.3)], QUIET, NO_METAL, 2.0, 0.7),
    recipe("wind", 2.5, &[], hiss(300.0, 1_400.0, 1.0, 4.0, 1.0), NO_METAL, 1.0, 0.5),
    recipe("spark", 0.15, &[tone(7_000.0, 2_000.0, 0.02, 0.5, 0.05)], hiss(4_000.0, 16_000.0, 1.0, 0.1, 3.0), NO_METAL, 2.0, 0.6),
    recipe("click", 0.02, &[tone(3_000.0, 1_000.0, 0.004, 1.0, 0.01)], QUIET, NO_METAL, 2.0, 0.7),
];

/// Single periods by the levels of their harmonics: waves to play in tune.
#[rustfmt::skip]
pub(super) const PERIODS: [(&str, &[f32]); 4] = [
    ("wt_organ", &[1.0, 0.8, 0.0, 0.6, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3]),
    ("wt_reed", &[1.0, 0.3, 0.75, 0.2, 0.6, 0.15, 0.45, 0.1, 0.35, 0.1, 0.25, 0.05, 0.2]),
    ("wt_glass", &[1.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.35, 0.0, 0.0, 0.0, 0.0, 0.2]),
    ("wt_voice", &[0.6, 0.8, 1.0, 0.7, 0.35, 0.2, 0.25, 0.4, 0.45, 0.25, 0.1, 0.05]),
];
