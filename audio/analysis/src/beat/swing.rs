/// An off-beat lies between these phases, in turns: nobody plays it much earlier than straight, and later
/// than three quarters it belongs to the sixteenths.
const EARLIEST: f32 = 0.42;
const LATEST: f32 = 0.72;
/// Steps between them: 10 ms at 120 beats a minute.
const NUM_STEPS: usize = 15;
/// A hit this near to a beat is on it, in turns.
const ON_BEAT: f32 = 0.15;
/// What was heard fades over this many beats: four bars.
const MEMORY_BEATS: f32 = 16.0;
/// Off-beats that must be remembered before they tell anything.
const MIN_WEIGHT: f32 = 2.5;
/// Where the off-beat is when nobody swings.
const STRAIGHT: f32 = 0.5;

/// Where between two beats the off-beat is played, by the high hits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Swing {
    steps: [f32; NUM_STEPS],
    /// How late hits on the beat are, in turns: a hat is dated a little later than the beat it is struck on.
    late: f32,
}

impl Swing {
    /// A high hit at this phase of the beat, in turns.
    pub(crate) fn hear(&mut self, phase: f32) {
        let from_beat = phase - phase.round();
        if from_beat.abs() <= ON_BEAT {
            self.late += (from_beat - self.late) / MEMORY_BEATS;
            return;
        }
        let place = (phase - self.late - EARLIEST) / (LATEST - EARLIEST) * NUM_STEPS as f32 - 0.5;
        for (i, step) in self.steps.iter_mut().enumerate() {
            // A triangle two steps wide: hands are not exact either.
            *step += (1.0 - (place - i as f32).abs() / 2.0).max(0.0);
        }
    }

    /// A beat passed.
    pub(crate) fn advance(&mut self) {
        self.steps.iter_mut().for_each(|step| *step *= 1.0 - 1.0 / MEMORY_BEATS);
    }

    /// Where the off-beat lies, in turns: 0.5 straight or not known, 0.667 triplets.
    pub(crate) fn turns(&self) -> f32 {
        let summit =
            self.steps.iter().enumerate().fold((0, 0.0), |a, (i, b)| if *b > a.1 { (i, *b) } else { a });
        if summit.1 < MIN_WEIGHT {
            return STRAIGHT;
        }
        let near = summit.0.saturating_sub(2)..(summit.0 + 3).min(NUM_STEPS);
        let (mut sum, mut weight) = (0.0, 0.0);
        for (i, step) in self.steps.iter().enumerate().take(near.end).skip(near.start) {
            sum += step * (i as f32 + 0.5);
            weight += step;
        }
        (EARLIEST + sum / weight * (LATEST - EARLIEST) / NUM_STEPS as f32).max(STRAIGHT)
    }
}
