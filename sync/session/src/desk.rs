use std::collections::BTreeMap;
use std::sync::Arc;

use sync_protocol::{
    Cause, Command, DeskState, Envelope, ErrorCode, Event, EventKind, MAX_UNDO_STEPS, MOVE_GESTURE_MILLIS,
    MemberId, Seq, Show, ShowKey, StepState,
};

use crate::change;

/// The Show, who last changed each part of it, and each member's undo steps.
///
/// Each part ([`ShowKey`]) carries a stamp: the event that last changed it. A step may be taken back
/// while the stamps say that nobody has changed its part since; taking it back gives the part its
/// older stamp again, so the step before it becomes the last one. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Desk {
    show: Arc<Show>,
    stamps: BTreeMap<ShowKey, Seq>,
    steps: BTreeMap<MemberId, Steps>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Steps {
    /// Oldest first.
    undo: Vec<Arc<Step>>,
    /// Each with the event that undid it; the last undone is last.
    redo: Vec<(Arc<Step>, Seq)>,
}

/// One undo step: a change, or all moves of one gesture joined into one.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    key: ShowKey,
    /// The stamp of its part while it is in force: its last event.
    stamp: Seq,
    /// The stamp its part had before.
    before: Option<Seq>,
    at_millis: u64,
    kind: EventKind,
}

impl Step {
    fn from_state(state: StepState) -> Option<Arc<Self>> {
        let StepState { stamp, before, at_millis, kind } = state;
        Some(Arc::new(Self { key: kind.key()?, stamp, before, at_millis, kind }))
    }

    fn state(&self) -> StepState {
        let Self { stamp, before, at_millis, .. } = *self;
        StepState { stamp, before, at_millis, kind: self.kind.clone() }
    }
}

impl Desk {
    pub(crate) fn new(show: Show) -> Self {
        Self { show: Arc::new(show), stamps: BTreeMap::new(), steps: BTreeMap::new() }
    }

    /// Makes it again from data.
    pub(crate) fn from_state(state: DeskState) -> Self {
        let mut steps: BTreeMap<MemberId, Steps> = BTreeMap::new();
        for (member, step) in state.undo {
            steps.entry(member).or_default().undo.extend(Step::from_state(step));
        }
        for (member, step, undone_at) in state.redo {
            let redo = Step::from_state(step).map(|step| (step, undone_at));
            steps.entry(member).or_default().redo.extend(redo);
        }
        Self { show: Arc::new(*state.show), stamps: state.stamps.into_iter().collect(), steps }
    }

    /// Returns it as data, with everyone's undo steps or one member's.
    pub(crate) fn state(&self, of: Option<MemberId>) -> DeskState {
        let (mut undo, mut redo) = (Vec::new(), Vec::new());
        for (member, steps) in &self.steps {
            if of.is_none_or(|of| of == *member) {
                undo.extend(steps.undo.iter().map(|step| (*member, step.state())));
                redo.extend(steps.redo.iter().map(|(step, undone_at)| (*member, step.state(), *undone_at)));
            }
        }
        let stamps = self.stamps.iter().map(|(key, stamp)| (key.clone(), *stamp)).collect();
        DeskState { show: Box::new(Show::clone(&self.show)), stamps, undo, redo }
    }

    pub(crate) fn show(&self) -> &Arc<Show> {
        &self.show
    }

    /// Returns the change a member's Command makes, `None` when it changes nothing.
    pub(crate) fn decide(
        &self,
        member: MemberId,
        earliest_beat: f64,
        command: &Command,
    ) -> Result<Option<(Cause, EventKind)>, Envelope> {
        match command {
            Command::Undo => self.next_undo(member, earliest_beat).map(Some).ok_or_else(|| {
                Envelope::new(ErrorCode::NothingToUndo, "there is nothing of yours left to undo")
            }),
            Command::Redo => self.next_redo(member, earliest_beat).map(Some).ok_or_else(|| {
                Envelope::new(ErrorCode::NothingToUndo, "there is nothing of yours left to redo")
            }),
            command => {
                Ok(change::decide(&self.show, earliest_beat, command)?.map(|kind| (Cause::Done, kind)))
            }
        }
    }

