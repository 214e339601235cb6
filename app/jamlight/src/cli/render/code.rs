use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app_library::SceneLibrary;
use audio_engine::Bounce;
use audio_pattern::Fault;
use renderer_scene::SceneProgram;
use sync_protocol::{Running, SceneId, Show};

use crate::live::{Evaluated, MAX_WAIT_BEATS, SampleFolders, evaluate, scene_of};

/// The code of a jam: evaluates what ran, and lets it sound and paint from its beat on.
pub(super) struct Code {
    /// What runs, by block.
    running: BTreeMap<String, Running>,
    /// Whether it sounds.
    has_player: bool,
    /// The blocks that sound.
    sounding: BTreeSet<String>,
    /// What each text became; `None` is one that nobody can run.
    evaluated: BTreeMap<String, Option<Arc<Evaluated>>>,
    /// Pictures that take over on a beat.
    lights: Vec<(f64, SceneId, Arc<SceneProgram>)>,
    samples: SampleFolders,
    /// What went wrong, a sentence each, told once.
    problems: BTreeSet<String>,
}

impl Code {
    pub(super) fn new(samples: SampleFolders) -> Self {
        Self {
            running: BTreeMap::new(),
            has_player: false,
            sounding: BTreeSet::new(),
            evaluated: BTreeMap::new(),
            lights: Vec::new(),
            samples,
            problems: BTreeSet::new(),
        }
    }

    /// Forgets what runs: what does is begun again.
    pub(super) fn forget(&mut self) {
        self.running.clear();
        self.sounding.clear();
    }

    /// Follows what the room ran. Without a player, code only paints.
    pub(super) fn follow(
        &mut self,
        show: &Show,
        beat: f64,
        player: Option<&mut Bounce>,
        library: &SceneLibrary,
    ) {
        if std::mem::replace(&mut self.has_player, player.is_some()) != player.is_some() {
            self.forget();
        }
        if self.running != show.running {
            self.change(show, beat, player, library);
        }
        let due = |(at_beat, ..): &mut (f64, SceneId, Arc<SceneProgram>)| is_due(*at_beat, beat);
        for (_, scene, light) in self.lights.extract_if(.., due) {
            library.insert(scene, light);
        }
    }

    /// Notes a pattern that failed while it was asked; the one before it plays on.
    pub(super) fn failed(&mut self, fault: &Fault) {
        self.problems.insert(format!("a pattern failed: {fault}"));
    }

    /// Returns what was not as it was in the room.
    pub(super) fn warnings(&self, unknown_sounds: &[String]) -> impl Iterator<Item = String> {
        let unknown: BTreeSet<String> =
            unknown_sounds.iter().map(|sound| format!("nobody has the sound {sound:?}")).collect();
        self.problems.clone().into_iter().chain(unknown)
    }

    fn change(&mut self, show: &Show, beat: f64, mut player: Option<&mut Bounce>, library: &SceneLibrary) {
        let gone: Vec<String> =
            self.running.keys().filter(|slot| !show.running.contains_key(*slot)).cloned().collect();
        for slot in &gone {
            self.sounding.remove(slot);
            if let Some(player) = &mut player {
                player.set_pattern(slot, None, None);
            }
        }
        if show.running.is_empty()
            && let Some(player) = &mut player
        {
            player.hush();
        }
        for (slot, running) in &show.running {
            if self.running.get(slot) == Some(running) {
                continue;
            }
            let Some(evaluated) = self.evaluate(slot, &running.code) else { continue };
            if let Some(player) = &mut player {
                let warn = |warning| eprintln!("jamlight: {warning}");
                for (name, samples) in self.samples.take(&running.code, &warn) {
                    samples.into_iter().for_each(|sample| player.add_sample(&name, sample));
                }
                let plays = !evaluated.program.parts.is_empty();
                if plays || self.sounding.remove(slot) {
                    let pattern = plays.then(|| evaluated.program.pattern.clone());
                    let at_beat = (!is_due(running.at_beat, beat)).then_some(running.at_beat);
                    player.set_pattern(slot, pattern, at_beat);
                }
                if plays {
                    self.sounding.insert(slot.clone());
                }
            }
            if let Some(light) = &evaluated.light {
                let text = slot.rsplit_once('/').map_or(slot.as_str(), |(text, _)| text);
                let scene = scene_of(text);
                // The first picture of a text has none before it to wait behind.
                if library.program(&scene).is_none() {
                    library.insert(scene, light.clone());
                } else {
                    self.lights.push((running.at_beat, scene, light.clone()));
                }
            }
        }
        self.running.clone_from(&show.running);
    }

    /// What a text became. Last good keeps playing: one that nobody can run changes nothing.
    fn evaluate(&mut self, slot: &str, code: &str) -> Option<Arc<Evaluated>> {
        if let Some(known) = self.evaluated.get(code) {
            return known.clone();
        }
        let evaluated = evaluate(code)
            .inspect_err(|problem| {
                self.problems.insert(format!("the code of {slot} does not run: {}", problem.message));
            })
            .ok();
        self.evaluated.insert(code.to_owned(), evaluated.clone());
        evaluated
    }
}

/// Whether code that was to take over on a beat plays already: it is past, or of another evening.
fn is_due(at_beat: f64, beat: f64) -> bool {
    let wait = at_beat - beat;
    !(wait > 0.0 && wait < MAX_WAIT_BEATS)
}
