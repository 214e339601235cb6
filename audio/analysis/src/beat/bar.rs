/// Meters the model knows, and how common they are.
const METERS: [(u8, f32); 3] = [(4, 0.86), (3, 0.12), (5, 0.02)];
/// Belief that moves to any bar position on each beat: lets a wrong "one" be left.
const RESTART: f32 = 0.01;

const NUM_STATES: usize = 4 + 3 + 5;

/// One place in one meter, and the belief in it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    beats_per_bar: u8,
    position: u8,
    belief: f32,
}

/// Every place, as likely as it is before anything was heard.
fn first_places() -> [Place; NUM_STATES] {
    let mut places = [Place::default(); NUM_STATES];
    let all = METERS.iter().flat_map(|(beats, share)| {
        (0..*beats).map(move |position| Place {
            beats_per_bar: *beats,
            position,
            belief: share / f32::from(*beats),
        })
    });
    places.iter_mut().zip(all).for_each(|(place, first)| *place = first);
    places
}

/// Where one comes from: the place a beat earlier in the same bar, a ring in each meter.
fn before(at: usize, place: &Place) -> usize {
    if place.position == 0 { at + usize::from(place.beats_per_bar) - 1 } else { at - 1 }
}

fn most_believed(beliefs: impl Iterator<Item = f32>) -> usize {
    beliefs.enumerate().fold((0, f32::MIN), |a, b| if b.1 > a.1 { b } else { a }).0
}

/// Which beat of which meter: a forward filter that moves one place per beat.
pub(crate) struct BarFilter {
    places: [Place; NUM_STATES],
}

/// A downbeat must be told a little more clearly than not: every accent speaks for one.
const DOWNBEAT_DOUBT: f32 = 0.7;
/// A bar's accents come again in each bar, so they tell the same thing over and over: each counts for this
/// power of its odds.
const ACCENT_POWER: f32 = 0.6;

/// How much likelier a downbeat is than another beat, given the evidence 0–1.
pub(crate) fn downbeat_odds(evidence: f32) -> f32 {
    let e = evidence.clamp(0.02, 0.98);
    (DOWNBEAT_DOUBT * e / (1.0 - e)).powf(ACCENT_POWER)
}

impl BarFilter {
    pub(crate) fn new() -> Self {
        Self { places: first_places() }
    }

    pub(crate) fn open_up(&mut self) {
        self.places = first_places();
    }

    /// One beat passed.
    pub(crate) fn advance(&mut self) {
        let past = self.places;
        let total: f32 = past.iter().map(|p| p.belief).sum();
        for (at, (place, fresh)) in self.places.iter_mut().zip(first_places()).enumerate() {
            let kept = past[before(at, place)].belief / total.max(1e-20);
            place.belief = kept * (1.0 - RESTART) + fresh.belief * RESTART;
        }
    }

    /// What the beat that passed sounded like, 0–1: how much like the first of a bar.
    pub(crate) fn observe(&mut self, evidence: f32) {
        self.weigh(0, downbeat_odds(evidence));
    }

    /// What came out a beat later about the beat before the last: how much likelier it began a bar.
    pub(crate) fn observe_previous(&mut self, odds: f32) {
        self.weigh(1, odds);
    }

    fn weigh(&mut self, position: u8, odds: f32) {
        for place in self.places.iter_mut().filter(|p| p.position == position) {
            place.belief *= odds;
        }
    }

    fn best(&self) -> &Place {
        &self.places[most_believed(self.places.iter().map(|p| p.belief))]
    }

    /// Position in the bar of the beat that passed last, 0 for the first.
    pub(crate) fn position(&self) -> u8 {
        self.best().position
    }

    pub(crate) fn beats_per_bar(&self) -> u8 {
        self.best().beats_per_bar
    }

    pub(crate) fn confidence(&self) -> f32 {
        let total: f32 = self.places.iter().map(|p| p.belief).sum();
        (self.best().belief / total.max(1e-20)).clamp(0.0, 1.0)
    }
}

/// Returns the beats that begin a bar, given each beat's odds: the best path through the same model.
pub(crate) fn best_bars(odds: &[f32]) -> Vec<bool> {
    let places = first_places();
    let mut scores = places.map(|p| p.belief.ln());
    let mut came_from: Vec<[usize; NUM_STATES]> = Vec::with_capacity(odds.len());
    for (i, odds) in odds.iter().enumerate() {
        if i > 0 {
            let past = scores;
            let best = most_believed(past.into_iter());
            let mut from = [best; NUM_STATES];
            for (at, place) in places.iter().enumerate() {
                let jump = past[best] + (RESTART * place.belief).ln();
                let kept = past[before(at, place)] + (1.0 - RESTART).ln();
                if kept >= jump {
                    from[at] = before(at, place);
                }
                scores[at] = kept.max(jump);
            }
            came_from.push(from);
        }
        for (score, _) in scores.iter_mut().zip(&places).filter(|(_, p)| p.position == 0) {
            *score += odds.ln();
        }
    }
    let mut at = most_believed(scores.into_iter());
    let mut starts_bar = vec![places[at].position == 0; odds.len().min(1)];
    for from in came_from.iter().rev() {
        at = from[at];
        starts_bar.push(places[at].position == 0);
    }
    starts_bar.reverse();
    starts_bar
}
