//! Time changed: faster, later, backwards, cut and stretched.

use crate::apply::retain_from;
use crate::{Alignment, Op, Pattern, Ratio, Span, Value};

/// How many copies functions such as `echo` and `iter` may make.
const MAX_COPIES: i64 = 1_024;

impl Pattern {
    /// Returns this pattern asked at other times: `to_inner` maps the question's times,
    /// `to_outer` the answers' back.
    pub(crate) fn with_time(
        &self,
        to_inner: impl Fn(Ratio) -> Ratio + Send + Sync + 'static,
        to_outer: impl Fn(Ratio) -> Ratio + Send + Sync + 'static,
    ) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let start = out.len();
            inner.ask(query, span.map(&to_inner), out);
            for hap in out.iter_mut().skip(start) {
                hap.part = hap.part.map(&to_outer);
                hap.whole = hap.whole.map(|whole| whole.map(&to_outer));
            }
        })
    }

    /// Returns this pattern `factor` times as fast; silence for 0, backwards below it.
    #[must_use]
    pub fn fast(&self, factor: Ratio) -> Self {
        if factor.is_zero() || self.is_silence() {
            return Self::silence();
        }
        if factor == Ratio::ONE {
            return self.clone();
        }
        if factor.is_negative() {
            return self.fast(-factor).rev();
        }
        self.with_time(move |t| t * factor, move |t| t / factor)
    }

    /// Returns this pattern `factor` times as slow; silence for 0.
    #[must_use]
    pub fn slow(&self, factor: Ratio) -> Self {
        self.fast(Ratio::ONE / factor)
    }

    /// Returns this pattern `cycles` earlier.
    #[must_use]
    pub fn early(&self, cycles: Ratio) -> Self {
        if cycles.is_zero() {
            return self.clone();
        }
        self.with_time(move |t| t + cycles, move |t| t - cycles)
    }

    /// Returns this pattern `cycles` later.
    #[must_use]
    pub fn late(&self, cycles: Ratio) -> Self {
        self.early(-cycles)
    }

    /// Returns this pattern with each cycle backwards.
    #[must_use]
    pub fn rev(&self) -> Self {
        let inner = self.clone();
        self.split(move |query, span, out| {
            let turn = span.begin.floor() + span.begin.next_cycle();
            let reflect = |span: Span| Span::new(turn - span.end, turn - span.begin);
            let start = out.len();
            inner.ask(query, reflect(span), out);
            for hap in out.iter_mut().skip(start) {
                hap.part = reflect(hap.part);
                hap.whole = hap.whole.map(reflect);
            }
        })
    }

    /// Returns this pattern with all of time backwards.
    #[must_use]
    pub fn revv(&self) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let reflect = |span: Span| Span::new(-span.end, -span.begin);
            let start = out.len();
            inner.ask(query, reflect(span), out);
            for hap in out.iter_mut().skip(start) {
                hap.part = reflect(hap.part);
                hap.whole = hap.whole.map(reflect);
            }
        })
    }

    /// Returns every other cycle backwards.
    #[must_use]
    pub fn palindrome(&self) -> Self {
        self.last_of(2, &|pattern| pattern.rev()).with_steps(self.steps())
    }

    /// Returns the stretch `begin` to `end` of each cycle played over the whole cycle.
    #[must_use]
    pub fn zoom(&self, begin: Ratio, end: Ratio) -> Self {
        if end <= begin {
            return Self::silence();
        }
        let length = end - begin;
        let inner = self.clone();
        let in_cycle = |span: Span, map: &dyn Fn(Ratio) -> Ratio| {
            let cycle = span.begin.floor();
            span.map(|t| cycle + map(t - cycle))
        };
        let steps = self.steps().map(|steps| steps * length);
        self.split(move |query, span, out| {
            let start = out.len();
            inner.ask(query, in_cycle(span, &|t| t * length + begin), out);
            let cycle = span.begin.floor();
            let back = |t: Ratio| (t - cycle - begin) / length + cycle;
            for hap in out.iter_mut().skip(start) {
                hap.part = hap.part.map(back);
                hap.whole = hap.whole.map(|whole| whole.map(back));
            }
        })
        .with_steps(steps)
    }

    /// Returns each cycle played between `begin` and `end` of the cycle, silence around it.
    #[must_use]
    pub fn compress(&self, begin: Ratio, end: Ratio) -> Self {
        if begin > end || end > Ratio::ONE || begin.is_negative() || begin == end {
            return Self::silence();
        }
        self.fast_gap(Ratio::ONE / (end - begin)).late(begin).with_steps(None)
    }

    /// Returns each cycle played `factor` times as fast, once, then silence.
    #[must_use]
    pub fn fast_gap(&self, factor: Ratio) -> Self {
        if factor <= Ratio::ZERO {
            return Self::silence();
        }
        let inner = self.clone();
        self.split(move |query, span, out| {
            let cycle = span.begin.floor();
            let into = |t: Ratio| cycle + ((t - cycle) * factor).min(Ratio::ONE);
            let asked = span.map(into);
            if asked.begin >= cycle + Ratio::ONE {
                return;
            }
            let start = out.len();
            inner.ask(query, asked, out);
            retain_from(out, start, |hap| {
                let back = |t: Ratio| cycle + (t - cycle) / factor;
                let Some(part) = hap.part.map(|t| back(t).min(cycle + Ratio::ONE)).intersection(span) else {
                    return false;
                };
                hap.part = part;
                hap.whole = hap.whole.map(|whole| whole.map(back));
                true
            });
        })
        .with_steps(None)
    }

    /// Returns each event `n` times as fast within its own time.
    #[must_use]
    pub fn ply(&self, n: Ratio) -> Self {
        if n.denominator() != 1 || n <= Ratio::ZERO {
            return self.map(move |value| Value::pattern(Self::pure(value.clone()).fast(n))).squeeze_join();
        }
        let inner = self.clone();
        let steps = self.steps().map(|steps| steps * n);
        self.derive(move |query, span, out| {
            for hap in inner.collect(query, span) {
                let Some(whole) = hap.whole else { continue };
                let length = whole.length() / n;
                let mut begin = whole.begin + length * ((hap.part.begin - whole.begin) / length).floor();
                while begin < hap.part.end {
                    if !query.spend_event() {
                        return;
                    }
                    let piece = Span::new(begin, begin + length);
                    if let Some(part) = piece.intersection(hap.part) {
                        out.push(crate::Hap { whole: Some(piece), part, ..hap.clone() });
                    }
                    begin = piece.end;
                }
            }
        })
        .with_steps(steps)
    }

    /// Returns each cycle started one part later than the one before, of `n` parts; earlier if `back`.
    #[must_use]
    pub fn iter(&self, n: i64, back: bool) -> Self {
        let n = n.clamp(0, MAX_COPIES);
        let shift = |i: i64| Ratio::new(if back { -i } else { i }, n);
        Self::slowcat((0..n).map(|i| self.early(shift(i))).collect()).with_steps(self.steps())
    }

    /// Returns this pattern sampled `n` times a cycle.
    #[must_use]
    pub fn segment(&self, n: Ratio) -> Self {
        let steps = Self::pure(true).fast(n);
        steps.apply_left(self, |_, value| Ok(Some(value.clone()))).with_steps(Some(n))
    }

    /// Returns this pattern with `f` applied to it `factor` times as slow, and sped up again.
    #[must_use]
    pub fn inside(&self, factor: Ratio, f: &dyn Fn(Self) -> Self) -> Self {
        f(self.slow(factor)).fast(factor)
    }

    /// Returns the first `fraction` of each cycle repeated to fill it; the last for less than 0.
    #[must_use]
    pub fn linger(&self, fraction: Ratio) -> Self {
        if fraction.is_zero() {
            return Self::silence();
        }
        let size = fraction.abs();
        let begin = if fraction.is_negative() { Ratio::ONE - size } else { Ratio::ZERO };
        self.zoom(begin, begin + size).slow(size).cut_at_cycles().with_steps(self.steps())
    }

    /// Returns `cycles` cycles from `offset` on, repeated for ever.
    #[must_use]
    pub fn ribbon(&self, offset: Ratio, cycles: Ratio) -> Self {
        self.early(offset).combine(Op::KeepIf, Alignment::Restart, &Self::pure(1.0).slow(cycles))
    }

    /// Returns each cycle `n` times before the next.
    #[must_use]
    pub fn repeat_cycles(&self, n: i64) -> Self {
        let (inner, n) = (self.clone(), n.max(1));
        self.split(move |query, span, out| {
            let cycle = span.begin.floor();
            let shift = Ratio::whole(cycle.numerator() - cycle.numerator().div_euclid(n));
            let start = out.len();
            inner.ask(query, span.shift(-shift), out);
            for hap in out.iter_mut().skip(start) {
                hap.part = hap.part.shift(shift);
                hap.whole = hap.whole.map(|whole| whole.shift(shift));
            }
        })
    }

    /// Returns each of `n` parts of the cycle with its second half `amount` of a half later.
    #[must_use]
    pub fn swing_by(&self, amount: Ratio, n: Ratio) -> Self {
        let shifts = [Self::pure(0.0), Self::pure((amount / Ratio::whole(2)).to_f64())];
        self.inside(n, &|pattern| {
            let shift = Self::fastcat(shifts.to_vec());
            Self::with_arguments(&[shift], move |values| pattern.late(ratio_of(values.first())))
        })
    }

    /// Returns every other cycle squeezed into its first half and a quarter late.
    #[must_use]
    pub fn brak(&self) -> Self {
        let broken = Self::fastcat(vec![self.clone(), Self::silence()]).late(Ratio::new(1, 4));
        let turns = [self.clone(), broken].map(Value::pattern).map(Self::pure);
        Self::slowcat(turns.to_vec()).inner_join()
    }

    /// Returns each event starting at `fraction` of its time.
    #[must_use]
    pub fn press_by(&self, fraction: Ratio) -> Self {
        self.map(move |value| Value::pattern(Self::pure(value.clone()).compress(fraction, Ratio::ONE)))
            .squeeze_join()
    }

    /// Returns this pattern faster, and its samples with it.
    #[must_use]
    pub fn hurry(&self, factor: Ratio) -> Self {
        let speed: crate::Controls = std::iter::once(("speed", Value::Number(factor.to_f64()))).collect();
        self.fast(factor).combine(Op::Mul, Alignment::In, &Self::pure(speed))
    }

    /// Returns the pattern and what `f` makes of `times − 1` later copies, each `time` later.
    #[must_use]
    pub fn echo_with(&self, times: i64, time: Ratio, f: &dyn Fn(Self, i64) -> Self) -> Self {
        let copies = (0..times.clamp(0, MAX_COPIES)).map(|i| f(self.late(time * Ratio::whole(i)), i));
        Self::stack(copies.collect())
    }

    /// Returns each event cut into `n` pieces, the i-th changed by `f(_, i)`.
    #[must_use]
    pub fn ply_for_each(&self, n: i64, f: &(dyn Fn(Self, i64) -> Self + Send + Sync)) -> Self {
        let n = n.clamp(0, MAX_COPIES);
        let pieces = (0..n)
            .map(|i| {
                let begin = Ratio::new(i, n);
                let end = Ratio::new(i + 1, n);
                let piece =
                    self.map(move |value| Value::pattern(Self::pure(value.clone()).compress(begin, end)));
                f(piece.squeeze_join(), i)
            })
            .collect();
        Self::stack(pieces)
    }
}

/// Reads a value as a fraction; zero where it is no number.
pub(crate) fn ratio_of(value: Option<&Value>) -> Ratio {
    value.and_then(|value| value.numeral().ok()).map_or(Ratio::ZERO, Ratio::from_f64)
}
