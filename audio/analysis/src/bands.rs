use audio_signal::{BandSignal, SPECTRUM_BINS};

/// Edges of bass, mid, mid-high and high, in Hz, as [`audio_signal::AudioFrame`] names them.
const EDGES_HZ: [(f32, f32); 4] = [(20.0, 150.0), (150.0, 800.0), (800.0, 4_000.0), (4_000.0, 20_000.0)];
/// The gain's range is never narrower: a steady tone must read as loud, not flicker in its own noise.
const RANGE_MIN_DB: f32 = 12.0;
/// A level rises with this time constant, in seconds: one hop or two, so a hit is seen at once.
const RISE_SECS: f32 = 0.012;
/// And falls with this one: slow enough to be seen, quick enough for sixteenths.
const FALL_SECS: f32 = 0.12;
/// Transients fade in about 150 ms (to 5 %).
const HIT_FALL_SECS: f32 = 0.05;
/// Presence moves in seconds.
const PRESENCE_SECS: f32 = 1.5;
/// Presence compares with the loudest half minute.
const PRESENCE_GAIN_SECS: f32 = 30.0;
/// The integrated clock creeps in silence so that a scene never freezes…
const CLOCK_IDLE_RATE: f64 = 0.1;
/// …and runs at this rate at full level.
const CLOCK_FULL_RATE: f64 = 2.0;
/// Quietest level that counts, in dBFS.
const FLOOR_DB: f32 = -100.0;

/// Share of the way a one-pole filter goes in one hop.
pub(crate) fn smoothing(hop_secs: f32, time_secs: f32) -> f32 {
    1.0 - (-hop_secs / time_secs).exp()
}

/// Follows the 5th and 95th percentile of a level over a few seconds, without keeping the past.
///
/// Each quantile steps against the sign of its error, in proportion to its own probability, which is the
/// stochastic-approximation way to a quantile; the step shrinks with the range so that it settles.
struct AutoGain {
    low_db: f32,
    high_db: f32,
    step_db: f32,
    primed: bool,
}

impl AutoGain {
    fn new(hop_secs: f32, memory_secs: f32) -> Self {
        // A full range of 40 dB is crossed within the memory even by the rarer of the two moves.
        Self {
            low_db: FLOOR_DB,
            high_db: FLOOR_DB,
            step_db: 40.0 * hop_secs / memory_secs / 0.5,
            primed: false,
        }
    }

    fn push(&mut self, db: f32) -> f32 {
        if !self.primed {
            self.primed = true;
            self.high_db = db;
            self.low_db = db - 2.0 * RANGE_MIN_DB;
        }
        let step = |quantile: f32, share: f32| {
            if db > quantile { self.step_db * share } else { -self.step_db * (1.0 - share) }
        };
        let (up, down) = (step(self.high_db, 0.95), step(self.low_db, 0.05));
        // Catch up at once with what is far outside: the first loud bar must not clip for seconds.
        self.high_db = (self.high_db + up).max(db - 6.0);
        self.low_db = (self.low_db + down).max(FLOOR_DB).min(self.high_db);
        let low = self.low_db.min(self.high_db - RANGE_MIN_DB);
        ((db - low) / (self.high_db - low)).clamp(0.0, 1.0)
    }
}

struct Follower {
    gain: AutoGain,
    long_peak_db: f32,
    last: f32,
    signal: BandSignal,
}

impl Follower {
    fn new(hop_secs: f32, auto_gain_secs: f32) -> Self {
        Self {
            gain: AutoGain::new(hop_secs, auto_gain_secs),
            long_peak_db: FLOOR_DB,
            last: 0.0,
            signal: BandSignal::default(),
        }
    }

    fn push(&mut self, energy: f32, silent: bool, hop_secs: f32) {
        let db = (10.0 * energy.max(1e-12).log10()).max(FLOOR_DB);
        // A closed gate freezes the gain, so that silence does not teach it that silence is loud.
        let target = if silent { 0.0 } else { self.gain.push(db) };
        let signal = &mut self.signal;
        let time = if target > signal.level { RISE_SECS } else { FALL_SECS };
        signal.level += (target - signal.level) * smoothing(hop_secs, time);
        let rise = (target - self.last).max(0.0);
        self.last += (target - self.last) * smoothing(hop_secs, 0.06);
        signal.hits = (signal.hits * (1.0 - smoothing(hop_secs, HIT_FALL_SECS))).max((rise * 1.6).min(1.0));
        self.long_peak_db = (self.long_peak_db - 20.0 * hop_secs / PRESENCE_GAIN_SECS).max(db);
        let present = if silent { 0.0 } else { (1.0 + (db - self.long_peak_db) / 30.0).clamp(0.0, 1.0) };
        signal.presence += (present - signal.presence) * smoothing(hop_secs, PRESENCE_SECS);
        let rate = CLOCK_IDLE_RATE + (CLOCK_FULL_RATE - CLOCK_IDLE_RATE) * f64::from(signal.level);
        signal.time_secs += f64::from(hop_secs) * rate;
        if signal.level < 1e-4 {
            signal.level = 0.0;
        }
    }
}

/// The five band signals and the silence gate.
pub(crate) struct Bands {
    followers: [Follower; 5],
    bins: [(usize, usize); 4],
    hop_secs: f32,
    gate_db: f32,
    quiet_secs: f32,
    pub(crate) silent: bool,
    /// Energy of bass, mid, mid-high, high and all of this hop, linear.
    pub(crate) energies: [f32; 5],
}

/// The gate closes after this long under the threshold: a rest is not silence.
const GATE_HOLD_SECS: f32 = 0.4;

impl Bands {
    pub(crate) fn new(sample_rate_hz: f32, hop_secs: f32, gate_db: f32, auto_gain_secs: f32) -> Self {
        let bin_hz = sample_rate_hz / audio_signal::WAVEFORM_SAMPLES as f32;
        let bin = |hz: f32| ((hz / bin_hz).round() as usize).clamp(1, SPECTRUM_BINS);
        Self {
            followers: std::array::from_fn(|_| Follower::new(hop_secs, auto_gain_secs)),
            bins: EDGES_HZ.map(|(low, high)| (bin(low), bin(high))),
            hop_secs,
            gate_db,
            quiet_secs: GATE_HOLD_SECS,
            silent: true,
            energies: [0.0; 5],
        }
    }

    /// Takes the magnitudes and the newest hop of samples.
    pub(crate) fn push(&mut self, magnitudes: &[f32; SPECTRUM_BINS], hop: &[f32]) {
        let power = hop.iter().map(|s| s * s).sum::<f32>() / hop.len().max(1) as f32;
        if 10.0 * power.max(1e-12).log10() > self.gate_db {
            self.quiet_secs = 0.0;
        } else {
            self.quiet_secs = (self.quiet_secs + self.hop_secs).min(GATE_HOLD_SECS);
        }
        self.silent = self.quiet_secs >= GATE_HOLD_SECS - 1e-4;
        let mut total = 0.0;
        for (energy, (first, end)) in self.energies.iter_mut().zip(self.bins) {
            *energy = magnitudes[first..end.max(first)].iter().map(|m| m * m).sum();
            total += *energy;
        }
        self.energies[4] = total;
        for (follower, energy) in self.followers.iter_mut().zip(self.energies) {
            follower.push(energy, self.silent, self.hop_secs);
        }
    }

    /// Bass, mid, mid-high, high, all.
    pub(crate) fn signals(&self) -> [BandSignal; 5] {
        std::array::from_fn(|i| self.followers[i].signal)
    }
}
