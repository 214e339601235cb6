//! The Signal as textures, each in the form its scene format expects.

use std::collections::HashMap;

use audio_signal::{AudioFrame, SPECTRUM_BINS, WAVEFORM_SAMPLES};
use half::f16;
use renderer_gpu::{Keep, TextureId};
use renderer_scene::AudioTexture;

use crate::kit::{Kit, texture_desc};

/// Columns of our own texture and of Shadertoy's.
const COLUMNS: usize = 512;
/// Rows of our own texture.
const ROWS: usize = 4;
/// The lowest and highest frequency of our spectrum, in Hz.
const RANGE_HZ: [f32; 2] = [30.0, 16_000.0];
/// What reads 0 and 1 in our spectrum, in dB after the tilt.
const RANGE_DB: [f32; 2] = [-66.0, -12.0];
/// Music falls about this much per octave: the tilt that makes treble as visible as bass, in dB.
const TILT_DB_PER_OCTAVE: f32 = 3.0;
/// Time constants of our spectrum, in seconds: up, down, and down of the long tail.
const RISE_SECS: f32 = 0.012;
const FALL_SECS: f32 = 0.16;
const TAIL_SECS: f32 = 1.0;
/// Web Audio divides by the window's length and sum; our full-scale sine reads 1, its 0.21.
const WEB_AUDIO_SCALE: f32 = 0.21;
/// Web Audio's `smoothingTimeConstant` and decibel range, as Shadertoy leaves them.
const WEB_AUDIO_SMOOTHING: f32 = 0.8;
const WEB_AUDIO_DB: [f32; 2] = [-100.0, -30.0];
/// The widest texture an ISF scene gets.
const MAX_ISF_COLUMNS: u32 = 1024;

/// What smooths over time. Part of a checkpoint: plain data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AudioMemory {
    fast: Vec<f32>,
    tail: Vec<f32>,
    web: Vec<f32>,
}

impl Default for AudioMemory {
    fn default() -> Self {
        Self { fast: vec![0.0; COLUMNS], tail: vec![0.0; COLUMNS], web: vec![0.0; COLUMNS] }
    }
}

impl AudioMemory {
    /// Moves on by one frame.
    pub(crate) fn step(&mut self, signal: &AudioFrame, dt_secs: f32) {
        let toward = |now: f32, to: f32, tau: f32| now + (to - now) * (1.0 - (-dt_secs / tau).exp());
        for (i, (fast, tail)) in self.fast.iter_mut().zip(&mut self.tail).enumerate() {
            let heard = if signal.silent { 0.0 } else { column_level(signal, i) };
            *fast = toward(*fast, heard, if heard > *fast { RISE_SECS } else { FALL_SECS });
            *tail = toward(*tail, 0.0, TAIL_SECS).max(*fast);
        }
        // Web Audio smooths per call; pages call once per picture at about 60/s.
        let keep = WEB_AUDIO_SMOOTHING.powf((dt_secs * 60.0).clamp(0.0, 4.0));
        for (web, magnitude) in self.web.iter_mut().zip(&signal.spectrum) {
            *web = *web * keep + magnitude * WEB_AUDIO_SCALE * (1.0 - keep);
        }
    }

    fn native(&self, signal: &AudioFrame) -> Vec<u8> {
        let mut texels = vec![f16::ZERO; COLUMNS * ROWS * 4];
        let per_column = WAVEFORM_SAMPLES / COLUMNS;
        let waves = signal.waveform.chunks(per_column).map(|c| c.iter().sum::<f32>() / per_column as f32);
        let rows = self.fast.iter().zip(&self.tail).zip(waves).enumerate();
        for (texel, (i, ((fast, tail), wave))) in texels.chunks_exact_mut(4).zip(rows) {
            let values = [*fast, *tail, wave, column_magnitude(signal, i)];
            for (to, value) in texel.iter_mut().zip(values) {
                *to = f16::from_f32(value);
            }
        }
        bytemuck::cast_slice(&texels.iter().map(|t| t.to_bits()).collect::<Vec<_>>()).to_vec()
    }

