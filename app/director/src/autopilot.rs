//! Who chooses scenes while nobody does. It only proposes: the room's host lets it.

use std::collections::HashMap;

use audio_signal::AudioFrame;
use sync_protocol::{Autopilot, Command, Layer, LayerSource, Pick, SceneId, Show};

use crate::modulation::noise;

/// A scene is not changed again by a section or a drop before so many beats.
const MIN_STAY_BEATS: f64 = 8.0;
/// A proposal that nobody let is made again after so many beats.
const RETRY_BEATS: f64 = 8.0;
/// Weights of what speaks for a scene of the library.
const FIT_WEIGHT: f32 = 1.0;
const RATING_WEIGHT: f32 = 0.6;
const CHANCE_WEIGHT: f32 = 0.35;

/// What the autopilot knows of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub scene: SceneId,
    /// Its search words.
    pub tags: Vec<String>,
    /// Stars, 0 (none given) to 5.
    pub rating: u8,
    /// Whether a person marked it.
    pub favourite: bool,
}

/// The autopilot's memory.
#[derive(Debug, Default)]
pub(crate) struct Pilot {
    /// What was on its layer, and the beat since when.
    since: Option<(LayerSource, f64)>,
    proposed_beat: Option<f64>,
    sections: u64,
    /// What is left of the shuffled playlist.
    bag: Vec<SceneId>,
    /// Number of the choice that showed a scene last.
    shown: HashMap<SceneId, u32>,
    num_choices: u32,
}

impl Pilot {
    /// Returns the change it would like on this beat.
    pub(crate) fn step(
        &mut self,
        show: &Show,
        signal: &AudioFrame,
        beat: f64,
        candidates: impl FnOnce() -> std::sync::Arc<[Candidate]>,
    ) -> Option<Command> {
        let autopilot = &show.autopilot;
        let sections = signal.section.count + signal.drop.count;
        let new_section = sections > std::mem::replace(&mut self.sections, sections);
        if autopilot.pick == Pick::Off {
            self.since = None;
            return None;
        }
        let layer = layer_of(show)?;
        let since = match &self.since {
            // A beat may go back when another show or another song begins.
            Some((source, since)) if *source == layer.source && *since <= beat => *since,
            _ => {
                self.since = Some((layer.source.clone(), beat));
                self.proposed_beat = None;
                if let LayerSource::Scene(scene) = &layer.source {
                    self.shown.insert(scene.clone(), self.num_choices);
                }
                return None;
            }
        };
        let stayed = beat - since;
        let called = autopilot.on_sections && new_section && stayed >= MIN_STAY_BEATS;
        let waits =
            self.proposed_beat.is_some_and(|proposed| (0.0..RETRY_BEATS).contains(&(beat - proposed)));
        if waits || !(called || stayed >= f64::from(autopilot.beats)) {
            return None;
        }
        let current = match &layer.source {
            LayerSource::Scene(scene) => Some(scene),
            _ => None,
        };
        self.proposed_beat = Some(beat);
        self.num_choices += 1;
        let next = match autopilot.pick {
            Pick::Off => None,
            Pick::InOrder => in_order(&show.playlist.scenes, current),
            Pick::Shuffled => self.shuffled(show, current),
            Pick::Library => self.best(autopilot, show.seed, signal.intensity, current, &candidates()),
        }?;
        Some(Command::SetSource { layer: layer.id, source: LayerSource::Scene(next) })
    }

    fn shuffled(&mut self, show: &Show, current: Option<&SceneId>) -> Option<SceneId> {
        let scenes = &show.playlist.scenes;
        self.bag.retain(|scene| scenes.contains(scene));
        if self.bag.is_empty() {
            self.bag.clone_from(scenes);
            let round = i64::from(self.num_choices);
            // Fisher and Yates.
            for last in (1..self.bag.len()).rev() {
                let pick = noise(show.seed, "shuffle", round << 16 | last as i64) * (last + 1) as f32;
                self.bag.swap(last, (pick as usize).min(last));
            }
        }
        if self.bag.len() > 1 && self.bag.last() == current {
            self.bag.rotate_right(1);
        }
        let next = self.bag.pop();
        next.filter(|scene| Some(scene) != current)
    }

    fn best(
        &self,
        autopilot: &Autopilot,
        seed: u32,
        intensity: f32,
        current: Option<&SceneId>,
        candidates: &[Candidate],
    ) -> Option<SceneId> {
        let suits = |candidate: &&Candidate| {
            Some(&candidate.scene) != current
                && (!autopilot.favourites || candidate.favourite)
                && (autopilot.tags.is_empty()
                    || candidate.tags.iter().any(|tag| autopilot.tags.contains(tag)))
        };
        let score = |candidate: &Candidate| {
            let ago = self.shown.get(&candidate.scene).map(|shown| self.num_choices - shown);
            // What was never shown comes first; then what was shown longest ago.
            let fresh = ago.map_or(2.0, |ago| 1.0 - 1.0 / ago.max(1) as f32);
            let fit =
                if autopilot.follow_energy { 1.0 - (energy(&candidate.tags) - intensity).abs() } else { 0.0 };
            let rating = if candidate.rating == 0 { 0.5 } else { f32::from(candidate.rating) / 5.0 };
            let chance = noise(seed, candidate.scene.as_str(), i64::from(self.num_choices));
            fresh + FIT_WEIGHT * fit + RATING_WEIGHT * rating + CHANCE_WEIGHT * chance
        };
        candidates
            .iter()
            .filter(suits)
            .max_by(|a, b| score(a).total_cmp(&score(b)))
            .map(|candidate| candidate.scene.clone())
    }
}

/// The layer the autopilot works on: the one it was given, else the lowest.
fn layer_of(show: &Show) -> Option<&Layer> {
    show.autopilot.layer.and_then(|id| show.layer(id)).or(show.layers.first())
}

fn in_order(scenes: &[SceneId], current: Option<&SceneId>) -> Option<SceneId> {
    let place = scenes.iter().position(|scene| Some(scene) == current);
    let next = place.map_or(0, |place| (place + 1) % scenes.len());
    scenes.get(next).filter(|scene| Some(*scene) != current).cloned()
}

/// How energetic a scene is, 0–1, by its tags.
fn energy(tags: &[String]) -> f32 {
    let mean = |(sum, num): (f32, f32), value: f32| (sum + value, num + 1.0);
    let (sum, num) = tags.iter().fold((0.0, 0.0), |sums, tag| match tag.as_str() {
        "calm" | "slow" | "minimal" | "ambient" => mean(sums, 0.15),
        "dark" | "organic" | "warm" => mean(sums, 0.35),
        "groovy" | "geometric" => mean(sums, 0.6),
        "drive" | "hard" | "fast" | "strobe" | "glitch" => mean(sums, 0.9),
        _ => sums,
    });
    if num > 0.0 { sum / num } else { 0.5 }
}
