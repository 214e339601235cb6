/// Meters the model knows, and how common they are.
const METERS: [(u8, f32); 3] = [(4, 0.86), (3, 0.12), (5, 0.02)];
/// Belief that moves to any bar position on each beat: lets a wrong "one" be left.
const RESTART: f32 = 0.01;

/// Which beat of which meter: a forward filter that moves one state per beat.
pub(crate) struct BarFilter {
    /// Meter, position, belief.
    states: Vec<(u8, u8, f32)>,
}

fn first_states() -> Vec<(u8, u8, f32)> {
    let states = METERS.iter().flat_map(|(beats, share)| {
        (0..*beats).map(move |position| (*beats, position, share / f32::from(*beats)))
    });
    states.collect()
}

/// A downbeat must be told a little more clearly than not: every accent speaks for one.
const DOWNBEAT_DOUBT: f32 = 0.7;

/// How much likelier a downbeat is than another beat, given the evidence 0–1.
pub(crate) fn downbeat_odds(evidence: f32) -> f32 {
    let e = evidence.clamp(0.02, 0.98);
    DOWNBEAT_DOUBT * e / (1.0 - e)
}

fn advanced(states: &[(u8, u8, f32)], fresh: &[(u8, u8, f32)]) -> Vec<(u8, u8, f32)> {
    let total: f32 = states.iter().map(|s| s.2).sum();
    let moved = states.iter().map(|(beats, position, _)| {
        let from = (position + beats - 1) % beats;
        let same = states.iter().find(|s| s.0 == *beats && s.1 == from);
        (*beats, *position, same.map_or(0.0, |s| s.2) / total)
    });
    let mixed = moved.zip(fresh).map(|(s, f)| (s.0, s.1, s.2 * (1.0 - RESTART) + f.2 * RESTART));
    mixed.collect()
}

impl BarFilter {
    pub(crate) fn new() -> Self {
        Self { states: first_states() }
    }

    pub(crate) fn open_up(&mut self) {
        self.states = first_states();
    }

    /// One beat passed.
    pub(crate) fn advance(&mut self) {
        self.states = advanced(&self.states, &first_states());
    }

    /// What the beat that passed sounded like, 0–1: how much like the first of a bar.
    pub(crate) fn observe(&mut self, evidence: f32) {
        let odds = downbeat_odds(evidence);
        for state in &mut self.states {
            if state.1 == 0 {
                state.2 *= odds;
            }
        }
    }

    /// What came out a beat later about the beat before the last: how much likelier it began a bar.
    pub(crate) fn observe_previous(&mut self, odds: f32) {
        for state in &mut self.states {
            if state.1 == 1 {
                state.2 *= odds;
            }
        }
    }

    fn best(&self) -> (u8, u8, f32) {
        let best = self.states.iter().fold((4, 0, -1.0), |a, b| if b.2 > a.2 { *b } else { a });
        let total: f32 = self.states.iter().map(|s| s.2).sum();
        (best.0, best.1, best.2 / total.max(1e-20))
    }

    /// Position in the bar of the beat that passed last, 0 for the first.
    pub(crate) fn position(&self) -> u8 {
        self.best().1
    }

    pub(crate) fn beats_per_bar(&self) -> u8 {
        self.best().0
    }

    pub(crate) fn confidence(&self) -> f32 {
        self.best().2
    }
}

/// Returns the beats that begin a bar, given each beat's odds: the best path through the same model.
pub(crate) fn best_bars(odds: &[f32]) -> Vec<bool> {
    let states = first_states();
    let mut score: Vec<f32> = states.iter().map(|s| s.2.ln()).collect();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(odds.len());
    for (i, odds) in odds.iter().enumerate() {
        if i > 0 {
            let best =
                score.iter().enumerate().fold((0, f32::MIN), |a, (j, s)| if *s > a.1 { (j, *s) } else { a });
            let mut from = Vec::with_capacity(states.len());
            let mut next = Vec::with_capacity(states.len());
            for (beats, position, share) in &states {
                let before = (position + beats - 1) % beats;
                let stay = states.iter().position(|s| s.0 == *beats && s.1 == before).unwrap_or(0);
                let jump = best.1 + (RESTART * share).ln();
                let kept = score.get(stay).copied().unwrap_or(f32::MIN) + (1.0 - RESTART).ln();
                from.push(if kept >= jump { stay } else { best.0 });
                next.push(kept.max(jump));
            }
            back.push(from);
            score = next;
        }
        for (s, state) in score.iter_mut().zip(&states) {
            if state.1 == 0 {
                *s += odds.ln();
            }
        }
    }
    let mut at =
        score.iter().enumerate().fold((0, f32::MIN), |a, (j, s)| if *s > a.1 { (j, *s) } else { a }).0;
    let mut downs = vec![states.get(at).is_some_and(|s| s.1 == 0)];
    for from in back.iter().rev() {
        at = from.get(at).copied().unwrap_or(0);
        downs.push(states.get(at).is_some_and(|s| s.1 == 0));
    }
    downs.reverse();
    downs.truncate(odds.len());
    downs
}
