//! The code of the room for the panels: texts, what runs of them, and what the language knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use app_desktop::{CardKind, Code, CodeText, Completion, Example, RollNote};
use app_library::{Paths, SceneLibrary};
use sync_protocol::{LayerId, Running, Show, TextId};

use super::board::Board;
use super::room::Member;
use super::score::{Job, PlayedNote};

/// The texts of the own room, as they were when they were last kept: more than a room may hold is damage.
const MAX_TEXTS_BYTES: u64 = 64 << 20;

/// What the main thread holds for code.
pub(crate) struct CodeDesk {
    jobs: Sender<Job>,
    reference: Arc<[Completion]>,
    examples: Arc<[Example]>,
    /// The code that runs, by block: one copy for all frames.
    running: BTreeMap<String, Arc<str>>,
    /// The texts as they were last seen: unchanged ones are not copied again.
    texts: BTreeMap<TextId, Arc<str>>,
}

impl CodeDesk {
    pub(crate) fn new(jobs: Sender<Job>) -> Self {
        Self {
            jobs,
            reference: reference(),
            examples: examples(),
            running: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    /// Makes the panels' model of this moment.
    pub(crate) fn model(&mut self, board: &Board, member: &Member, show: &Show, now: Instant) -> Code {
        self.running.retain(|slot, _| show.running.contains_key(slot));
        for (slot, running) in &show.running {
            let known = self.running.entry(slot.clone()).or_insert_with(|| Arc::from(running.code.as_str()));
            if **known != *running.code {
                *known = Arc::from(running.code.as_str());
            }
        }
        let mut ids: Vec<TextId> = member.with_session(|session| session.texts().cloned().collect());
        // A text that is not told yet is one of this person's.
        ids.extend(self.texts.keys().filter(|id| !ids.contains(id)).cloned().collect::<Vec<_>>());
        let (problems, glows, roll) =
            (board.score.problems.get(), board.score.glows.get(), board.score.roll.get());
        let texts = ids.into_iter().filter_map(|id| {
            let text = self.text(member, &id)?;
            let slot = Running::slot(&id, "");
            let sounds =
                |glow: &&super::score::TextGlow| *glow.slot == *slot && glow.from <= now && now < glow.until;
            Some(CodeText {
                text,
                running: self.running.get(&slot).cloned(),
                problems: problems.get(&slot).cloned().unwrap_or_default(),
                roll: roll.iter().filter(|note| *note.slot == *slot).map(|note| rolled(note, now)).collect(),
                glows: glows.iter().filter(sounds).map(|glow| glow.span).collect(),
                id,
            })
        });
        Code {
            texts: texts.collect(),
            reference: self.reference.clone(),
            sounds: board.score.sounds.get(),
            examples: self.examples.clone(),
            wave: board.heard.get().frame.waveform.as_slice().into(),
        }
    }

    fn text(&mut self, member: &Member, id: &TextId) -> Option<Arc<str>> {
        let text = member.text(id);
        let Some(text) = text else {
            self.texts.remove(id);
            return None;
        };
        let known = self.texts.entry(id.clone()).or_insert_with(|| Arc::from(text.as_str()));
        if **known != *text {
            *known = Arc::from(text);
        }
        Some(known.clone())
    }

    /// Changes a shared text.
    pub(crate) fn edit(
        &mut self,
        board: &Board,
        member: &Member,
        id: &TextId,
        range: std::ops::Range<u32>,
        insert: &str,
    ) {
        self.texts.entry(id.clone()).or_insert_with(|| Arc::from(""));
        if let Err(refusal) = member.edit_text(id, range, insert) {
            board.card(CardKind::Warning, refusal.message, None);
        }
    }

    /// Has code evaluated; the room is asked when it is good.
    pub(crate) fn evaluate(
        &self,
        board: &Board,
        text: TextId,
        code: String,
        quantum_beats: f64,
        layer: Option<LayerId>,
    ) {
        if self.jobs.send(Job::Try { text, code, quantum_beats, layer, asked: Instant::now() }).is_err() {
            board.card(CardKind::Error, "Code cannot be evaluated any more. Restart Jamlight.", None);
        }
    }
}

fn rolled(note: &PlayedNote, now: Instant) -> RollNote {
    let from_now = |at: Instant| match at.checked_duration_since(now) {
        Some(ahead) => ahead.as_secs_f32(),
        None => -now.duration_since(at).as_secs_f32(),
    };
    RollNote { from_secs: from_now(note.from), until_secs: from_now(note.until), pitch: note.pitch }
}

/// What the language knows, by every name.
fn reference() -> Arc<[Completion]> {
    let mut all: Vec<Completion> = app_script::reference()
        .into_iter()
        .flat_map(|entry| {
            std::iter::once(entry.name).chain(entry.aliases.iter().copied()).map(move |name| Completion {
                name: name.to_owned(),
                signature: entry.signature.to_owned(),
                doc: entry.doc.to_owned(),
            })
        })
        .collect();
    // Stable: of two meanings of a name, music comes first.
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.dedup_by(|next, kept| {
        let same = next.name == kept.name;
        if same {
            kept.doc = format!("{}; in light {}: {}", kept.doc, next.signature, next.doc);
        }
        same
    });
    all.into()
}

/// The pieces that come with the app: their first line is their title, their second what they are.
fn examples() -> Arc<[Example]> {
    let line = |text: &str, idx: usize| {
        text.lines().nth(idx).unwrap_or_default().trim_start_matches(['/', ' ']).to_owned()
    };
    SceneLibrary::examples()
        .iter()
        .map(|(_, text)| Example { name: line(text, 0), kind: line(text, 1), code: Arc::from(*text) })
        .collect()
}

fn texts_file(paths: &Paths) -> PathBuf {
    paths.state.join("texts.json")
}

/// Puts the texts of the last run into the room again; code that runs without a text becomes one.
///
/// # Errors
/// The file is damaged, or the room refuses.
pub(crate) fn restore(paths: &Paths, member: &Member) -> anyhow::Result<()> {
    let file = texts_file(paths);
    let kept: BTreeMap<String, String> = match std::fs::metadata(&file) {
        Ok(known) if known.len() > MAX_TEXTS_BYTES => anyhow::bail!("{} is too large", file.display()),
        Ok(_) => serde_json::from_str(&std::fs::read_to_string(&file)?)?,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(err) => return Err(err.into()),
    };
    let show = member.show();
    let running = show.running.iter().filter_map(|(slot, running)| {
        let (text, block) = slot.rsplit_once('/')?;
        (block.is_empty() && !kept.contains_key(text)).then(|| (text.to_owned(), running.code.clone()))
    });
    for (id, text) in kept.iter().map(|(id, text)| (id.clone(), text.clone())).chain(running) {
        let id = TextId(id);
        // A room that was kept brings its texts itself.
        if member.text(&id).is_none_or(|known| known.is_empty()) {
            member.edit_text(&id, 0..0, &text).map_err(|refusal| anyhow::anyhow!(refusal.message))?;
        }
    }
    Ok(())
}

/// Keeps the texts of the own room for the next run, when they changed since `kept`.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn keep(paths: &Paths, member: &Member, kept: &mut String) -> std::io::Result<()> {
    let texts: BTreeMap<String, String> = member.own().with_session(|session| {
        session.texts().filter_map(|id| Some((id.to_string(), session.text(id)?))).collect()
    });
    let json = serde_json::to_string(&texts)?;
    if json == *kept || (texts.is_empty() && kept.is_empty()) {
        return Ok(());
    }
    write(&texts_file(paths), &json)?;
    *kept = json;
    Ok(())
}

fn write(file: &Path, json: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("json.part");
    std::fs::write(&part, json)?;
    std::fs::rename(part, file)
}

#[cfg(test)]
mod tests {
    use app_script::{Settings, evaluate};
    use audio_engine::{Planned, Score, ScoreSettings, SoundTable, install_kits};
    use audio_signal::Transport;
    use sync_hub::Hub;

