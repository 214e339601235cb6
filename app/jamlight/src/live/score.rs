//! The score: what code plays, asked a moment ahead and sent to the instrument.
//!
//! It follows [`sync_protocol::Show::running`]: whatever the room runs, this machine plays, from the
//! same beat. Notes go by a ring into the output's callback, words to the picture to the board. Texts
//! are evaluated by a worker ([`worker`]); what does not evaluate, or fails while it is asked, changes
//! nothing: the last good goes on.
//!
//! Time here is the mix's: frames of the output. The ear tells how its own stream time lies to it.

mod begin;
mod samples;
mod stand;
#[cfg(test)]
mod tests;
mod trace;
mod worker;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use app_desktop::CodeProblem;
use audio_engine::{
    BEATS_PER_CYCLE, DEFAULT_LOOKAHEAD_SECS, Engine, EngineInput, EngineSettings, LoadedSample, Plan,
    Planned, Score, ScoreSettings, SoundTable, install_kits,
};
use audio_io::{InstrumentHandle, MIX_RATE_HZ};
use audio_pattern::{Fault, Signals};
use audio_signal::{AudioFrame, Cue, NoteEvent, SampleTime, Sound, Transport};
use sync_protocol::{DEFAULT_SCENE, LayerSource, Running, SceneId, Show, TextId};

use super::board::{Board, Heard};
pub(crate) use begin::{ScoreStart, start};
pub(crate) use samples::{SampleAsk, SampleFolders};
use samples::{SampleReader, Taken};
pub(crate) use stand::{CodeLead, PlayedNote, Stand, TextGlow, leading};
use trace::Way;
pub(crate) use worker::{Evaluated, Job, make as evaluate, scene_of};
use worker::{Loaded, Shelf};

/// How often the score looks ahead.
const TURN: Duration = Duration::from_millis(5);
/// Notes nearer than this are in the callback's hands already: a change takes over behind it. Seconds.
const COMMITTED_SECS: f64 = 0.012;
/// A change of the transport that moves planned notes by more than this makes them planned again. Seconds.
const MAX_STALE_SECS: f64 = 0.003;
/// How fast the estimate between the ear's clock and the mix's follows, per turn: over about two seconds.
const CLOCK_FOLLOW: f64 = 0.0025;
/// An estimate that is off by more jumps instead. Seconds.
const CLOCK_JUMP_SECS: f64 = 0.08;
/// An evaluation due further ahead than this, in beats, is one of another evening: it takes over now.
pub(crate) const MAX_WAIT_BEATS: f64 = 128.0;
/// Cues and glows that are over stay for this long: a picture may be drawn late.
pub(crate) const KEPT_PAST: Duration = Duration::from_millis(500);
/// How long a note stays in the piano roll.
const ROLL_PAST: Duration = Duration::from_secs(4);
/// Notes of the piano roll at most; the oldest go (`DropOldest`).
const MAX_ROLL: usize = 2_048;
/// Rows for samples, below the lowest tone.
const SAMPLE_ROWS: u16 = 12;
/// Glows shown at once at most; the oldest go (`DropOldest`).
const MAX_GLOWS: usize = 512;
/// What scenes made by code are called: this and the name of the text.
pub(crate) const CODE_SCENE_PREFIX: &str = "code:";

/// One block of code that runs.
struct Block {
    running: Running,
    /// The beat on which it takes over; minus infinity is now.
    due_beat: f64,
    /// What plays, once it has been evaluated.
    now: Option<Arc<Evaluated>>,
    /// What takes over, and on which beat.
    next: Option<(f64, Arc<Evaluated>)>,
    score: Score,
    /// Whether the worker still has it.
    waiting: bool,
}

struct Player {
    start: ScoreStart,
    shelf: Shelf,
    jobs: Sender<Job>,
    input: EngineInput,
    /// Keeps the instrument in the mix.
    instrument: InstrumentHandle,
    /// Whether this machine sounds.
    audible: bool,
    samples: SampleReader,
    sounds: SoundTable,
    /// How many samples of each name every machine has.
    shared: HashMap<String, usize>,
    loading: VecDeque<LoadedSample>,
    /// Notes that found no place in the ring yet.
    sending: VecDeque<NoteEvent>,
    show: Option<Arc<Show>>,
    blocks: BTreeMap<Arc<str>, Block>,
    cues: Vec<Cue>,
    glows: VecDeque<TextGlow>,
    roll: VecDeque<PlayedNote>,
    /// The ear's stream time less the mix's, in seconds, as estimated while the ear hears something else.
    offset_secs: Option<f64>,
    /// The transport that the notes under way were planned with.
    planned_with: Option<Transport>,
    /// Notes from here on are to be planned anew, in seconds of the mix.
    anew_from_secs: Option<f64>,
    /// The beat of the last turn.
    beat: f64,
    /// Gaps in the sound that were told.
    times_dry: u64,
}