    fn shadertoy(&self, signal: &AudioFrame) -> Vec<u8> {
        let spectrum = self.web.iter().map(|m| unit_from_db(20.0 * m.max(1e-9).log10(), WEB_AUDIO_DB));
        let newest = signal.waveform.iter().skip(WAVEFORM_SAMPLES - COLUMNS).map(|s| s * 0.5 + 0.5);
        spectrum.chain(newest).map(|x| (x.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
    }
}

/// The sound textures of one device: each kind is made when a scene first asks and written at most once a frame.
#[derive(Default)]
pub(crate) struct AudioTextures {
    made: HashMap<AudioTexture, (TextureId, u64)>,
}

impl AudioTextures {
    /// Returns the texture of a kind, with this frame's sound in it.
    pub(crate) fn get(
        &mut self,
        kit: &mut Kit,
        kind: AudioTexture,
        memory: &AudioMemory,
        signal: &AudioFrame,
        frame: u64,
    ) -> Option<TextureId> {
        let (size, format) = shape(kind);
        let id = match self.made.get(&kind) {
            Some((id, written)) if *written == frame => return Some(*id),
            Some((id, _)) => *id,
            None => {
                let desc = texture_desc("sound", size, format, wgpu::TextureUsages::empty());
                kit.store.create(&desc, Keep::Always).ok()?
            }
        };
        self.made.insert(kind, (id, frame));
        let bytes = match kind {
            AudioTexture::Native => memory.native(signal),
            AudioTexture::Shadertoy => memory.shadertoy(signal),
            AudioTexture::IsfWave { .. } => grey(size[0], |x| {
                let at = x * (WAVEFORM_SAMPLES - 1) as f32;
                signal.waveform.get(at as usize).copied().unwrap_or(0.0) * 0.5 + 0.5
            }),
            AudioTexture::IsfFft { .. } => grey(size[0], |x| isf_bin(signal, x, size[0])),
        };
        let texture = kit.store.texture(id)?;
        kit.gpu.queue().write_texture(
            texture.as_image_copy(),
            &bytes,
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(size[0] * format.block_copy_size(None).unwrap_or(4)),
                rows_per_image: None,
            },
            texture.size(),
        );
        Some(id)
    }
}

fn shape(kind: AudioTexture) -> ([u32; 2], wgpu::TextureFormat) {
    match kind {
        AudioTexture::Native => ([COLUMNS as u32, ROWS as u32], wgpu::TextureFormat::Rgba16Float),
        AudioTexture::Shadertoy => ([COLUMNS as u32, 2], wgpu::TextureFormat::R8Unorm),
        AudioTexture::IsfWave { width } | AudioTexture::IsfFft { width } => {
            ([width.clamp(1, MAX_ISF_COLUMNS), 1], wgpu::TextureFormat::Rgba8Unorm)
        }
    }
}

fn grey(width: u32, value: impl Fn(f32) -> f32) -> Vec<u8> {
    (0..width)
        .flat_map(|i| {
            let v = (value((i as f32 + 0.5) / width as f32).clamp(0.0, 1.0) * 255.0).round() as u8;
            [v, v, v, 255]
        })
        .collect()
}

/// The loudest of the bins a column covers. The root spreads the small magnitudes of music over the range.
fn isf_bin(signal: &AudioFrame, x: f32, width: u32) -> f32 {
    let bins = SPECTRUM_BINS as f32;
    let half = 0.5 / width as f32;
    loudest(signal, (x - half) * bins, (x + half) * bins).sqrt()
}

fn unit_from_db(db: f32, range: [f32; 2]) -> f32 {
    ((db - range[0]) / (range[1] - range[0])).clamp(0.0, 1.0)
}

/// The frequency at the left edge of a column.
fn column_hz(i: f32) -> f32 {
    RANGE_HZ[0] * (RANGE_HZ[1] / RANGE_HZ[0]).powf(i / COLUMNS as f32)
}

fn column_magnitude(signal: &AudioFrame, i: usize) -> f32 {
    let bin_from_hz = |hz: f32| hz * (2 * SPECTRUM_BINS) as f32 / signal.sample_rate_hz.max(1) as f32;
    loudest(signal, bin_from_hz(column_hz(i as f32)), bin_from_hz(column_hz(i as f32 + 1.0)))
}

fn column_level(signal: &AudioFrame, i: usize) -> f32 {
    let octaves = (column_hz(i as f32 + 0.5) / 1000.0).log2();
    let db = 20.0 * column_magnitude(signal, i).max(1e-9).log10() + TILT_DB_PER_OCTAVE * octaves;
    unit_from_db(db, RANGE_DB)
}

/// The loudest magnitude between two places of the spectrum, interpolated where they lie in one bin.
fn loudest(signal: &AudioFrame, from: f32, to: f32) -> f32 {
    let at = |place: f32| {
        let place = place.clamp(0.0, (SPECTRUM_BINS - 1) as f32);
        let bin = |i: usize| signal.spectrum.get(i).copied().unwrap_or(0.0);
        let whole = place as usize;
        bin(whole) + (bin(whole + 1) - bin(whole)) * place.fract()
    };
    let inside = (from.max(0.0).ceil() as usize..to.max(0.0).ceil() as usize)
        .filter_map(|i| signal.spectrum.get(i).copied())
        .fold(0.0, f32::max);
    inside.max(at((from + to) * 0.5))
}
