/// A tempo change by a factor r costs exp(−STIFFNESS·|r − 1|) each beat: a drummer drifts by a per cent.
const STIFFNESS: f64 = 100.0;
/// Once a beat, this share of belief goes back to every tempo and so lets a wrong one be left.
const RESTART: f64 = 2e-4;
/// A beat is expected within this share of its period.
const BEAT_SHARE: usize = 16;
/// Centre and width of the tempo people tap to, in beats per minute and octaves.
const TEMPO_CENTRE_BPM: f64 = 120.0;
const TEMPO_WIDTH_OCTAVES: f64 = 0.5;
/// Activations are kept off 0 and 1: no single hop may rule anything out.
const ACTIVATION_MIN: f32 = 0.002;
const ACTIVATION_MAX: f32 = 0.98;

/// Neighbouring hops tell the same attack, so each counts for this power of its odds: without it three hops
/// would thrice be sure.
const EVIDENCE_POWER: f32 = 0.5;

/// How much likelier a hop is on a beat than off it, given the activation.
pub(crate) fn beat_odds(activation: f32) -> f32 {
    let a = activation.clamp(ACTIVATION_MIN, ACTIVATION_MAX);
    (a * (BEAT_SHARE - 1) as f32 / (1.0 - a)).powf(EVIDENCE_POWER)
}

/// The tempi of the model and how they follow each other, shared by the filter and the offline path.
pub(crate) struct TempoModel {
    /// Hops per beat, ascending.
    pub(crate) periods: Vec<usize>,
    /// Row-major: from tempo i to tempo j at a beat.
    pub(crate) transition: Vec<f32>,
    pub(crate) prior: Vec<f32>,
}

impl TempoModel {
    pub(crate) fn new(hop_secs: f64, (min_bpm, max_bpm): (f64, f64)) -> Self {
        let hops = |bpm: f64| (60.0 / bpm / hop_secs).round() as usize;
        let periods: Vec<usize> = (hops(max_bpm)..=hops(min_bpm)).collect();
        let mut prior: Vec<f64> = periods
            .iter()
            .map(|p| {
                let bpm = 60.0 / (*p as f64 * hop_secs);
                let octaves = (bpm / TEMPO_CENTRE_BPM).log2() / TEMPO_WIDTH_OCTAVES;
                // Periods are evenly spaced, so the density per period carries the factor 1/period.
                (-0.5 * octaves * octaves).exp() / *p as f64
            })
            .collect();
        let total: f64 = prior.iter().sum();
        prior.iter_mut().for_each(|p| *p /= total);
        let mut transition = Vec::with_capacity(periods.len() * periods.len());
        for from in &periods {
            let row: Vec<f64> = periods
                .iter()
                .map(|to| (-STIFFNESS * (*to as f64 / *from as f64 - 1.0).abs()).exp())
                .collect();
            let sum: f64 = row.iter().sum();
            transition.extend(
                row.iter().zip(&prior).map(|(r, p)| (r / sum * (1.0 - RESTART) + p * RESTART) as f32),
            );
        }
        Self { periods, transition, prior: prior.into_iter().map(|p| p as f32).collect() }
    }

    /// Positions of a period that count as "on the beat".
    pub(crate) fn beat_positions(period: usize) -> usize {
        period.div_ceil(BEAT_SHARE)
    }
}

/// Belief over all positions in one tempo's beat, as a ring: time moves its head, not its numbers.
struct Ring {
    belief: Vec<f32>,
    head: usize,
}

impl Ring {
    fn at(&self, position: usize) -> f32 {
        self.belief[(self.head + position) % self.belief.len()]
    }
}

/// The best tempo and phase.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Estimate {
    pub(crate) phase_turns: f64,
    pub(crate) tempo_bpm: f64,
    /// Belief near this tempo and phase, 0–1.
    pub(crate) confidence: f32,
}

/// Forward filter over tempo and position.
pub(crate) struct BeatFilter {
    hop_secs: f64,
    model: TempoModel,
    rings: Vec<Ring>,
    leaving: Vec<f32>,
    arriving: Vec<f32>,
    /// Index of tempo and position followed now.
    followed: (usize, usize),
    /// The best of all at the last survey, moved on since.
    best: (usize, usize),
    hops_to_survey: u32,
}

/// Every state is read this often: four hops are 40 ms, less than any beat's attack.
const HOPS_PER_SURVEY: u32 = 4;
/// Another hypothesis must hold this many times the belief of the followed one to take over.
const TAKE_OVER: f32 = 1.2;
/// Neighbourhood of a hypothesis: this share of a beat in phase, this share of a period in tempo.
const NEAR_PHASE: f64 = 0.08;
const NEAR_TEMPO: f64 = 0.05;

impl BeatFilter {
    pub(crate) fn new(hop_secs: f64, range_bpm: (f64, f64)) -> Self {
        let model = TempoModel::new(hop_secs, range_bpm);
        let rings = model.periods.iter().map(|p| Ring { belief: vec![0.0; *p], head: 0 }).collect();
        let n = model.periods.len();
        let mut filter = Self {
            hop_secs,
            model,
            rings,
            leaving: vec![0.0; n],
            arriving: vec![0.0; n],
            followed: (n / 2, 0),
            best: (n / 2, 0),
            hops_to_survey: 1,
        };
        filter.open_up();
        filter
    }

