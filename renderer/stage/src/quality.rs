//! How large scenes are drawn on a machine that cannot draw them whole in time.

/// The sizes to choose from, as shares of the picture's.
const SCALES: [f32; 5] = [1.0, 0.875, 0.75, 0.625, 0.5];
/// Weight of the newest frame in the mean: half of a change is seen after seven frames.
const NEWEST_WEIGHT: f32 = 0.1;
/// One frame counts at most this many budgets: a hiccup is not a trend.
const MAX_BUDGETS: f32 = 3.0;
/// Shares of the budget: above the first it goes down, to below the second; under the third it may go up.
const TOO_DEAR: f32 = 0.95;
const WANTED: f32 = 0.85;
const CHEAP: f32 = 0.75;
/// Frames the mean must be too dear: a quarter of a second at 30/s.
const DOWN_AFTER: u32 = 8;
/// Frames after a change before the mean says something about it.
const SETTLE: u32 = 12;
/// Frames it must be cheap before it goes up: two seconds at 30/s, doubled after each step up that did not hold.
const UP_AFTER: u32 = 60;
/// The most that is doubled to: half a minute at 30/s.
const MAX_UP_AFTER: u32 = 960;
/// A step up that held this long did hold.
const HELD_AFTER: u32 = 240;

/// Chooses the render scale of a live show from what its frames cost. Pure: it sees numbers and gives one.
#[derive(Clone, Debug)]
pub struct ScaleControl {
    budget_secs: f32,
    step: usize,
    mean_secs: Option<f32>,
    dear_frames: u32,
    cheap_frames: u32,
    since_change: u32,
    up_after: u32,
    went_up: bool,
}

impl ScaleControl {
    /// Holds frames within this time, in seconds: 1/30 for a weak machine, the screen's interval for a strong one.
    pub fn new(budget_secs: f32) -> Self {
        Self {
            budget_secs: budget_secs.max(0.001),
            step: 0,
            mean_secs: None,
            dear_frames: 0,
            cheap_frames: 0,
            since_change: 0,
            up_after: UP_AFTER,
            went_up: false,
        }
    }

    /// The scale now, 0.5–1.
    pub fn scale(&self) -> f32 {
        SCALES.get(self.step).copied().unwrap_or(1.0)
    }

    /// Takes what the last frame cost, in seconds of work (waiting for the screen is none), and returns the scale of
    /// the next.
    pub fn frame(&mut self, cost_secs: f32) -> f32 {
        self.since_change = self.since_change.saturating_add(1);
        let cost =
            if cost_secs.is_finite() { cost_secs.clamp(0.0, self.budget_secs * MAX_BUDGETS) } else { 0.0 };
        // Right after a change the old costs say nothing: begin anew.
        if self.since_change <= 2 {
            return self.scale();
        }
        let mean = self.mean_secs.map_or(cost, |mean| mean + (cost - mean) * NEWEST_WEIGHT);
        self.mean_secs = Some(mean);
        if self.since_change < SETTLE {
            return self.scale();
        }
        if self.went_up && self.since_change == HELD_AFTER {
            (self.up_after, self.went_up) = (UP_AFTER, false);
        }
        let share = mean / self.budget_secs;
        self.dear_frames = if share > TOO_DEAR { self.dear_frames + 1 } else { 0 };
        let above = self.step.checked_sub(1);
        let share_above = above.map(|step| share * self.pixels(step));
        self.cheap_frames =
            if share_above.is_some_and(|share| share < CHEAP) { self.cheap_frames + 1 } else { 0 };
        if self.dear_frames >= DOWN_AFTER && self.step + 1 < SCALES.len() {
            if self.went_up {
                self.up_after = (self.up_after * 2).min(MAX_UP_AFTER);
            }
            let fits = (self.step + 1..SCALES.len()).find(|step| share * self.pixels(*step) <= WANTED);
            self.change(fits.unwrap_or(SCALES.len() - 1), false);
        } else if let Some(above) = above.filter(|_| self.cheap_frames >= self.up_after) {
            self.change(above, true);
        }
        self.scale()
    }

    /// Pixels at a step, as a multiple of the pixels now.
    fn pixels(&self, step: usize) -> f32 {
        (SCALES.get(step).copied().unwrap_or(1.0) / self.scale()).powi(2)
    }

    fn change(&mut self, step: usize, went_up: bool) {
        self.step = step;
        self.went_up = went_up;
        self.mean_secs = None;
        (self.dear_frames, self.cheap_frames, self.since_change) = (0, 0, 0);
    }
}