    /// Takes over what was decided.
    pub(crate) fn evolve(&mut self, event: &Event) {
        let Some(key) = event.kind.key() else {
            if let EventKind::NowPlayingChanged { .. } = event.kind {
                change::apply(Arc::make_mut(&mut self.show), &event.kind);
            }
            return;
        };
        match event.cause {
            Cause::Done => self.record(key, event),
            Cause::Undid { step, before } => {
                match before {
                    Some(before) => self.stamps.insert(key, before),
                    None => self.stamps.remove(&key),
                };
                let steps = self.steps.entry(event.member).or_default();
                if let Some(idx) = steps.undo.iter().rposition(|one| one.stamp == step) {
                    steps.redo.push((steps.undo.remove(idx), event.seq));
                }
            }
            Cause::Redid { step } => {
                // Its old stamp again: what came after it in its part finds what it knew.
                self.stamps.insert(key, step);
                let steps = self.steps.entry(event.member).or_default();
                if let Some(idx) = steps.redo.iter().rposition(|(one, _)| one.stamp == step) {
                    steps.undo.push(steps.redo.remove(idx).0);
                }
            }
        }
        change::apply(Arc::make_mut(&mut self.show), &event.kind);
    }

    fn record(&mut self, key: ShowKey, event: &Event) {
        let joined = self.joined_gesture(&key, event);
        let before = self.stamps.insert(key.clone(), event.seq);
        let steps = self.steps.entry(event.member).or_default();
        steps.redo.clear();
        let step = match joined {
            Some(step) => {
                steps.undo.pop();
                step
            }
            None => {
                Step { key, stamp: event.seq, before, at_millis: event.at_millis, kind: event.kind.clone() }
            }
        };
        steps.undo.push(Arc::new(step));
        if steps.undo.len() > MAX_UNDO_STEPS {
            steps.undo.remove(0);
        }
    }

    /// A move soon after a move of the same part by the same member is one step with it.
    fn joined_gesture(&self, key: &ShowKey, event: &Event) -> Option<Step> {
        let last = self.steps.get(&event.member)?.undo.last()?;
        let is_soon = event.at_millis.saturating_sub(last.at_millis) <= MOVE_GESTURE_MILLIS;
        if last.key != *key || !is_soon || !self.is_in_force(last) {
            return None;
        }
        let kind = event.kind.joined_after(&last.kind)?;
        Some(Step {
            key: key.clone(),
            stamp: event.seq,
            before: last.before,
            at_millis: event.at_millis,
            kind,
        })
    }

    fn next_undo(&self, member: MemberId, earliest_beat: f64) -> Option<(Cause, EventKind)> {
        self.steps.get(&member)?.undo.iter().rev().filter(|step| self.is_in_force(step)).find_map(|step| {
            let kind = change::fit(&self.show, earliest_beat, step.kind.inverse()?)?;
            Some((Cause::Undid { step: step.stamp, before: step.before }, kind))
        })
    }

    fn next_redo(&self, member: MemberId, earliest_beat: f64) -> Option<(Cause, EventKind)> {
        self.steps.get(&member)?.redo.iter().rev().find_map(|(step, undone_at)| {
            let as_it_was = self.stamps.get(&step.key).copied() == step.before;
            if !as_it_was || !self.is_quiet_around(&step.key, *undone_at) {
                return None;
            }
            Some((
                Cause::Redid { step: step.stamp },
                change::fit(&self.show, earliest_beat, step.kind.clone())?,
            ))
        })
    }

    /// Whether nobody has changed the step's part, or what stands above or below it, since.
    fn is_in_force(&self, step: &Step) -> bool {
        self.stamps.get(&step.key) == Some(&step.stamp) && self.is_quiet_around(&step.key, step.stamp)
    }

    fn is_quiet_around(&self, key: &ShowKey, since: Seq) -> bool {
        let is_old = |stamp: &Seq| *stamp <= since;
        let mut above = key.parent();
        while let Some(part) = above {
            if !self.stamps.get(&part).is_none_or(is_old) {
                return false;
            }
            above = part.parent();
        }
        self.stamps.iter().filter(|(part, _)| part.is_below(key)).all(|(_, stamp)| is_old(stamp))
    }
}
