/// Distances are judged against their mean over about this many beats.
const MEMORY_BEATS: f32 = 12.0;
/// One chord change tells no more than this against or for a downbeat…
const RATIO_MIN: f32 = 0.35;
const RATIO_MAX: f32 = 3.0;

/// Tells how much each beat's harmony differs from the beat before it: chords change on the one.
pub(crate) struct ChordChange {
    sum: [f32; 12],
    before: [f32; 12],
    mean: f32,
}

impl ChordChange {
    pub(crate) fn new() -> Self {
        Self { sum: [0.0; 12], before: [0.0; 12], mean: 0.0 }
    }

    /// Adds pitch classes heard within the beat that runs.
    pub(crate) fn add(&mut self, classes: &[f32; 12]) {
        for (sum, class) in self.sum.iter_mut().zip(classes) {
            *sum += class;
        }
    }

    /// Ends the beat; returns how much likelier its chord begins a bar than not, 1 when nothing tells.
    pub(crate) fn close(&mut self) -> f32 {
        let beat = std::mem::take(&mut self.sum);
        let dot = |a: &[f32; 12], b: &[f32; 12]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let norm = (dot(&beat, &beat) * dot(&self.before, &self.before)).sqrt();
        if norm <= 0.0 {
            if dot(&beat, &beat) > 0.0 {
                self.before = beat;
            }
            return 1.0;
        }
        let distance = (1.0 - dot(&beat, &self.before) / norm).max(0.0);
        self.before = beat;
        if self.mean <= 0.0 {
            self.mean = distance;
            return 1.0;
        }
        let ratio = (distance + 0.01) / (self.mean + 0.01);
        self.mean += (distance - self.mean) / MEMORY_BEATS;
        ratio.clamp(RATIO_MIN, RATIO_MAX)
    }
}
