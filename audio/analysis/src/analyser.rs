use audio_signal::{AudioFrame, Transport};

use crate::bands::Bands;
use crate::beat::{Activation, BeatTracker};
use crate::hits::Hits;
use crate::key::{HOPS_PER_LOOK, Harmony};
use crate::loudness::Loudness;
use crate::settings::Settings;
use crate::song::{Moment, Song};
use crate::spectrum::{Flux, Spectrum};

/// Frames published a second: a hop of 10 ms, whatever the sample rate.
pub const HOPS_PER_SECOND: u32 = 100;
/// Streams faster than this are halved before analysis, in Hz: nothing visible lives above 24 kHz.
const ANALYSED_RATE_MAX_HZ: u32 = 50_000;
/// Slower streams than telephone are treated as telephone, in Hz.
const RATE_MIN_HZ: u32 = 8_000;
/// More channels than this are ignored, the first ones count.
const CHANNELS_MAX: usize = 8;
/// Samples beyond this are a broken driver's, not music's (full scale is 1).
const SAMPLE_MAX: f32 = 8.0;

/// How a stream's rate becomes hops: shared by the live and the offline path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hops {
    /// Input frames in a hop.
    pub(crate) input_frames: usize,
    /// Input frames averaged into one analysed sample.
    pub(crate) decimation: usize,
    /// Rate of the analysed samples, in Hz.
    pub(crate) rate_hz: f64,
    pub(crate) secs: f64,
}

impl Hops {
    pub(crate) fn new(sample_rate_hz: u32) -> Self {
        let rate = sample_rate_hz.max(RATE_MIN_HZ);
        let decimation = rate.div_ceil(ANALYSED_RATE_MAX_HZ) as usize;
        let per_hop =
            (f64::from(rate) / f64::from(HOPS_PER_SECOND) / decimation as f64).round().max(1.0) as usize;
        Self {
            input_frames: per_hop * decimation,
            decimation,
            rate_hz: f64::from(rate) / decimation as f64,
            secs: (per_hop * decimation) as f64 / f64::from(rate),
        }
    }

    /// Mixes one hop of interleaved frames down to mono at the analysed rate.
    pub(crate) fn mix(&self, interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
        mono.clear();
        let scale = 1.0 / (channels * self.decimation) as f32;
        let groups = interleaved.chunks_exact(channels * self.decimation);
        mono.extend(groups.map(|group| group.iter().sum::<f32>() * scale));
    }
}

fn clean(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-SAMPLE_MAX, SAMPLE_MAX) } else { 0.0 }
}

/// The causal ear: samples in, one [`AudioFrame`] per hop of 10 ms out.
///
/// Deterministic: the same samples give the same frames whatever the block sizes. Allocates while it is
/// made and in the first hop after a change of channels.
pub struct Analyser {
    settings: Settings,
    sample_rate_hz: u32,
    hops: Hops,
    num_hops: u64,
    channels: usize,
    pending: Vec<f32>,
    mono: Vec<f32>,
    spectrum: Spectrum,
    flux: Flux,
    bands: Bands,
    hits: Hits,
    activation: Activation,
    tracker: BeatTracker,
    harmony: Harmony,
    loudness: Loudness,
    song: Song,
    frame: Box<AudioFrame>,
}

impl Analyser {
    /// Creates one for a stream of `sample_rate_hz`. Settings out of range are moved into it.
    pub fn new(sample_rate_hz: u32, settings: Settings) -> Self {
        let settings = settings.clamped();
        let hops = Hops::new(sample_rate_hz);
        let hop_secs = hops.secs as f32;
        let rate_hz = hops.rate_hz as f32;
        let flux = Flux::new(hops.rate_hz, hops.secs);
        let frame = AudioFrame { sample_rate_hz: hops.rate_hz.round() as u32, ..AudioFrame::default() };
        Self {
            sample_rate_hz,
            num_hops: 0,
            channels: 1,
            pending: Vec::with_capacity(hops.input_frames * CHANNELS_MAX),
            mono: Vec::with_capacity(hops.input_frames),
            spectrum: Spectrum::new(),
            bands: Bands::new(rate_hz, hop_secs, settings.silence_gate_db, settings.auto_gain_secs),
            hits: Hits::new(hop_secs, &flux),
            activation: Activation::new(flux.centres_hz.len(), hops.secs),
            tracker: BeatTracker::new(hops.secs, &settings),
            harmony: Harmony::live(rate_hz, hop_secs),
            loudness: Loudness::new(sample_rate_hz.max(RATE_MIN_HZ)),
            song: Song::new(hop_secs),
            frame: Box::new(frame),
            flux,
            hops,
            settings,
        }
    }