    /// Forgets phase, and half of what is believed about tempo.
    pub(crate) fn open_up(&mut self) {
        let total: f32 = self.rings.iter().flat_map(|r| &r.belief).sum();
        for (ring, prior) in self.rings.iter_mut().zip(&self.model.prior) {
            let share = if total > 0.0 { 0.5 * ring.belief.iter().sum::<f32>() / total } else { 0.0 };
            let even = (share + if total > 0.0 { 0.5 * prior } else { *prior }) / ring.belief.len() as f32;
            ring.belief.fill(even);
        }
    }

    /// Moves one hop on and weighs the activation.
    pub(crate) fn observe(&mut self, activation: f32) {
        for (leaving, ring) in self.leaving.iter_mut().zip(&self.rings) {
            *leaving = ring.at(ring.belief.len() - 1);
        }
        self.arriving.fill(0.0);
        let n = self.rings.len();
        for (leaving, row) in self.leaving.iter().zip(self.model.transition.chunks_exact(n)) {
            if *leaving > 0.0 {
                for (arriving, share) in self.arriving.iter_mut().zip(row) {
                    *arriving += leaving * share;
                }
            }
        }
        self.turn();
        let odds = beat_odds(activation);
        for ring in &mut self.rings {
            let period = ring.belief.len();
            for position in 0..TempoModel::beat_positions(period) {
                let at = (ring.head + position) % period;
                ring.belief[at] *= odds;
            }
        }
        self.hops_to_survey -= 1;
        if self.hops_to_survey == 0 {
            self.survey();
        }
    }

    /// Brings all belief back to a sum of 1 and looks for the best hypothesis anywhere.
    ///
    /// The only part that reads every state, so it runs a few times a beat; between surveys beliefs are off
    /// by a common factor, which no comparison sees.
    fn survey(&mut self) {
        self.hops_to_survey = HOPS_PER_SURVEY;
        let mut total = 0.0;
        let mut most = (0.0, 0);
        for (tempo, ring) in self.rings.iter().enumerate() {
            // Eight sums and maxima side by side: one after the other would wait for each addition.
            let (mut sums, mut peaks) = ([0.0f32; 8], [0.0f32; 8]);
            let (eights, rest) = ring.belief.as_chunks::<8>();
            for eight in eights {
                for ((sum, peak), belief) in sums.iter_mut().zip(&mut peaks).zip(eight) {
                    *sum += belief;
                    *peak = peak.max(*belief);
                }
            }
            let peak = peaks.iter().chain(rest).fold(0.0f32, |a, b| a.max(*b));
            total += sums.iter().chain(rest).sum::<f32>();
            if peak > most.0 {
                most = (peak, tempo);
            }
        }
        if total <= 0.0 {
            self.open_up();
            return;
        }
        let ring = &self.rings[most.1];
        let at = ring.belief.iter().position(|b| *b >= most.0).unwrap_or(0);
        self.best = (most.1, (at + ring.belief.len() - ring.head) % ring.belief.len());
        let scale = 1.0 / total;
        for ring in &mut self.rings {
            // Denormal numbers are slow and mean nothing here.
            ring.belief.iter_mut().for_each(|b| *b = (*b * scale).max(1e-25));
        }
    }

    /// Moves one hop on with nothing heard.
    pub(crate) fn coast(&mut self) {
        for (arriving, ring) in self.arriving.iter_mut().zip(&self.rings) {
            *arriving = ring.at(ring.belief.len() - 1);
        }
        self.turn();
    }

    fn turn(&mut self) {
        for (ring, arriving) in self.rings.iter_mut().zip(&self.arriving) {
            let period = ring.belief.len();
            ring.head = (ring.head + period - 1) % period;
            ring.belief[ring.head] = *arriving;
        }
        for (tempo, position) in [&mut self.followed, &mut self.best] {
            *position = (*position + 1) % self.model.periods[*tempo];
        }
    }

    /// Returns the hypothesis to follow: the best one, unless the one followed so far is nearly as good.
    pub(crate) fn estimate(&mut self) -> Estimate {
        let best = self.best;
        let best_belief = self.belief_near(best);
        let (peak, kept) = self.summit_near(self.followed);
        let (choice, belief) =
            if best_belief > TAKE_OVER * kept { (best, best_belief) } else { (peak, kept) };
        self.followed = choice;
        let period = self.model.periods[choice.0] as f64;
        Estimate {
            phase_turns: choice.1 as f64 / period,
            tempo_bpm: 60.0 / (period * self.hop_secs),
            confidence: belief.clamp(0.0, 1.0),
        }
    }

    fn near(&self, (tempo, position): (usize, usize)) -> impl Iterator<Item = (usize, usize, f32)> {
        let period = self.model.periods[tempo] as f64;
        let phase = position as f64 / period;
        let reach = (period * NEAR_TEMPO).ceil() as usize;
        let last = (tempo + reach).min(self.rings.len() - 1);
        (tempo.saturating_sub(reach)..=last).flat_map(move |t| {
            let ring = &self.rings[t];
            let len = ring.belief.len();
            let centre = (phase * len as f64).round() as usize;
            let side = (NEAR_PHASE * len as f64).ceil() as usize;
            (0..=2 * side).map(move |i| {
                let position = (centre + len + i - side) % len;
                (t, position, ring.at(position))
            })
        })
    }

    fn belief_near(&self, at: (usize, usize)) -> f32 {
        self.near(at).map(|(_, _, belief)| belief).sum()
    }

    fn summit_near(&self, at: (usize, usize)) -> ((usize, usize), f32) {
        let mut summit = (at, 0.0);
        let mut total = 0.0;
        for (tempo, position, belief) in self.near(at) {
            total += belief;
            if belief > summit.1 {
                summit = ((tempo, position), belief);
            }
        }
        (summit.0, total)
    }
}
