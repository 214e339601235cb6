use audio_signal::Hit;

use crate::spectrum::Flux;

/// Mean and deviation of the flux are learnt over this long, in seconds.
const MEMORY_SECS: f32 = 1.5;

/// A flux this many times its threshold, out of nothing, is a hit without waiting for where it peaks...
const LEAP: f32 = 2.0;
/// ...if it also is this share of the recent peak.
const LEAP_SHARE: f32 = 0.5;

/// Fires when a flux stands out of its own recent past.
///
/// The threshold is mean + `sensitivity` deviations + a share of the recent peak, so hiss lifts its own
/// threshold and a sparse part is not drowned by the loud one before it. A hit is reported on the hop
/// where the flux stops rising, which costs one hop and places it within one; one that [leaps](LEAP) is
/// reported at once, since the eye sees a late flash.
pub(crate) struct Picker {
    sensitivity: f32,
    peak_share: f32,
    floor: f32,
    refractory_secs: f32,
    latency_secs: f32,
    leaps: bool,
    mean: f32,
    square: f32,
    peak: f32,
    last: f32,
    before: f32,
    threshold: f32,
    since_secs: f32,
    keep: f32,
    hop_secs: f32,
    pub(crate) hit: Hit,
}

impl Picker {
    pub(crate) fn new(
        hop_secs: f32,
        sensitivity: f32,
        peak_share: f32,
        floor: f32,
        refractory_secs: f32,
    ) -> Self {
        Self {
            sensitivity,
            peak_share,
            floor,
            refractory_secs,
            latency_secs: 0.0,
            leaps: false,
            mean: 0.0,
            square: 0.0,
            peak: 0.0,
            last: 0.0,
            before: 0.0,
            threshold: f32::MAX,
            since_secs: f32::MAX,
            keep: (-hop_secs / MEMORY_SECS).exp(),
            hop_secs,
            hit: Hit::default(),
        }
    }

    /// Sets how far behind the attack the flux's peak lies, in seconds; hits are dated back by it.
    pub(crate) fn with_latency(mut self, latency_secs: f32) -> Self {
        self.latency_secs = latency_secs;
        self
    }

    /// Reports leaps at once.
    fn with_leaps(mut self) -> Self {
        self.leaps = true;
        self
    }

    /// Takes the flux at `time_secs`; returns whether this hop or the one before was a hit.
    pub(crate) fn push(&mut self, flux: f32, silent: bool, time_secs: f64) -> bool {
        self.since_secs += self.hop_secs;
        let peaked = self.last > self.before && self.last >= flux && self.last > self.threshold;
        let leapt = self.leaps
            && flux > LEAP * self.last
            && flux > LEAP * self.threshold
            && flux > LEAP_SHARE * self.peak;
        let fired = (peaked || leapt) && !silent && self.since_secs > self.refractory_secs;
        if fired {
            self.since_secs = 0.0;
            self.hit.count += 1;
            // A leap's peak is this hop or the next.
            let (value, hops_ago) = if leapt { (flux, -0.5) } else { (self.last, 1.0) };
            let behind_secs = self.latency_secs + hops_ago * self.hop_secs;
            self.hit.time_secs = (time_secs - f64::from(behind_secs)).max(0.0);
            self.hit.strength = (value / self.peak.max(1e-6)).clamp(0.0, 1.0);
        }
        self.mean = self.mean * self.keep + flux * (1.0 - self.keep);
        self.square = self.square * self.keep + flux * flux * (1.0 - self.keep);
        // The peak forgets three times slower than the mean.
        self.peak = (self.peak * self.keep.powf(1.0 / 3.0)).max(flux);
        let deviation = (self.square - self.mean * self.mean).max(0.0).sqrt();
        self.threshold =
            (self.mean + self.sensitivity * deviation).max(self.peak_share * self.peak).max(self.floor);
        self.before = self.last;
        self.last = flux;
        fired
    }

    /// Flux against its recent peak, 0–1.
    fn strength_now(&self) -> f32 {
        if self.peak > self.floor { (self.last / self.peak).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Onsets of any kind, and kick, snare and hat by where the attack's energy lies.
pub(crate) struct Hits {
    pub(crate) onset: Picker,
    pub(crate) kick: Picker,
    pub(crate) snare: Picker,
    pub(crate) hat: Picker,
    kinds: [Vec<usize>; 3],
}

/// Where each drum's attack stands out, in Hz: a kick's thump, a snare's body and rattle, a hat's sizzle.
const KICK_HZ: std::ops::Range<f32> = 35.0..95.0;
/// A rise of the snare's rattle counts this much against a kick: noise reaches down to the kick's bands.
const RATTLE_DOUBT: f32 = 2.0;
const SNARE_HZ: std::ops::Range<f32> = 900.0..4_500.0;
const HAT_HZ: std::ops::Range<f32> = 6_500.0..16_000.0;

impl Hits {
    pub(crate) fn new(hop_secs: f32, flux: &Flux) -> Self {
        let within = |range: std::ops::Range<f32>| {
            let numbered = flux.centres_hz.iter().enumerate();
            numbered.filter(|(_, hz)| range.contains(hz)).map(|(i, _)| i).collect::<Vec<_>>()
        };
        Self {
            onset: Picker::new(hop_secs, 0.8, 0.12, 0.05, 0.035).with_latency(0.012).with_leaps(),
            kick: Picker::new(hop_secs, 1.2, 0.35, 0.03, 0.11).with_latency(0.012),
            snare: Picker::new(hop_secs, 1.3, 0.4, 0.02, 0.11).with_latency(0.012),
            hat: Picker::new(hop_secs, 1.0, 0.3, 0.01, 0.06).with_latency(0.012),
            kinds: [within(KICK_HZ), within(SNARE_HZ), within(HAT_HZ)],
        }
    }

    pub(crate) fn push(&mut self, flux: &Flux, silent: bool, time_secs: f64) {
        let all = flux.flux.iter().sum::<f32>() / flux.flux.len().max(1) as f32;
        self.onset.push(all, silent, time_secs);
        let mean = |bands: &[usize]| {
            bands.iter().filter_map(|i| flux.rise.get(*i)).sum::<f32>() / bands.len().max(1) as f32
        };
        let [kick, snare, hat] = [0, 1, 2].map(|i| mean(&self.kinds[i]));
        let kick = (kick - RATTLE_DOUBT * snare).max(0.0);
        self.kick.push(kick, silent, time_secs);
        self.snare.push(snare, silent, time_secs);
        self.hat.push(hat, silent, time_secs);
    }

    pub(crate) fn strength_now(&self) -> f32 {
        self.onset.strength_now()
    }
}
