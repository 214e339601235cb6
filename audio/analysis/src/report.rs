use serde::Serialize;

use crate::analyser::{Analyser, Hops};
use crate::bands::Bands;
use crate::beat::{Activation, Activity, Swing, offline_beats};
use crate::hits::Hits;
use crate::key::{HOPS_PER_LOOK, Harmony};
use crate::loudness::integrated_lufs;
use crate::settings::Settings;
use crate::spectrum::{Flux, Spectrum};

/// What was heard in a whole recording, as `jamlight analyze --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Times of the beats, in seconds.
    pub beats: Vec<f64>,
    /// Times of the first beats of bars, in seconds: a part of `beats`.
    pub downbeats: Vec<f64>,
    /// Beats per minute: the median of all beats. 0 without beats.
    pub tempo: f64,
    /// Beats in most bars; 0 without bars.
    pub meter: u8,
    /// Where the off-beat lies at the end, in turns of the beat: 0.5 straight, 0.667 triplets.
    pub swing: f32,
    /// Such as "C minor" or "F# major"; `None` for drums and noise.
    pub key: Option<String>,
    /// Times of all onsets, in seconds.
    pub onsets: Vec<f64>,
    /// Integrated loudness (EBU R128), in LUFS. −70 is silence.
    pub loudness_lufs: f32,
    /// Length of the recording, in seconds.
    pub duration: f64,
}

/// Analyses a whole recording, looking ahead where that helps.
///
/// `samples` are interleaved; 0 channels count as 1.
pub fn analyze(samples: &[f32], sample_rate_hz: u32, channels: u16) -> Analysis {
    let settings = Settings::default();
    let hops = Hops::new(sample_rate_hz);
    let (rate_hz, hop_secs) = (hops.rate_hz as f32, hops.secs as f32);
    let channels = channels.max(1);
    let mut spectrum = Spectrum::new();
    let mut flux = Flux::new(hops.rate_hz, hops.secs);
    let mut bands = Bands::new(rate_hz, hop_secs, settings.silence_gate_db, settings.auto_gain_secs);
    let mut hits = Hits::new(hop_secs, &flux);
    let mut activation = Activation::new(flux.centres_hz.len(), hops.secs);
    let mut harmony = Harmony::new(rate_hz, hop_secs, f32::INFINITY);
    let mut mono = Vec::new();
    let (mut curve, mut looks, mut onsets, mut hats) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let hop_len = hops.input_frames * usize::from(channels);
    // One window of silence after the end lets the last attack pass through.
    let tail = vec![0.0; hop_len];
    let blocks = samples.chunks_exact(hop_len).chain(std::iter::repeat_n(&tail[..], 4));
    for (i, block) in blocks.enumerate() {
        let time_secs = (i + 1) as f64 * hops.secs;
        hops.mix(block, usize::from(channels), &mut mono);
        mono.iter_mut().filter(|s| !s.is_finite()).for_each(|s| *s = 0.0);
        spectrum.push(&mono);
        flux.push(&spectrum.magnitudes);
        bands.push(&spectrum.magnitudes, &mono);
        let before = hits.onset.hit.count;
        let hats_before = hits.hat.hit.count;
        hits.push(&flux, bands.silent, time_secs);
        if hits.onset.hit.count > before {
            onsets.push(hits.onset.hit.time_secs);
        }
        if hits.hat.hit.count > hats_before {
            hats.push(hits.hat.hit.time_secs);
        }
        let activity = activation.push(&flux);
        curve.push(if bands.silent { Activity::default() } else { activity });
        if (i as u64 + 1).is_multiple_of(HOPS_PER_LOOK) {
            harmony.look(spectrum.long_window(), bands.silent);
            looks.push((time_secs, harmony.classes));
        }
    }
    let duration = samples.len() as f64 / f64::from(channels) / f64::from(sample_rate_hz.max(1));
    let range = (f64::from(settings.tempo_min_bpm), f64::from(settings.tempo_max_bpm));
    let times = offline_beats(&curve, &looks, hops.secs, range);
    let heard: Vec<(f64, bool)> = times.into_iter().filter(|(t, _)| (0.0..=duration).contains(t)).collect();
    let beats: Vec<f64> = heard.iter().map(|(t, _)| *t).collect();
    let downbeats: Vec<f64> = heard.iter().filter(|(_, first)| *first).map(|(t, _)| *t).collect();
    Analysis {
        tempo: median_tempo(&beats),
        meter: usual_meter(&beats, &downbeats),
        swing: swing(&beats, &hats),
        downbeats,
        beats,
        key: harmony.key.map(|k| k.to_string()),
        onsets,
        loudness_lufs: integrated_lufs(samples, sample_rate_hz, channels),
        duration,
    }
}

/// Gives the same report from the causal path used live: what a room would have seen.
pub fn analyze_online(samples: &[f32], sample_rate_hz: u32, channels: u16) -> Analysis {
    let mut analyser = Analyser::new(sample_rate_hz, Settings::default());
    let (mut beats, mut downbeats, mut onsets) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = [0u64; 3];
    analyser.push(samples, channels, &mut |frame| {
        let hits = [&frame.beat, &frame.downbeat, &frame.onset];
        let lists = [&mut beats, &mut downbeats, &mut onsets];
        for ((count, hit), list) in counts.iter_mut().zip(hits).zip(lists) {
            if hit.count > *count {
                *count = hit.count;
                list.push(hit.time_secs);
            }
        }
    });
    Analysis {
        tempo: median_tempo(&beats),
        meter: usual_meter(&beats, &downbeats),
        swing: analyser.frame().swing_turns,
        beats,
        downbeats,
        key: analyser.frame().key.map(|k| k.to_string()),
        onsets,
        loudness_lufs: integrated_lufs(samples, sample_rate_hz, channels.max(1)),
        duration: samples.len() as f64 / f64::from(channels.max(1)) / f64::from(sample_rate_hz.max(1)),
    }
}

/// Beats between downbeats, the most frequent count.
fn usual_meter(beats: &[f64], downbeats: &[f64]) -> u8 {
    let mut counts = [0_u32; 16];
    for bar in downbeats.windows(2) {
        let place = |time: f64| beats.partition_point(|beat| *beat < time - 1e-6);
        if let Some(count) = counts.get_mut(place(bar[1]) - place(bar[0])) {
            *count += 1;
        }
    }
    let most = counts.iter().enumerate().fold((0, 0), |a, (i, b)| if *b > a.1 { (i, *b) } else { a });
    most.0 as u8
}

fn swing(beats: &[f64], hats: &[f64]) -> f32 {
    let mut swing = Swing::default();
    let mut hats = hats.iter().peekable();
    for pair in beats.windows(2) {
        let (now, next) = (pair[0], pair[1]);
        swing.advance();
        while let Some(hat) = hats.next_if(|hat| **hat < next) {
            if *hat >= now && next > now {
                swing.hear(((hat - now) / (next - now)) as f32);
            }
        }
    }
    swing.turns()
}

fn median_tempo(beats: &[f64]) -> f64 {
    let mut gaps: Vec<f64> = beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let middle = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0);
    if middle > 0.0 { 60.0 / middle } else { 0.0 }
}