    /// Takes interleaved samples and calls `sink` once for each hop they complete.
    ///
    /// `channels` is clamped to 1–8; a partial frame at the end of a block is dropped. Values that are not
    /// finite count as 0.
    pub fn push(&mut self, interleaved: &[f32], channels: u16, sink: &mut dyn FnMut(&AudioFrame)) {
        let given = usize::from(channels.max(1));
        let used = given.min(CHANNELS_MAX);
        if used != self.channels {
            self.channels = used;
            self.pending.clear();
        }
        let hop_len = self.hops.input_frames * used;
        let mut rest = interleaved.get(..interleaved.len() - interleaved.len() % given).unwrap_or_default();
        while !rest.is_empty() {
            let frames = ((hop_len - self.pending.len()) / used).min(rest.len() / given);
            let (block, after) = rest.split_at(frames * given);
            if given == used {
                self.pending.extend(block.iter().copied().map(clean));
            } else {
                let kept = block.chunks_exact(given).flat_map(|frame| frame.iter().take(used));
                self.pending.extend(kept.copied().map(clean));
            }
            rest = after;
            if self.pending.len() == hop_len {
                self.hop();
                self.pending.clear();
                sink(&self.frame);
            }
        }
    }

    /// Moves stream time on by `secs` with no input: levels fall, the beat clock holds its tempo.
    ///
    /// For a device that delivers nothing. At most an hour at once.
    pub fn silence(&mut self, secs: f64, sink: &mut dyn FnMut(&AudioFrame)) {
        let secs = if secs.is_finite() { secs.clamp(0.0, 3_600.0) } else { 0.0 };
        let hops = (secs / self.hops.secs).round() as u64;
        let hop_len = self.hops.input_frames * self.channels;
        for _ in 0..hops {
            self.pending.clear();
            self.pending.resize(hop_len, 0.0);
            self.hop();
            self.pending.clear();
            sink(&self.frame);
        }
    }

    /// Lets another lead tempo and phase (see [`crate::TempoLeader`]); `None` returns to what is heard.
    ///
    /// The transport's seconds are this analyser's stream time. The change is slewed: beats never jump.
    pub fn follow(&mut self, lead: Option<Transport>) {
        self.tracker.follow(lead.filter(|t| t.tempo_bpm.is_finite() && t.tempo_bpm > 0.0));
    }

    /// Forgets everything, as if new: another stream begins at time 0.
    pub fn reset(&mut self) {
        *self = Self::new(self.sample_rate_hz, self.settings.clone());
    }

    /// The frame published last.
    pub fn frame(&self) -> &AudioFrame {
        &self.frame
    }

    fn hop(&mut self) {
        self.num_hops += 1;
        let time_secs = self.num_hops as f64 * self.hops.secs;
        self.loudness.push(&self.pending, self.channels as u16);
        self.hops.mix(&self.pending, self.channels, &mut self.mono);
        self.spectrum.push(&self.mono);
        self.flux.push(&self.spectrum.magnitudes);
        self.bands.push(&self.spectrum.magnitudes, &self.mono);
        let silent = self.bands.silent;
        let onsets_before = self.hits.onset.hit.count;
        let hats_before = self.hits.hat.hit.count;
        self.hits.push(&self.flux, silent, time_secs);
        let activity = self.activation.push(&self.flux);
        self.tracker.step(time_secs, (!silent).then_some(&activity));
        // A hat beside a kick is no onset of the whole, and hats are what swings.
        if self.hits.hat.hit.count > hats_before {
            self.tracker.hear_hat(time_secs - self.hits.hat.hit.time_secs);
        }
        if self.num_hops.is_multiple_of(HOPS_PER_LOOK) {
            self.harmony.look(self.spectrum.long_window(), silent);
            self.tracker.hear_chord(&self.harmony.classes);
        }
        self.song.push(&Moment {
            time_secs,
            silent,
            energies: &self.bands.energies,
            chroma: &self.harmony.chroma,
            onset: self.hits.onset.hit.count > onsets_before,
        });
        self.publish(time_secs);
    }

    fn publish(&mut self, time_secs: f64) {
        let frame = &mut *self.frame;
        frame.time_secs = time_secs;
        frame.silent = self.bands.silent;
        [frame.bass, frame.mid, frame.mid_high, frame.high, frame.all] = self.bands.signals();
        frame.onset_strength = if frame.silent { 0.0 } else { self.hits.strength_now() };
        frame.onset = self.hits.onset.hit;
        frame.kick = self.hits.kick.hit;
        frame.snare = self.hits.snare.hit;
        frame.hat = self.hits.hat.hit;
        let beat = self.tracker.state();
        frame.beat = beat.beat;
        frame.downbeat = beat.downbeat;
        frame.tempo_bpm = beat.tempo_bpm;
        frame.beat_confidence = beat.confidence;
        frame.downbeat_confidence = beat.downbeat_confidence;
        frame.beats = beat.beats;
        frame.beat_phase = beat.beat_phase;
        frame.bar_phase = beat.bar_phase;
        frame.beats_per_bar = beat.beats_per_bar;
        frame.swing_turns = beat.swing_turns;
        frame.loudness_lufs = self.loudness.momentary_lufs;
        frame.intensity = self.song.intensity;
        frame.build_up = self.song.build_up;
        frame.drop = self.song.drop;
        frame.section = self.song.section;
        frame.chroma = self.harmony.chroma;
        frame.key = self.harmony.key;
        frame.key_confidence = self.harmony.confidence;
        frame.waveform.copy_from_slice(self.spectrum.waveform());
        frame.spectrum = self.spectrum.magnitudes;
    }
}
