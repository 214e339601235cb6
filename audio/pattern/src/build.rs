//! Patterns made of patterns: one after another, at once, step by step.

use crate::pattern::each_cycle;
use crate::span::Hap;
use crate::{Pattern, Ratio, Span};

/// How many parts one sequence may have. Longer ones are refused by the functions that count.
pub const MAX_SEQUENCE: usize = 2_048;

struct Segment {
    begin: Ratio,
    end: Ratio,
    pattern: Pattern,
}

impl Pattern {
    /// Returns all patterns at once.
    #[must_use]
    pub fn stack(patterns: Vec<Self>) -> Self {
        if let [only] = patterns.as_slice() {
            return only.clone();
        }
        let steps = patterns.iter().map(Self::steps).reduce(|a, b| Some(a?.lcm(b?))).flatten();
        Self::from_fn(Self::depth_over(&patterns), steps, move |query, span, out| {
            for pattern in &patterns {
                pattern.ask(query, span, out);
            }
        })
    }

    /// Returns one pattern per cycle, each going on where it stopped when its turn comes again.
    #[must_use]
    pub fn slowcat(patterns: Vec<Self>) -> Self {
        let count = i64::try_from(patterns.len()).unwrap_or(i64::MAX);
        if let [only] = patterns.as_slice() {
            return only.clone();
        }
        let steps = patterns.iter().map(Self::steps).reduce(|a, b| Some(a?.lcm(b?))).flatten();
        Self::from_fn(Self::depth_over(&patterns), steps, move |query, span, out| {
            each_cycle(query, span, |part| {
                let cycle = part.begin.floor().numerator();
                let turn = cycle.rem_euclid(count.max(1));
                let Some(pattern) = patterns.get(turn as usize) else { return };
                let offset = Ratio::whole(cycle - cycle.div_euclid(count.max(1)));
                let start = out.len();
                pattern.ask(query, part.shift(-offset), out);
                for hap in out.iter_mut().skip(start) {
                    hap.part = hap.part.shift(offset);
                    hap.whole = hap.whole.map(|whole| whole.shift(offset));
                }
            });
        })
    }

    /// Returns one pattern per cycle, each heard at the cycle it is: those between are skipped. Before
    /// cycle 0 only those cycles sound whose turn is the first pattern's.
    #[must_use]
    pub fn slowcat_prime(patterns: Vec<Self>) -> Self {
        let count = i64::try_from(patterns.len()).unwrap_or(i64::MAX);
        Self::from_fn(Self::depth_over(&patterns), None, move |query, span, out| {
            each_cycle(query, span, |part| {
                let turn = usize::try_from(part.begin.floor().numerator() % count.max(1));
                if let Some(pattern) = turn.ok().and_then(|turn| patterns.get(turn)) {
                    pattern.ask(query, part, out);
                }
            });
        })
    }

    /// Returns all patterns one after another in one cycle.
    #[must_use]
    pub fn fastcat(patterns: Vec<Self>) -> Self {
        let steps = i64::try_from(patterns.len()).map(Ratio::whole).ok();
        let parts = patterns.into_iter().map(|pattern| (Ratio::ONE, pattern)).collect();
        Self::timecat(parts).with_steps(steps)
    }

    /// Returns all patterns one after another in one cycle, each as long as its weight says.
    #[must_use]
    pub fn timecat(parts: Vec<(Ratio, Self)>) -> Self {
        let parts: Vec<_> = parts.into_iter().filter(|(weight, _)| *weight > Ratio::ZERO).collect();
        let total = parts.iter().fold(Ratio::ZERO, |sum, (weight, _)| sum + *weight);
        if let [(weight, only)] = parts.as_slice() {
            return only.clone().with_steps(Some(*weight));
        }
        if parts.is_empty() {
            return Self::silence();
        }
        let depth = Self::depth_over(parts.iter().map(|(_, pattern)| pattern));
        let mut begin = Ratio::ZERO;
        let segments: Vec<Segment> = parts
            .into_iter()
            .map(|(weight, pattern)| {
                let end = begin + weight;
                let segment = Segment { begin: begin / total, end: end / total, pattern };
                begin = end;
                segment
            })
            .collect();
        Self::from_fn(depth, Some(total), move |query, span, out| {
            each_cycle(query, span, |part| {
                let cycle = part.begin.floor();
                let within = part.shift(-cycle);
                let first = segments.partition_point(|segment| segment.end <= within.begin);
                for segment in segments.iter().skip(first) {
                    if segment.begin >= within.end && segment.begin > within.begin {
                        break;
                    }
                    segment.ask(query, cycle, within, out);
                }
            });
        })
    }

    /// Returns all patterns one after another, each as long as it has steps.
    #[must_use]
    pub fn stepcat(patterns: Vec<Self>) -> Self {
        Self::timecat(patterns.into_iter().map(|p| (p.steps().unwrap_or(Ratio::ONE), p)).collect())
    }

    /// Returns all patterns at once at the pace of the first, or such that steps are `steps` a
    /// cycle.
    #[must_use]
    pub fn polymeter(patterns: Vec<Self>, steps: Option<Ratio>) -> Self {
        let counted: Vec<_> = patterns.into_iter().filter(|p| p.steps().is_some()).collect();
        let common = counted.iter().filter_map(Self::steps).reduce(Ratio::lcm);
        let Some(steps) = steps.or(common) else { return Self::silence() };
        Self::stack(counted.iter().map(|pattern| pattern.pace(steps)).collect()).with_steps(Some(steps))
    }

    /// Returns this pattern sped up or down to `steps` steps a cycle.
    #[must_use]
    pub fn pace(&self, steps: Ratio) -> Self {
        match self.steps() {
            Some(own) => self.fast(steps / own).with_steps(Some(steps)),
            None => self.clone(),
        }
    }

    /// Returns `sections`, each as many cycles long as it says, in turn for ever.
    #[must_use]
    pub fn arrange(sections: Vec<(Ratio, Self)>) -> Self {
        let total = sections.iter().fold(Ratio::ZERO, |sum, (cycles, _)| sum + *cycles);
        let parts = sections.into_iter().map(|(cycles, pattern)| (cycles, pattern.fast(cycles))).collect();
        Self::timecat(parts).slow(total)
    }

    /// Returns the numbers from 0 below `n`, in order.
    #[must_use]
    pub fn run(n: i64) -> Self {
        let n = n.clamp(0, MAX_SEQUENCE as i64);
        let steps = Ratio::whole(n);
        Self::saw().numbers(move |x| (x * n as f64).round()).segment(steps)
    }
}

impl Segment {
    fn ask(&self, query: &crate::query::Query<'_>, cycle: Ratio, within: Span, out: &mut Vec<Hap>) {
        let part = Span::new(within.begin.max(self.begin), within.end.min(self.end));
        if let Some((value, sources)) = self.pattern.constant_with_sources() {
            if query.spend_event() {
                let whole = Some(Span::new(cycle + self.begin, cycle + self.end));
                out.push(Hap { whole, part: part.shift(cycle), value: value.clone(), sources: *sources });
            }
            return;
        }
        let length = self.end - self.begin;
        let start = out.len();
        self.pattern.ask(query, part.map(|t| cycle + (t - self.begin) / length), out);
        let base = cycle + self.begin;
        let back = |t: Ratio| base + (t - cycle) * length;
        for hap in out.iter_mut().skip(start) {
            hap.part = hap.part.map(back);
            hap.whole = hap.whole.map(|whole| whole.map(back));
        }
    }
}