impl Player {
    fn new(
        start: ScoreStart,
        shelf: Shelf,
        jobs: Sender<Job>,
        samples: SampleReader,
    ) -> anyhow::Result<Self> {
        let (mut engine, input) =
            Engine::new(EngineSettings { rate_hz: MIX_RATE_HZ, ..EngineSettings::default() });
        let clock = start.output.clock();
        let mut joined = false;
        let instrument = start.output.add_instrument(Box::new(move |block| {
            if !joined {
                engine.set_time(SampleTime(clock.frames()));
                joined = true;
            }
            engine.fill(block);
        }))?;
        let mut sounds = SoundTable::default();
        let loading = install_kits(&mut sounds).into();
        let shared = sounds.names().into_iter().map(|(name, num)| (name.to_owned(), num)).collect();
        let player = Self {
            start,
            shelf,
            jobs,
            input,
            instrument,
            audible: true,
            samples,
            sounds,
            shared,
            loading,
            sending: VecDeque::new(),
            show: None,
            blocks: BTreeMap::new(),
            cues: Vec::new(),
            glows: VecDeque::new(),
            roll: VecDeque::new(),
            offset_secs: None,
            planned_with: None,
            anew_from_secs: None,
            beat: 0.0,
            times_dry: 0,
        };
        player.publish_sounds();
        Ok(player)
    }

    fn publish_sounds(&self) {
        let waves = audio_engine::WAVE_NAMES.iter().map(|name| (*name).to_owned());
        let mut names: Vec<String> =
            self.sounds.names().into_iter().map(|(name, _)| name.to_owned()).chain(waves).collect();
        self.start.board.score.sounds.change(|sounds| {
            names.extend(sounds.iter().cloned());
            names.sort_unstable();
            names.dedup();
            *sounds = names.into();
        });
    }

