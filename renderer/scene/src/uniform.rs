use bytemuck::{Pod, Zeroable};

use crate::{FrameInput, HitInput, ProgramInput};

/// The WGSL of [`FrameUniform`] and of the functions every native scene may call.
pub const FRAME_WGSL: &str = include_str!("../../../shaders/common/frame.wgsl");

/// The WGSL between light and the screen: `tone`, `untone` and the sRGB curve, for scenes and the stage.
pub const TONE_WGSL: &str = include_str!("../../../shaders/common/tone.wgsl");

/// Hit counts are sent as floats; they wrap here so that they stay exact.
const COUNT_WRAP: u64 = 1 << 20;
/// Clocks wrap here, in seconds, so that a float keeps 0.1 ms: a little over 13 minutes.
const CLOCK_WRAP_SECS: f64 = 819.2;

/// What every pass knows of the frame, byte for byte the `Frame` of `shaders/common/frame.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FrameUniform {
    /// Size of the pass's target in pixels, then its inverse.
    pub size: [f32; 4],
    /// Scene time, time step (seconds), frame number of the scene, seed (0–1).
    pub time: [f32; 4],
    /// Beat (wrapped at 4,096), beat phase, bar phase (turns), tempo (beats per minute).
    pub beat: [f32; 4],
    /// Whole range: level, hits, presence (0–1), clock (seconds).
    pub all: [f32; 4],
    /// Bass: level, hits, presence, clock.
    pub bass: [f32; 4],
    /// Mid: level, hits, presence, clock.
    pub mid: [f32; 4],
    /// Middle high: level, hits, presence, clock.
    pub mid_high: [f32; 4],
    /// High: level, hits, presence, clock.
    pub high: [f32; 4],
    /// Beats: count, age (seconds), strength, envelope (1 on the hit, 150 ms decay).
    pub beat_hit: [f32; 4],
    /// Onsets: count, age, strength, envelope.
    pub onset: [f32; 4],
    /// Kicks: count, age, strength, envelope.
    pub kick: [f32; 4],
    /// Snares: count, age, strength, envelope.
    pub snare: [f32; 4],
    /// Hats: count, age, strength, envelope.
    pub hat: [f32; 4],
    /// Drops: count, age, strength, envelope.
    pub drop: [f32; 4],
    /// Onset strength, intensity, build-up (0–1), loudness (LUFS).
    pub mood: [f32; 4],
    /// Key: tonic in turns of the chroma circle, 1 for minor, confidence, beats per bar.
    pub key: [f32; 4],
    /// Pointer.
    pub mouse: [f32; 4],
    /// Year, month, day, seconds in the day.
    pub date: [f32; 4],
    /// Picture mix, pass index, transition progress, 1 when silent.
    pub extra: [f32; 4],
    /// Five stops from dark to bright, linear RGB.
    pub palette: [[f32; 4]; 5],
    /// The same stops as cube roots of cone responses: OKLab is linear in them, so that shaders mix
    /// in OKLab without roots or matrices of their own.
    pub palette_roots: [[f32; 4]; 5],
}

impl FrameUniform {
    /// Packs what one pass of one program sees. `size` is the pass's target in pixels.
    pub fn new(
        input: &FrameInput,
        program: &ProgramInput,
        size: [u32; 2],
        pass_index: u32,
        progress: f32,
    ) -> Self {
        let s = &*input.signal;
        let band = |b: &audio_signal::BandSignal| {
            [b.level, b.hits, b.presence, (b.time_secs.rem_euclid(CLOCK_WRAP_SECS)) as f32]
        };
        let bar = f64::from(input.beats_per_bar.max(1));
        let (w, h) = (size[0].max(1) as f32, size[1].max(1) as f32);
        Self {
            size: [w, h, 1.0 / w, 1.0 / h],
            time: [
                program.time_secs as f32,
                input.dt_secs,
                (program.frame_idx % COUNT_WRAP) as f32,
                (f64::from(input.seed) * 0.618_033_988_749_895).fract() as f32,
            ],
            beat: [
                input.beat.rem_euclid(4096.0) as f32,
                input.beat.rem_euclid(1.0) as f32,
                (input.beat.rem_euclid(bar) / bar) as f32,
                input.tempo_bpm,
            ],
            all: band(&s.all),
            bass: band(&s.bass),
            mid: band(&s.mid),
            mid_high: band(&s.mid_high),
            high: band(&s.high),
            beat_hit: hit(&input.beat_hit),
            onset: hit(&input.onset),
            kick: hit(&input.kick),
            snare: hit(&input.snare),
            hat: hit(&input.hat),
            drop: hit(&input.drop),
            mood: [s.onset_strength, s.intensity, s.build_up, s.loudness_lufs],
            key: [
                s.key.map_or(0.0, |k| f32::from(k.tonic) / 12.0),
                s.key.map_or(0.0, |k| f32::from(u8::from(k.mode == audio_signal::Mode::Minor))),
                s.key_confidence,
                bar as f32,
            ],
            mouse: input.mouse,
            date: input.date,
            extra: [input.picture_mix, pass_index as f32, progress, f32::from(u8::from(s.silent))],
            palette: input.palette,
            palette_roots: input.palette.map(cone_roots),
        }
    }
}

/// Cube roots of the cone responses of a linear RGB colour, the middle step of OKLab (Björn
/// Ottosson, public domain). Alpha is kept.
fn cone_roots([r, g, b, a]: [f32; 4]) -> [f32; 4] {
    [
        (0.412_221_47 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt(),
        (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt(),
        (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt(),
        a,
    ]
}

fn hit(hit: &HitInput) -> [f32; 4] {
    [(hit.count % COUNT_WRAP) as f32, hit.age_secs.min(1000.0), hit.strength, hit.envelope()]
}
