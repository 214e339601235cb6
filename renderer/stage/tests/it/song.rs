//! A made-up song as the analyser would hear it: 120 beats a minute, kicks on the beat, snares on two and
//! four, hats between, a bass that walks, a quiet bar in every eight.

use std::f64::consts::TAU;
use std::sync::Arc;

use audio_signal::{AudioFrame, BandSignal, Hit, Key, Mode, SPECTRUM_BINS, WAVEFORM_SAMPLES};
use renderer_scene::{
    ExprInput, FaderInput, FrameInput, HitInput, LayerContent, LayerInput, MasterInput, ParamSlot,
    ProgramInput, SceneInput, SceneProgram,
};

pub(crate) const TEMPO_BPM: f64 = 120.0;
const SAMPLE_RATE_HZ: u32 = 48_000;
const BASS_HZ: [f64; 4] = [55.0, 65.4, 49.0, 73.4];

/// Five stops from near black to warm white, linear RGB.
pub(crate) const PALETTE: [[f32; 4]; 5] = [
    [0.004, 0.005, 0.020, 1.0],
    [0.030, 0.020, 0.180, 1.0],
    [0.350, 0.030, 0.250, 1.0],
    [0.950, 0.240, 0.060, 1.0],
    [1.000, 0.780, 0.450, 1.0],
];

fn hits(beats: f64, every: f64, from: f64, strength: f32) -> Hit {
    let n = ((beats - from) / every).floor();
    if n < 0.0 {
        return Hit::default();
    }
    Hit { count: n as u64 + 1, time_secs: (from + n * every) * 60.0 / TEMPO_BPM, strength }
}

fn spark(time: f64, hit: &Hit) -> f32 {
    if hit.count == 0 { 0.0 } else { hit.strength * (-(time - hit.time_secs) as f32 / 0.12).exp() }
}

/// What is heard at a time, in seconds.
pub(crate) fn signal(time: f64) -> AudioFrame {
    let beats = time * TEMPO_BPM / 60.0;
    let loud = if (beats / 4.0) as u64 % 8 == 7 { 0.25 } else { 1.0 };
    let kick = hits(beats, 1.0, 0.0, 0.9 * loud);
    let snare = hits(beats, 2.0, 1.0, 0.7 * loud);
    let hat = hits(beats, 0.5, 0.25, 0.5 * loud);
    let onset = hits(beats, 0.25, 0.0, 0.6 * loud);
    let (k, s, h) = (spark(time, &kick), spark(time, &snare), spark(time, &hat));
    let swell = (0.5 + 0.5 * (time * TAU / 16.0).sin()) as f32;
    let band = |level: f32, hits: f32, presence: f32, speed: f64| BandSignal {
        level: (level * loud).clamp(0.0, 1.0),
        hits: hits.clamp(0.0, 1.0),
        presence,
        time_secs: time * speed,
    };
    let bass_hz = BASS_HZ[(beats / 4.0) as usize % 4];
    let sound = |t: f64| {
        let lead = 220.0 * 1.5_f64.powf(((beats * 2.0) as u64 % 3) as f64);
        let noise = ((t * 12_345.678).sin() * 43_758.545).fract();
        (0.45 * f64::from(k) * (t * TAU * 52.0).sin()
            + 0.22 * f64::from(loud) * (t * TAU * bass_hz).sin()
            + 0.12 * f64::from(swell) * (t * TAU * lead).sin()
            + 0.10 * f64::from(s + h) * noise) as f32
    };
    let mut frame = AudioFrame {
        time_secs: time,
        sample_rate_hz: SAMPLE_RATE_HZ,
        silent: false,
        all: band(0.45 + 0.4 * k, k.max(s).max(h), 0.6, 0.8),
        bass: band(0.4 + 0.5 * k, k, 0.7, 0.9),
        mid: band(0.3 + 0.3 * swell + 0.3 * s, s, 0.5, 0.6),
        mid_high: band(0.25 + 0.5 * s, s, 0.5, 0.6),
        high: band(0.15 + 0.6 * h, h, 0.4, 0.5),
        onset_strength: k.max(s).max(h),
        onset,
        kick,
        snare,
        hat,
        beat: hits(beats, 1.0, 0.0, 1.0),
        downbeat: hits(beats, 4.0, 0.0, 1.0),
        tempo_bpm: TEMPO_BPM as f32,
        beat_confidence: 0.95,
        downbeat_confidence: 0.9,
        beats,
        beat_phase: beats.fract() as f32,
        bar_phase: (beats / 4.0).fract() as f32,
        beats_per_bar: 4,
        loudness_lufs: -14.0,
        intensity: 0.4 + 0.4 * swell,
        build_up: ((beats / 32.0).fract() * 2.0 - 1.0).max(0.0) as f32,
        drop: hits(beats, 32.0, 32.0, 1.0),
        section: hits(beats, 32.0, 0.0, 1.0),
        key: Some(Key { tonic: 9, mode: Mode::Minor }),
        key_confidence: 0.8,
        ..AudioFrame::default()
    };
    for (i, sample) in frame.waveform.iter_mut().enumerate() {
        *sample = sound(time + (i as f64 - WAVEFORM_SAMPLES as f64) / f64::from(SAMPLE_RATE_HZ));
    }
    let bin_hz = f64::from(SAMPLE_RATE_HZ) / (2 * SPECTRUM_BINS) as f64;
    for (i, magnitude) in frame.spectrum.iter_mut().enumerate() {
        let hz = i as f64 * bin_hz;
        let peak = |at: f64, level: f32, octaves: f64| {
            let away = (hz.max(1.0) / at).log2() / octaves;
            level * (-(away * away)).exp() as f32
        };
        let pink = 0.05 * loud / (1.0 + (hz / 120.0) as f32);
        *magnitude = pink
            + peak(55.0, 0.45 * k, 0.35)
            + peak(bass_hz, 0.2 * loud, 0.12)
            + peak(330.0 + 110.0 * f64::from(swell), 0.08 * swell, 0.1)
            + peak(1_800.0, 0.05 * s, 0.8)
            + peak(9_000.0, 0.02 * h, 0.4);
    }
    frame
}

