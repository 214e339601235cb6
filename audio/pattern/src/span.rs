//! Stretches of time and the events that fill them.

use crate::{Ratio, Value};

/// A stretch of time in cycles: `begin` belongs to it, `end` does not. A span of no length is one
/// instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it starts, in cycles.
    pub begin: Ratio,
    /// Where it ends, in cycles.
    pub end: Ratio,
}

impl Span {
    /// Returns the span from `begin` to `end`.
    #[must_use]
    pub const fn new(begin: Ratio, end: Ratio) -> Self {
        Self { begin, end }
    }

    /// Returns the span of the whole cycles `begin` to `end`.
    #[must_use]
    pub const fn cycles(begin: i64, end: i64) -> Self {
        Self { begin: Ratio::whole(begin), end: Ratio::whole(end) }
    }

    /// Returns the length in cycles.
    #[must_use]
    pub fn length(self) -> Ratio {
        self.end - self.begin
    }

    /// Returns both ends changed by `map`.
    #[must_use]
    pub fn map(self, map: impl Fn(Ratio) -> Ratio) -> Self {
        Self { begin: map(self.begin), end: map(self.end) }
    }

    /// Returns this span shifted by `offset` cycles.
    #[must_use]
    pub fn shift(self, offset: Ratio) -> Self {
        Self { begin: self.begin + offset, end: self.end + offset }
    }

    /// Returns what both spans cover; `None` where they only touch or miss.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let begin = self.begin.max(other.begin);
        let end = self.end.min(other.end);
        if begin > end {
            return None;
        }
        if begin == end {
            // A shared instant counts only where it is not the open end of a real span.
            let open_end = |span: Self| begin == span.end && span.begin < span.end;
            if open_end(self) || open_end(other) {
                return None;
            }
        }
        Some(Self { begin, end })
    }

    /// Returns what both spans cover, which may be no length at all.
    #[must_use]
    pub fn overlap(self, other: Self) -> Self {
        Self { begin: self.begin.max(other.begin), end: self.end.min(other.end) }
    }

    /// Returns the first part of this span that stays within one cycle, and the rest if any.
    #[must_use]
    pub fn split_first(self) -> (Self, Option<Self>) {
        let edge = self.begin.next_cycle();
        if self.end <= edge || edge <= self.begin {
            return (self, None);
        }
        (Self { begin: self.begin, end: edge }, Some(Self { begin: edge, end: self.end }))
    }

    /// Returns whether this span lies within one cycle.
    #[must_use]
    pub fn within_cycle(self) -> bool {
        self.end <= self.begin.next_cycle()
    }
}

/// Where in the source text something was written, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SourceSpan {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// How many places of the source one event remembers; later ones are dropped.
const MAX_SOURCES: usize = 6;

/// The scale an event's note was put in, for what moves along it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScaleTag {
    pub(crate) letter: i8,
    pub(crate) alteration: i8,
    pub(crate) octave: i8,
    pub(crate) kind: u16,
}

/// The places of the source text that made one event: what an editor lights up.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Sources {
    len: u8,
    pub(crate) scale: Option<ScaleTag>,
    spans: [SourceSpan; MAX_SOURCES],
}

impl Sources {
    /// Returns the sources of one place.
    #[must_use]
    pub fn one(span: SourceSpan) -> Self {
        let mut sources = Self::default();
        sources.push(span);
        sources
    }

    /// Returns the places, in the order they came.
    #[must_use]
    pub fn spans(&self) -> &[SourceSpan] {
        self.spans.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Adds a place unless it is known or there is no room.
    pub fn push(&mut self, span: SourceSpan) {
        if self.spans().contains(&span) {
            return;
        }
        if let Some(slot) = self.spans.get_mut(usize::from(self.len)) {
            *slot = span;
            self.len += 1;
        }
    }

    /// Adds every place of `other`.
    pub fn merge(&mut self, other: &Self) {
        for span in other.spans() {
            self.push(*span);
        }
        self.scale = self.scale.or(other.scale);
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.spans().iter().map(|s| s.start..s.end)).finish()
    }
}

/// One event: a value, the time it takes as a whole, and the part of that the query covers.
#[derive(Clone, Debug)]
pub struct Hap {
    /// The event's full time; `None` for a sample of something continuous.
    pub whole: Option<Span>,
    /// The part of it that was asked for.
    pub part: Span,
    /// What it says.
    pub value: Value,
    /// Where it was written.
    pub sources: Sources,
}

impl Hap {
    /// Returns the whole if there is one, else the part.
    #[must_use]
    pub fn whole_or_part(&self) -> Span {
        self.whole.unwrap_or(self.part)
    }

    /// Returns whether the part starts where the event starts: the moment to play it.
    #[must_use]
    pub fn has_onset(&self) -> bool {
        self.whole.is_some_and(|whole| whole.begin == self.part.begin)
    }

    /// Returns the event's length in cycles as its value asks for it: `duration` replaces the
    /// length, `clip` multiplies it.
    #[must_use]
    pub fn duration(&self) -> Ratio {
        let mut length = self.whole_or_part().length();
        if let Value::Controls(controls) = &self.value {
            if let Some(duration) = controls.number("duration") {
                length = Ratio::from_f64(duration);
            }
            if let Some(clip) = controls.number("clip") {
                length = length * Ratio::from_f64(clip);
            }
        }
        length
    }
}