    fn run(mut self, loaded: &Receiver<Loaded>) {
        while !self.start.board.is_ending() {
            match loaded.recv_timeout(TURN) {
                Ok(loaded) => self.take_loaded(&loaded),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.input.free_returned();
        self.be_heard();
        self.take_samples();
        while let Some(sample) = self.loading.pop_front() {
            if let Err(back) = self.input.load(sample) {
                self.loading.push_front(back);
                break;
            }
        }
        let now = Instant::now();
        let heard = self.start.board.heard.get();
        let now_secs = self.input.time().secs(MIX_RATE_HZ);
        let transport = self.mix_transport(&heard, now);
        self.beat = transport.beat_at(now_secs);
        self.follow_show();
        self.take_over();
        if self.planned_with.is_some_and(|before| {
            let beat = before.beat_at(now_secs + DEFAULT_LOOKAHEAD_SECS);
            (before.secs_at(beat) - transport.secs_at(beat)).abs() > MAX_STALE_SECS
        }) {
            self.anew_from_secs = Some(now_secs + COMMITTED_SECS);
        }
        self.plan_anew(&transport);
        self.plan(&transport, &heard, now_secs, now);
        while self.sending.front().is_some_and(|note| self.input.play(*note)) {
            self.sending.pop_front();
        }
    }

    /// A guest's machine is silent unless its person wants it to sound.
    fn be_heard(&mut self) {
        let audible = !self.start.member.is_guest() || self.start.board.guest_sounds.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.audible, audible) != audible {
            self.instrument.set_gain(if audible { 1.0 } else { 0.0 });
        }
        // While somebody writes, the device stays: the first note waits for nothing.
        let idle = self.blocks.is_empty()
            && !self.start.board.code_open.load(Ordering::Relaxed)
            && !self.input.meters().busy.load(Ordering::Relaxed);
        self.instrument.set_idle(idle);
    }

    /// Takes what was read of samples.
    fn take_samples(&mut self) {
        let mut changed = false;
        while let Ok(taken) = self.samples.taken.try_recv() {
            changed = true;
            match taken {
                Taken::Own { name, samples } => {
                    let added = samples.into_iter().filter_map(|sample| self.sounds.add(&name, sample));
                    self.loading.extend(added);
                    known(&self.start.board, &name);
                }
                Taken::Lent { name, samples } => {
                    let num_shared = self.shared.get(&name).copied().unwrap_or(0);
                    self.loading.extend(self.sounds.lend(&name, num_shared, samples));
                    known(&self.start.board, &name);
                }
                Taken::LoanEnded => self.loading.extend(self.sounds.end_loan()),
            }
        }
        if changed {
            // Notes of a sound that is there only now.
            self.anew();
        }
    }

    /// The transport in the mix's time.
    fn mix_transport(&mut self, heard: &Heard, now: Instant) -> Transport {
        let offset_secs = match heard.mix_offset_secs {
            Some(exact) => {
                self.offset_secs = Some(exact);
                exact
            }
            None => {
                // What is in the air now was mixed a latency ago.
                let clock = self.start.output.clock();
                let measured = heard.stream_secs(now) - (clock.secs() - clock.latency_secs());
                let followed = match self.offset_secs {
                    Some(known) if (measured - known).abs() < CLOCK_JUMP_SECS => {
                        known + (measured - known) * CLOCK_FOLLOW
                    }
                    _ => measured,
                };
                self.offset_secs = Some(followed);
                followed
            }
        };
        Transport { origin_secs: heard.transport.origin_secs - offset_secs, ..heard.transport }
    }

    /// Looks what the room runs, and prepares what is new.
    fn follow_show(&mut self) {
        let show = self.start.member.show();
        if self.show.as_ref().is_some_and(|known| Arc::ptr_eq(known, &show) || known.running == show.running)
        {
            self.show = Some(show);
            return;
        }
        let first_look = self.show.is_none();
        if first_look {
            self.light_up(&show);
        }
        self.show = Some(show.clone());
        let before = self.blocks.len();
        self.blocks.retain(|slot, _| show.running.contains_key(&**slot));
        if self.blocks.len() < before {
            self.stopped(show.running.is_empty());
        }
        let alone = self.start.member.with_session(|session| session.members().count() <= 1);
        for (slot, running) in &show.running {
            let slot: Arc<str> = Arc::from(slot.as_str());
            if self.blocks.get(&slot).is_some_and(|block| block.running == *running) {
                continue;
            }
            // Alone, at once means now; with others, on the beat that all can reach.
            let at_once = first_look || (alone && running.quantum_beats <= 0.0);
            let due_beat = if at_once { f64::NEG_INFINITY } else { running.at_beat };
            let block = self.blocks.entry(slot.clone()).or_insert_with(|| Block {
                running: running.clone(),
                due_beat,
                now: None,
                next: None,
                score: Score::default(),
                waiting: false,
            });
            block.running.clone_from(running);
            block.due_beat = due_beat;
            match self.shelf.get(&running.code) {
                Some(evaluated) => block.next = Some((due_beat, evaluated)),
                None => {
                    block.waiting = true;
                    let job = Job::Load { slot, code: Arc::from(running.code.as_str()) };
                    // A worker that is gone has left its report; what plays plays on.
                    let _ = self.jobs.send(job);
                }
            }
        }
    }

    /// A layer that shows the light of code which no longer runs gets the default scene, not the dark.
    fn light_up(&self, show: &Show) {
        for layer in &show.layers {
            let LayerSource::Scene(id) = &layer.source else { continue };
            let Some(text) = id.as_str().strip_prefix(CODE_SCENE_PREFIX) else { continue };
            if show.running.contains_key(&Running::slot(&TextId::from(text), "")) {
                continue;
            }
            if let Ok(program) = self.start.library.compile(&SceneId::from(DEFAULT_SCENE)) {
                self.start.library.insert(id.clone(), program);
            }
        }
    }

    fn stopped(&mut self, all: bool) {
        if all {
            self.input.hush();
            self.sending.clear();
            self.cues.clear();
            self.glows.clear();
            self.roll.clear();
        } else {
            self.anew();
        }
    }

    /// Lets what is not in the callback's hands yet be planned again.
    fn anew(&mut self) {
        self.anew_from_secs = Some(self.input.time().secs(MIX_RATE_HZ) + COMMITTED_SECS);
    }

    fn take_loaded(&mut self, loaded: &Loaded) {
        for block in
            self.blocks.values_mut().filter(|block| block.waiting && *block.running.code == *loaded.code)
        {
            block.waiting = false;
            // What does not evaluate changes nothing: the last good plays on.
            if let Some(evaluated) = &loaded.evaluated {
                block.next = Some((block.due_beat, evaluated.clone()));
            }
        }
    }

    /// Lets code take over whose beat has come, or comes within what is planned.
    fn take_over(&mut self) {
        let bpm = self.planned_with.map_or(120.0, |transport| transport.tempo_bpm);
        let horizon = self.beat + DEFAULT_LOOKAHEAD_SECS * bpm / 60.0;
        let mut at_once = false;
        let mut changed = false;
        for (slot, block) in &mut self.blocks {
            let Some((at_beat, evaluated)) = &block.next else { continue };
            let wait = at_beat - self.beat;
            let late = !(wait > 0.0 && wait < MAX_WAIT_BEATS);
            if !late && *at_beat > horizon {
                continue;
            }
            // Code that only paints leaves the ear to what sounds.
            let plays = !evaluated.program.parts.is_empty();
            if plays {
                // A reader that is gone has left its report: what is not read is not heard.
                let _ = self.samples.ask.send(SampleAsk::Code(block.running.code.clone()));
            }
            let pattern = plays.then(|| evaluated.program.pattern.clone());
            if late {
                block.score.set_pattern(pattern);
                at_once = true;
            } else {
                block.score.set_pattern_at(pattern, *at_beat);
            }
            if let Some(light) = &evaluated.light {
                let text = slot.rsplit_once('/').map_or(&**slot, |(text, _)| text);
                self.start.library.insert(worker::scene_of(text), light.clone());
            }
            block.now = Some(evaluated.clone());
            block.next = None;
            changed = true;
        }
        if at_once {
            self.anew();
        }
        if changed {
            self.start.board.score.way.change(|way| {
                if let Some(way) = way {
                    way.taken_over = Some(Instant::now());
                }
            });
        }
        let plays = self.blocks.values().any(|block| block.score.is_playing());
        if changed || self.start.board.score.plays.load(Ordering::Relaxed) != plays {
            let mut said = self.blocks.values().filter_map(|block| block.now.as_ref());
            let bpm = said
                .rfind(|evaluated| evaluated.program.sets_tempo)
                .map(|evaluated| evaluated.program.cps * BEATS_PER_CYCLE * 60.0);
            self.start.board.score.lead.set(plays.then_some(CodeLead { bpm }));
            self.start.board.score.plays.store(plays, Ordering::Relaxed);
        }
    }

    /// Takes back the notes that are no longer true.
    fn plan_anew(&mut self, transport: &Transport) {
        let Some(from_secs) = self.anew_from_secs else { return };
        let mut exact_secs = from_secs;
        for block in self.blocks.values_mut() {
            exact_secs = block.score.replan_from(transport, from_secs);
        }
        let from = SampleTime::from_secs(exact_secs, MIX_RATE_HZ);
        self.sending.retain(|note| note.at < from);
        if !self.sending.is_empty() || !self.input.forget_from(from) {
            // The ring is full: the next turn tries again.
            return;
        }
        self.anew_from_secs = None;
        let beat = transport.beat_at(exact_secs);
        self.cues.retain(|cue| cue.beat < beat);
        let latency_secs = self.start.output.clock().latency_secs();
        let now_secs = self.input.time().secs(MIX_RATE_HZ);
        let cut = Instant::now() + Duration::from_secs_f64((exact_secs - now_secs + latency_secs).max(0.0));
        self.glows.retain(|glow| glow.from < cut);
        self.roll.retain(|note| note.from < cut);
    }

    /// Asks every block for the stretch that comes.
    fn plan(&mut self, transport: &Transport, heard: &Heard, now_secs: f64, now: Instant) {
        let latency_secs = self.start.output.clock().latency_secs();
        let signals = Senses { frame: &heard.frame };
        let settings = ScoreSettings { rate_hz: MIX_RATE_HZ, signals: &signals, ..ScoreSettings::default() };
        let heard_at = |secs: f64| {
            let ahead_secs = secs - now_secs + latency_secs;
            if ahead_secs >= 0.0 {
                now + Duration::from_secs_f64(ahead_secs.min(3_600.0))
            } else {
                now.checked_sub(Duration::from_secs_f64(-ahead_secs)).unwrap_or(now)
            }
        };
        let (num_cues, num_glows) = (self.cues.len(), self.glows.len());
        for (slot, block) in &mut self.blocks {
            let Plan { events, glows, fault } =
                block.score.plan(transport, now_secs, DEFAULT_LOOKAHEAD_SECS, &self.sounds, &settings);
            for event in events {
                match event {
                    Planned::Note(note) => {
                        let from = heard_at(note.at.secs(MIX_RATE_HZ));
                        self.roll.push_back(PlayedNote {
                            slot: slot.clone(),
                            from,
                            until: from + Duration::from_secs_f32(note.hold_secs.clamp(0.0, 60.0)),
                            pitch: row_of(&note),
                        });
                        self.sending.push_back(*note);
                    }
                    Planned::Cue(cue) => self.cues.push(cue),
                    // Where nothing sounds, nothing is missed.
                    Planned::Unknown { sound } if self.audible => {
                        unknown(&self.start.board, slot, &block.running.code, &sound);
                        let _ = self.samples.ask.send(SampleAsk::Code(sound));
                    }
                    Planned::Unknown { .. } => {}
                }
            }
            self.glows.extend(glows.iter().map(|glow| TextGlow {
                slot: slot.clone(),
                span: (glow.span.start, glow.span.end),
                from: heard_at(glow.from_secs),
                until: heard_at(glow.until_secs),
            }));
            if let Some(fault) = fault {
                failed(&self.start.board, slot, &fault);
            }
        }
        self.trace(now_secs);
        self.planned_with = Some(*transport);
        if self.cues.len() != num_cues || !self.cues.is_empty() {
            let past = self.beat - KEPT_PAST.as_secs_f64() * transport.tempo_bpm / 60.0;
            self.cues.retain(|cue| cue.beat + cue.duration_beats >= past);
            self.start.board.score.cues.set(self.cues.as_slice().into());
        }
        if !self.roll.is_empty() {
            self.roll.retain(|note| note.until + ROLL_PAST >= now);
            let too_many = self.roll.len().saturating_sub(MAX_ROLL);
            self.roll.drain(..too_many);
            self.start.board.score.roll.set(self.roll.iter().cloned().collect());
        }
        if self.glows.len() != num_glows || !self.glows.is_empty() {
            self.glows.retain(|glow| glow.until + KEPT_PAST >= now);
            let too_many = self.glows.len().saturating_sub(MAX_GLOWS);
            self.glows.drain(..too_many);
            self.start.board.score.glows.set(self.glows.iter().cloned().collect());
        }
    }
}

/// The row of a note in a piano roll.
fn row_of(note: &NoteEvent) -> f32 {
    match note.sound {
        Sound::Wave(_) => 69.0 + 12.0 * (note.freq_hz.max(1.0) / 440.0).log2(),
        Sound::Sample(id) => f32::from(id.0 % SAMPLE_ROWS),
    }
}

/// A pattern failed while it was asked; the one before it plays on.
fn failed(board: &Board, slot: &str, fault: &Fault) {
    let (line, column, message) = match fault {
        Fault::Script { message, line, column } => (*line, *column, message.clone()),
        other => (1, 1, other.to_string()),
    };
    let hint = Some("what played before plays on".to_owned());
    worker::tell(board, slot, vec![CodeProblem { line, column, message, hint, stops: true }]);
}

/// A pattern asks for a sound that nobody has.
fn unknown(board: &Board, slot: &str, code: &str, sound: &str) {
    let at = code.find(sound).unwrap_or(0);
    let before = code.get(..at).unwrap_or_default();
    let problem = CodeProblem {
        line: before.matches('\n').count() as u32 + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1,
        message: nobody_has(sound),
        hint: Some("your own samples lie in the folder samples, one folder for each name".to_owned()),
        stops: false,
    };
    let mut problems = board.score.problems.get().get(slot).cloned().unwrap_or_default();
    problems.push(problem);
    worker::tell(board, slot, problems);
}

fn nobody_has(sound: &str) -> String {
    format!("nobody has the sound {sound:?}")
}

/// A sound was found after all.
fn known(board: &Board, sound: &str) {
    let message = nobody_has(sound);
    board.score.problems.change(|all| {
        let mut new = (**all).clone();
        new.values_mut().for_each(|problems| problems.retain(|problem| problem.message != message));
        new.retain(|_, problems| !problems.is_empty());
        *all = Arc::new(new);
    });
}

/// What patterns can ask of the world: `input("bass")`.
pub(crate) struct Senses<'a> {
    pub frame: &'a AudioFrame,
}

impl Signals for Senses<'_> {
    fn signal(&self, name: &str, _cycle: f64) -> Option<f64> {
        let level = match name {
            "all" | "volume" => self.frame.all.level,
            "bass" => self.frame.bass.level,
            "mid" => self.frame.mid.level,
            "midHigh" => self.frame.mid_high.level,
            "high" | "treble" => self.frame.high.level,
            "tempo" => self.frame.tempo_bpm,
            _ => return None,
        };
        Some(f64::from(level))
    }
}
