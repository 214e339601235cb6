//! Samples cut, looped and fitted.

use crate::build::MAX_SEQUENCE;
use crate::{Alignment, Controls, Fault, Hap, Name, Op, Pattern, Ratio, State, Value};

fn numbers(entries: &[(&str, f64)]) -> Controls {
    entries.iter().map(|(name, x)| (*name, Value::Number(*x))).collect()
}

fn controls_of(value: &Value) -> Controls {
    match value {
        Value::Controls(controls) => controls.clone(),
        Value::Nothing => Controls::new(),
        value => std::iter::once(("s", value.clone())).collect(),
    }
}

/// Where the `i`-th of `n` parts begins and ends.
fn part_of(i: u32, n: f64) -> (f64, f64) {
    (f64::from(i) / n, f64::from(i + 1) / n)
}

impl Pattern {
    /// Returns each sample event cut into as many events as go whole into `n`, each playing one part of `n`.
    #[must_use]
    pub fn chop(&self, n: f64) -> Self {
        let n = n.clamp(0.0, MAX_SEQUENCE as f64);
        let part = move |i: u32, value: &Value| {
            let mut controls = controls_of(value);
            let (mut begin, mut end) = part_of(i, n);
            if let (Some(from), Some(to)) = (controls.number("begin"), controls.number("end")) {
                let length = to - from;
                (begin, end) = (from + begin * length, from + end * length);
            }
            controls.set(Name::new("begin"), Value::Number(begin));
            controls.set(Name::new("end"), Value::Number(end));
            Self::pure(controls)
        };
        let steps = self.steps().map(|steps| steps * Ratio::from_f64(n));
        self.map(move |value| Value::pattern(Self::fastcat((0..n as u32).map(|i| part(i, value)).collect())))
            .squeeze_join()
            .with_steps(steps)
    }

    /// Returns the samples played `n` times over, each time the next part of `n`.
    #[must_use]
    pub fn striate(&self, n: f64) -> Self {
        let n = n.clamp(0.0, MAX_SEQUENCE as f64);
        let parts = (0..n as u32).map(|i| {
            let (begin, end) = part_of(i, n);
            Self::pure(numbers(&[("begin", begin), ("end", end)]))
        });
        let factor = Ratio::from_f64(n);
        let steps = self.steps().map(|steps| steps * factor);
        self.combine(Op::Set, Alignment::In, &Self::slowcat(parts.collect())).fast(factor).with_steps(steps)
    }

    /// Returns the parts of the sample that `indices` ask for. `slices` says how many parts there
    /// are, or lists where each begins.
    #[must_use]
    pub fn slice(&self, slices: &Self, indices: &Self) -> Self {
        let (pattern, indices, steps) = (self.clone(), indices.clone(), indices.steps());
        slices
            .bind(crate::Join::Inner, move |slices| {
                let (pattern, slices) = (pattern.clone(), slices.clone());
                Ok(indices.bind(crate::Join::Outer, move |index| {
                    let (begin, end) = slice_bounds(&slices, index)?;
                    let slices = slices.clone();
                    Ok(pattern.map(move |value| {
                        let mut controls = Controls::new();
                        controls.set(Name::new("begin"), begin.clone());
                        controls.set(Name::new("end"), end.clone());
                        controls.set(Name::new("_slices"), slices.clone());
                        for (name, value) in controls_of(value).iter() {
                            controls.set(name.clone(), value.clone());
                        }
                        Value::Controls(controls)
                    }))
                }))
            })
            .with_steps(steps)
    }

    /// Returns the same with each part sped to last as long as its event.
    #[must_use]
    pub fn splice(&self, slices: &Self, indices: &Self) -> Self {
        self.slice(slices, indices).with_tempo(|hap, cps| {
            let mut controls = controls_of(&hap.value);
            let count = match controls.get("_slices") {
                Some(Value::List(list)) => list.len() as f64,
                Some(value) => value.as_number().unwrap_or(1.0),
                None => 1.0,
            };
            // What the sample says itself stays.
            let speed = Value::Number(cps / count / hap.whole_or_part().length().to_f64());
            for (name, value) in [("speed", speed), ("unit", Value::text("c"))] {
                if controls.get(name).is_none() {
                    controls.set(Name::new(name), value);
                }
            }
            controls
        })
    }

    /// Returns the sample stretched over `cycles` cycles.
    #[must_use]
    pub fn loop_at(&self, cycles: Ratio) -> Self {
        let steps = self.steps().map(|steps| steps / cycles);
        self.with_tempo(move |hap, cps| {
            let mut controls = controls_of(&hap.value);
            controls.set(Name::new("speed"), Value::Number(1.0 / cycles.to_f64() * cps));
            controls.set(Name::new("unit"), Value::text("c"));
            controls
        })
        .slow(cycles)
        .with_steps(steps)
    }

    /// Returns each sample sped to last as long as its event.
    #[must_use]
    pub fn fit(&self) -> Self {
        self.with_tempo(|hap, cps| {
            let mut controls = controls_of(&hap.value);
            let share = controls.number("end").unwrap_or(1.0) - controls.number("begin").unwrap_or(0.0);
            let speed = cps / hap.whole_or_part().length().to_f64() * share;
            controls.set(Name::new("speed"), Value::Number(speed));
            controls.set(Name::new("unit"), Value::text("c"));
            controls
        })
    }

    /// Returns this pattern scrubbed: `positions` say when and where in the sample to start.
    #[must_use]
    pub fn scrub(&self, positions: &Self) -> Self {
        let pattern = self.clone();
        positions.bind(crate::Join::Outer, move |position| {
            let (begin, factor) = match position {
                Value::List(list) => (list.first().cloned(), list.get(1).and_then(Value::as_number)),
                value => (Some(value.clone()), None),
            };
            Ok(pattern.map(move |value| {
                let mut controls = controls_of(value);
                let speed = controls.number("speed").unwrap_or(1.0) * factor.unwrap_or(1.0);
                controls.set(Name::new("begin"), begin.clone().unwrap_or_default());
                controls.set(Name::new("speed"), Value::Number(speed));
                controls.set(Name::new("clip"), Value::Number(1.0));
                Value::Controls(controls)
            }))
        })
    }

    fn with_tempo(&self, change: impl Fn(&Hap, f64) -> Controls + Send + Sync + 'static) -> Self {
        let inner = self.clone();
        self.derive(move |query, span, out| {
            let State { cps, .. } = query.state;
            let start = out.len();
            inner.ask(query, span, out);
            for hap in out.iter_mut().skip(start) {
                hap.value = Value::Controls(change(hap, cps));
            }
        })
    }
}

/// Where part `index` begins and ends, 0 to 1; nothing past the last of a list.
fn slice_bounds(slices: &Value, index: &Value) -> Result<(Value, Value), Fault> {
    let index = index.numeral()?;
    Ok(match slices {
        Value::List(begins) => {
            let at = |i: f64| if i < 0.0 { None } else { begins.get(i as usize).cloned() };
            (at(index).unwrap_or_default(), at(index + 1.0).unwrap_or_default())
        }
        count => {
            let count = count.numeral()?;
            (Value::Number(index / count), Value::Number((index + 1.0) / count))
        }
    })
}