    use super::*;

    #[test]
    fn every_sound_of_the_examples_is_one_we_have() {
        let mut sounds = SoundTable::default();
        let _ = install_kits(&mut sounds);
        for example in examples().iter() {
            let program = evaluate(&example.code, &Settings::default()).unwrap();
            let mut score = Score::default();
            score.set_pattern(Some(program.pattern));
            for bar in 0..16 {
                let now_secs = f64::from(bar) * 2.0;
                let plan =
                    score.plan(&Transport::default(), now_secs, 2.0, &sounds, &ScoreSettings::default());
                assert_eq!(plan.fault, None, "{}", example.name);
                let unknown = plan.events.iter().find(|event| matches!(event, Planned::Unknown { .. }));
                assert_eq!(unknown, None, "{}", example.name);
            }
        }
    }

    #[test]
    fn texts_survive_a_restart() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let (hub, member) = Hub::solo(Show::default()).unwrap();
        let member = Member::from(member);
        member.edit_text(&TextId::from("main"), 0..0, "s(\"bd\") // ä😀").unwrap();
        for _ in 0..200 {
            if member.own().with_session(|session| session.texts().count()) == 1 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        keep(&paths, &member, &mut String::new()).unwrap();
        hub.stop();
        let (hub, member) = Hub::solo(Show::default()).unwrap();
        let member = Member::from(member);
        restore(&paths, &member).unwrap();
        assert_eq!(member.text(&TextId::from("main")).as_deref(), Some("s(\"bd\") // ä😀"));
        hub.stop();
    }
}
