use super::network::Network;
use crate::spectrum::Flux;

/// How much one hop sounds like a beat.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// Like any beat, 0–1.
    pub(crate) beat: f32,
    /// Like the first of a bar, 0–1.
    pub(crate) downbeat: f32,
}

impl Activity {
    /// Joins what was heard around one beat.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { beat: self.beat.max(other.beat), downbeat: self.downbeat.max(other.downbeat) }
    }

    /// How much a beat that sounded like this is the first of its bar, 0–1; a quarter when nothing was heard.
    pub(crate) fn downbeat_share(self) -> f32 {
        ((self.downbeat + 0.25 * FAINT) / (self.beat.max(self.downbeat) + FAINT)).min(1.0)
    }
}

/// Activity under this says little about the bar.
const FAINT: f32 = 0.05;

/// The slow mean a level is compared with, in seconds: about two beats.
const LEVEL_MEAN_SECS: f64 = 1.0;
/// Inputs are kept within this, so that a click cannot shout everything down.
const INPUT_MAX: f32 = 4.0;

/// What the beat network sees of each hop: for each band its flux and its level against its recent mean.
pub(crate) struct Inputs {
    means: Vec<f32>,
    share: f32,
    pub(crate) values: Vec<f32>,
}

impl Inputs {
    pub(crate) fn new(num_bands: usize, hop_secs: f64) -> Self {
        Self {
            means: vec![0.0; num_bands],
            share: 1.0 - (-hop_secs / LEVEL_MEAN_SECS).exp() as f32,
            values: vec![0.0; 2 * num_bands],
        }
    }

    pub(crate) fn push(&mut self, flux: &Flux) {
        let (changes, contrasts) = self.values.split_at_mut(self.means.len());
        for (change, flux) in changes.iter_mut().zip(&flux.flux) {
            *change = flux.min(INPUT_MAX);
        }
        for ((contrast, mean), level) in contrasts.iter_mut().zip(&mut self.means).zip(flux.levels()) {
            *contrast = (level - *mean).clamp(-INPUT_MAX, INPUT_MAX);
            *mean += (level - *mean) * self.share;
        }
    }
}

/// Turns flux into beat activity.
pub(crate) struct Activation {
    inputs: Inputs,
    network: Network,
}

impl Activation {
    /// The network judges a moment this long after it, in seconds: it was trained to hear the attack first.
    pub(crate) const LATENCY_SECS: f64 = 0.03;

    pub(crate) fn new(num_bands: usize, hop_secs: f64) -> Self {
        Self { inputs: Inputs::new(num_bands, hop_secs), network: Network::new() }
    }

    pub(crate) fn push(&mut self, flux: &Flux) -> Activity {
        self.inputs.push(flux);
        let [beat, downbeat] = self.network.step(&self.inputs.values);
        Activity { beat, downbeat }
    }
}