/// The input of one frame with these layers.
pub(crate) fn input(frame_idx: u64, frames_per_sec: u32, layers: Vec<LayerInput>) -> FrameInput {
    let time = frame_idx as f64 / f64::from(frames_per_sec);
    let heard = signal(time);
    let at = |hit: &Hit| HitInput {
        count: hit.count,
        age_secs: if hit.count == 0 { 1000.0 } else { (time - hit.time_secs) as f32 },
        strength: hit.strength,
    };
    FrameInput {
        frame_idx,
        time_secs: time,
        dt_secs: if frame_idx == 0 { 0.0 } else { 1.0 / frames_per_sec as f32 },
        seed: 7,
        beat: heard.beats,
        beats_per_bar: 4,
        tempo_bpm: heard.tempo_bpm,
        beat_hit: at(&heard.beat),
        onset: at(&heard.onset),
        kick: at(&heard.kick),
        snare: at(&heard.snare),
        hat: at(&heard.hat),
        drop: at(&heard.drop),
        signal: Arc::new(heard),
        palette: PALETTE,
        mouse: [0.0; 4],
        date: [2026.0, 6.0, 21.0, 72_000.0],
        pictures: [None, None],
        picture_mix: (0.5 - 0.5 * (time * TAU / 8.0).cos()) as f32,
        layers,
        effects: Vec::new(),
        fader: FaderInput::default(),
        master: MasterInput { blackout: false, frozen: false, brightness: 1.0 },
        previews: Vec::new(),
    }
}

/// One instance of a program at a frame, its parameters at their defaults and its clocks running.
pub(crate) fn program(
    scene: &SceneProgram,
    instance: u64,
    frame_idx: u64,
    frames_per_sec: u32,
) -> ProgramInput {
    let time_secs = frame_idx as f64 / f64::from(frames_per_sec);
    let params = scene.params.iter().map(|p| {
        let mut slot = p.default_slot();
        if let renderer_scene::ParamKind::Float { clock: true, .. } = p.kind {
            slot[1] = (time_secs * f64::from(slot[0])) as f32;
        }
        slot
    });
    let mut params: Vec<ParamSlot> = params.collect();
    if !scene.computed.is_empty() {
        compute(scene, &mut params, time_secs, frame_idx);
    }
    ProgramInput {
        program: scene.id,
        instance,
        time_secs,
        frame_idx,
        params,
        images: vec![None; scene.params.len()],
    }
}

/// A layer that shows one scene and nothing else.
pub(crate) fn layer(layer: u32, scene: SceneInput) -> LayerInput {
    LayerInput { layer, content: LayerContent::One(scene), ..LayerInput::default() }
}

/// What the director would compute: the numbers of sketches.
fn compute(scene: &SceneProgram, params: &mut [ParamSlot], time_secs: f64, frame_idx: u64) {
    let heard = signal(time_secs);
    let hit = |hit: &Hit| HitInput {
        count: hit.count,
        age_secs: (time_secs - hit.time_secs) as f32,
        strength: hit.strength,
    };
    let fft = [heard.bass.level, heard.mid.level, heard.mid_high.level, heard.high.level];
    let input = ExprInput {
        time_secs,
        frame_idx,
        beat: heard.beats,
        tempo_bpm: TEMPO_BPM,
        fft: &fft,
        volume: f64::from(heard.all.level),
        hits: [&heard.beat, &heard.onset, &heard.kick, &heard.snare, &heard.hat].map(hit),
        clocks_secs: [&heard.bass, &heard.mid, &heard.mid_high, &heard.high].map(|band| band.time_secs),
        palette: PALETTE.map(|[r, g, b, _]| [r, g, b].map(|light| light.powf(1.0 / 2.2))),
        params,
        ..ExprInput::default()
    };
    let values: Vec<f32> = scene.computed.iter().map(|computed| computed.expr.eval(&input) as f32).collect();
    for (computed, value) in scene.computed.iter().zip(values) {
        params[computed.param][0] = value;
    }
}
