//! What is heard: devices and the player in, the Signal and the Transport out.
//!
//! One analyser for the whole evening, at one rate: a source that changes goes on in the same stream
//! time, so beats and counts never run back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{Action, AudioChoice, CardKind, Intent, Mixing};
use app_director::Conductor;
use audio_analysis::{Analyser, TapTempo, TempoLeader};
use audio_io::{
    DeviceInfo, DeviceKind, DeviceState, Input, InputChoice, InputReader, InputSettings, MIX_RATE_HZ, Output,
    Player, Tap, Track,
};
use audio_signal::{AudioFrame, TempoSource};
use sync_protocol::{Command, TempoSettings};

use crate::jam::CodeSound;

use super::board::{Board, Heard};
use super::clicks::ClickFinder;
use super::drill::Drills;
use super::recogniser::Feed;
use super::room::{self, HostEar, Member};
use super::score;
use super::sources::{Sources, ToMix};

/// How often the rings are emptied: half a hop of the analyser.
const TURN: Duration = Duration::from_millis(5);
/// Samples taken at once: 20 ms of stereo.
const BLOCK: usize = 1920;
/// Sound of added devices that waits for the first source before that counts as silent, in samples: 60 ms.
const MOST_WAITING: usize = 3 * BLOCK;
/// How long automatic listening waits for sound before the built-in track begins on a first run.
const FIRST_RUN_PATIENCE: Duration = Duration::from_secs(3);
/// How long it waits where there is no device at all.
const DEAF_PATIENCE: Duration = Duration::from_secs(1);
/// Silence after which a guest shows what the host hears.
const GUEST_PATIENCE: Duration = Duration::from_millis(1_500);
/// Silence worth a sentence.
const SILENCE_WORTH_SAYING: Duration = Duration::from_secs(10);
/// The tempo of code that names none while nothing else was heard, in beats per minute: half a cycle a second.
const CODE_BPM: f64 = 120.0;
/// How often the list of devices is read anew.
const DEVICES_EVERY: Duration = Duration::from_secs(10);

/// What the panels say about the ear.
#[derive(Clone, Debug, Default)]
pub(crate) struct EarState {
    pub source: String,
    pub chosen: Option<AudioChoice>,
    pub choices: Vec<AudioChoice>,
    pub problem: Option<String>,
    pub track_secs: Option<(f64, f64)>,
    /// Whether what is heard is Jamlight's own: code, the built-in track. Nobody needs its name.
    pub own_sound: bool,
    pub paused: bool,
    /// Of each source, 0–1, the first one first. `None`: it is waited for.
    pub source_levels: Vec<Option<f32>>,
}

/// What the ear is asked for.
#[derive(Debug)]
pub(crate) enum EarOrder {
    Listen(AudioChoice),
    Pause(bool),
    Seek(f64),
    Tap(Instant),
    /// What else is listened to, and how loud each counts.
    Mix(Mixing),
}

/// How the ear begins.
pub(crate) struct EarStart {
    pub choice: AudioChoice,
    pub mixing: Mixing,
    pub output: Output,
    pub settings: audio_analysis::Settings,
    pub conductor: Conductor,
    pub drills: Drills,
    /// Hears what the analyser hears, to name it.
    pub recogniser: Feed,
    /// Whether nobody ever ran this here: then silence is filled with the built-in track.
    pub first_run: bool,
}

/// Starts the ear. It ends with the board.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    board: Arc<Board>,
    member: Member,
    start: EarStart,
) -> anyhow::Result<(Sender<EarOrder>, std::thread::JoinHandle<()>)> {
    // Unbounded, but a person's taps and clicks only.
    let (orders, inbox) = channel();
    let ear = Ear::new(board.clone(), member, start)?;
    let thread = std::thread::Builder::new()
        .name("ear".to_owned())
        .spawn(move || ear.run(&inbox))
        .context("the ear's thread cannot start")?;
    std::thread::Builder::new()
        .name("devices".to_owned())
        .spawn(move || watch_devices(&board))
        .context("the thread that lists devices cannot start")?;
    Ok((orders, thread))
}

struct Ear {
    board: Arc<Board>,
    member: Member,
    analyser: Analyser,
    conductor: Conductor,
    taps: TapTempo,
    input: Input,
    reader: InputReader,
    output: Output,
    player: Player,
    tap: Tap,
    to_mix: ToMix,
    sources: Sources,
    choice: AudioChoice,
    /// Whether automatic listening gave way to the built-in track.
    filling_silence: bool,
    first_run: bool,
    silent_since: Instant,
    clicks: Option<ClickFinder>,
    recogniser: Feed,
    /// Whether the recogniser missed something.
    recogniser_gap: bool,
    /// A guest without sound of its own hears through the host's ear.
    host_ear: HostEar,
    hears_host: bool,
    /// Frames analysed so far: the analyser's stream time.
    num_frames: u64,
    /// The tempo that code goes on with where it names none, in beats per minute.
    known_bpm: f64,
}

impl Ear {
    fn new(board: Arc<Board>, member: Member, start: EarStart) -> anyhow::Result<Self> {
        let lose_every = start.drills.lose_audio_every;
        let output = start.output;
        let player = Player::new(&output)?;
        player.set_looping(true);
        let tap = output.tap()?;
        let (input, reader) =
            Input::open(InputSettings { choice: InputChoice::Off, lose_every, ..InputSettings::default() })?;
        let now = Instant::now();
        let mut ear = Self {
            board,
            member,
            analyser: Analyser::new(MIX_RATE_HZ, start.settings),
            conductor: start.conductor,
            taps: TapTempo::new(),
            input,
            reader,
            output,
            player,
            tap,
            to_mix: ToMix::default(),
            sources: Sources::default(),
            choice: AudioChoice::Automatic,
            filling_silence: false,
            first_run: start.first_run,
            silent_since: now,
            clicks: start.drills.trace_clicks.then(ClickFinder::default),
            recogniser: start.recogniser,
            recogniser_gap: false,
            host_ear: HostEar::default(),
            hears_host: false,
            num_frames: 0,
            known_bpm: CODE_BPM,
        };
        ear.sources.choose(&start.mixing);
        ear.listen(start.choice);
        Ok(ear)
    }

    fn run(mut self, inbox: &Receiver<EarOrder>) {
        let mut block = vec![0.0; BLOCK];
        let mut turn = 0_u64;
        while !self.board.is_ending() {
            match inbox.recv_timeout(TURN) {
                Ok(order) => self.obey(order),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
            }
            self.take_sound(&mut block);
            let deaf = self.member.is_guest() && self.silent_since.elapsed() >= GUEST_PATIENCE;
            self.hears_host = self.host_ear.turn(&self.board, &self.member, &mut self.conductor, deaf);
            turn += 1;
            if turn.is_multiple_of(6) {
                room::share_signal(&self.member, &self.board.heard.get());
            }
            if turn.is_multiple_of(20) {
                self.consider();
                self.tell();
            }
        }
    }

    fn obey(&mut self, order: EarOrder) {
        match order {
            EarOrder::Listen(choice) => self.listen(choice),
            EarOrder::Pause(true) => self.player.pause(),
            EarOrder::Pause(false) => self.player.play(),
            EarOrder::Seek(secs) => self.player.seek(secs),
            EarOrder::Tap(at) => self.tap_at(at),
            EarOrder::Mix(mixing) => self.sources.choose(&mixing),
        }
    }

    fn listen(&mut self, choice: AudioChoice) {
        self.filling_silence = false;
        self.silent_since = Instant::now();
        let (input, track) = match &choice {
            AudioChoice::Automatic => (InputChoice::Auto, None),
            AudioChoice::Device(name) => (InputChoice::Device(name.clone()), None),
            AudioChoice::BuiltIn => (InputChoice::Off, Some(Track::BuiltIn)),
            AudioChoice::File(path) => (InputChoice::Off, Some(Track::File(path.clone()))),
        };
        self.input.choose(input);
        match track {
            Some(track) => {
                // The built-in filler plays once; what a person chose goes round.
                self.player.set_looping(true);
                self.player.play_track(track);
            }
            None => self.player.stop(),
        }
        self.choice = choice;
    }

    /// Whether the player is what is analysed.
    fn plays(&self) -> bool {
        self.filling_silence
            || matches!(self.choice, AudioChoice::BuiltIn | AudioChoice::File(_))
            || self.hears_code()
    }

    /// Whether automatic listening hears what code plays here.
    fn hears_code(&self) -> bool {
        self.choice == AudioChoice::Automatic && self.board.score.plays.load(Ordering::Relaxed)
    }

    /// How what is heard and what code plays here go together.
    fn code_sound(&self) -> CodeSound {
        let from_here = self.plays()
            || matches!(self.input.state(), DeviceState::Live { kind: DeviceKind::Loopback, .. });
        if self.hears_code() && !self.sources.has_more() {
            CodeSound::Alone
        } else if from_here && self.board.score.plays.load(Ordering::Relaxed) {
            CodeSound::Within
        } else {
            CodeSound::Beside
        }
    }

    fn take_sound(&mut self, block: &mut [f32]) {
        let mut waiting = self.sources.fetch(block);
        loop {
            // Both rings are emptied whoever is listened to: what waits in them would be old.
            let played = self.tap.read(block);
            if self.plays() && played > 0 {
                self.push(block.get(..played).unwrap_or_default());
            }
            let heard = self.reader.read(block);
            if !self.plays() && heard > 0 {
                self.push_at(block.get(..heard).unwrap_or_default(), self.reader.format().sample_rate_hz);
            }
            let first = if self.plays() { played } else { heard };
            waiting = waiting.saturating_sub(first);
            if played == 0 && heard == 0 {
                break;
            }
        }
        // The first source gives nothing: the others are heard over its silence.
        while waiting > MOST_WAITING {
            let num_samples = waiting.min(block.len());
            let silence = block.get_mut(..num_samples).unwrap_or_default();
            silence.fill(0.0);
            self.push(silence);
            waiting -= num_samples;
        }
    }

    /// Analyses sound of any rate.
    fn push_at(&mut self, samples: &[f32], rate_hz: u32) {
        let mut to_mix = std::mem::take(&mut self.to_mix);
        to_mix.push(samples, rate_hz, |samples| self.push(samples));
        self.to_mix = to_mix;
    }

    /// Adds what else is listened to, and analyses it.
    fn push(&mut self, samples: &[f32]) {
        let mut sources = std::mem::take(&mut self.sources);
        self.analyse(sources.mix(samples));
        self.sources = sources;
    }

    fn analyse(&mut self, samples: &[f32]) {
        if let Some(clicks) = &mut self.clicks {
            clicks.push(samples, MIX_RATE_HZ, &self.board);
        }
        self.recogniser.push(samples, &mut self.recogniser_gap);
        let mut newest: Option<Arc<AudioFrame>> = None;
        self.num_frames += samples.len() as u64 / 2;
        if self.board.sound.is_used() {
            let ends_secs = self.num_frames as f64 / f64::from(MIX_RATE_HZ);
            self.board.sound.put(samples, ends_secs, self.code_sound());
        }
        let plays = self.plays();
        // Beside a track, code follows what is heard; alone, it would follow itself.
        let lead = self.board.score.lead.get();
        let settings = score::leading(&self.member.show().tempo, lead, self.hears_code(), self.known_bpm);
        let conductor = &mut self.conductor;
        let mut transport = conductor.transport();
        self.analyser.push(samples, 2, &mut |frame| {
            transport = conductor.update(frame, &settings);
            newest = Some(Arc::new(frame.clone()));
        });
        if let Some(frame) = newest {
            let at = Instant::now();
            if !frame.silent {
                self.silent_since = at;
            } else if self.hears_host {
                return;
            }
            if settings.source != TempoSource::Heard {
                self.known_bpm = settings.bpm;
            } else if transport.confidence > 0.0 {
                self.known_bpm = f64::from(frame.tempo_bpm);
            }
            let ahead_secs = if plays { self.output.clock().latency_secs() } else { 0.0 };
            if let Some(followed) =
                room::follow(&self.member, &mut self.conductor, frame.time_secs, ahead_secs)
            {
                transport = followed;
            }
            // The tap was read up to where the analyser is.
            let mix_offset_secs = self
                .tap
                .frames()
                .filter(|_| plays)
                .map(|mixed| (self.num_frames as f64 - mixed as f64) / f64::from(MIX_RATE_HZ));
            self.board.heard.set(Heard { frame, at, transport, ahead_secs, mix_offset_secs });
        }
    }

    /// Fills silence where that is wanted, and stops when there is sound.
    fn consider(&mut self) {
        if self.choice != AudioChoice::Automatic || self.member.is_guest() {
            // A guest's machine is silent, and shows what the host hears.
            return;
        }
        if self.hears_code() {
            // Code plays: it needs no filler.
            if std::mem::take(&mut self.filling_silence) {
                self.player.stop();
            }
            self.silent_since = Instant::now();
            return;
        }
        if self.filling_silence {
            // Between two rounds of the track it listens: what sounds then is not ours.
            if self.player.state().ended || self.player.state().error.is_some() {
                self.filling_silence = false;
                self.silent_since = Instant::now();
            }
            return;
        }
        let patience = match self.input.state() {
            DeviceState::None { .. } => DEAF_PATIENCE,
            _ if self.first_run => FIRST_RUN_PATIENCE,
            _ => return,
        };
        if self.silent_since.elapsed() >= patience {
            self.filling_silence = true;
            self.player.set_looping(false);
            self.player.play_track(Track::BuiltIn);
        }
    }

    /// Takes a tap of the tempo. From the second on a person leads.
    fn tap_at(&mut self, at: Instant) {
        let heard = self.board.heard.get();
        self.taps.tap(heard.stream_secs(at));
        let Some(line) = self.taps.transport() else { return };
        let show = self.member.show();
        let beats_per_bar = show.tempo.beats_per_bar;
        // The fit's beat 0 is the first tap of the row: people begin on the one.
        let tempo = TempoSettings {
            source: TempoSource::Tap,
            bpm: line.tempo_bpm,
            beats_per_bar,
            downbeat_secs: line.secs_at(0.0),
        };
        if let Err(err) = self.member.send(Command::SetTempo { tempo }) {
            tracing::debug!(%err, "tap refused");
        }
    }

    fn tell(&self) {
        room::share(&self.member, &self.board.heard.get());
        let state = self.input.state();
        let player = self.player.state();
        let track = if self.plays() { player.track.as_ref() } else { None };
        let source = match (&state, track) {
            (_, None) if self.hears_code() => "The code playing here".to_owned(),
            (_, Some(track)) => capitalised(&track.to_string()),
            (DeviceState::Live { device, kind }, None) => match kind {
                DeviceKind::Loopback if !device.to_lowercase().contains("monitor") => {
                    format!("Monitor of {device}")
                }
                _ => device.clone(),
            },
            _ if self.hears_host => "The host's sound".to_owned(),
            _ => "No sound".to_owned(),
        };
        let problem = self.problem(&state, &player, &source);
        let before = self.board.ear.get();
        if let Some(sentence) = &problem
            && before.problem.is_none()
        {
            let help = (self.choice != AudioChoice::BuiltIn)
                .then_some(("Play the built-in track", Action::App(Intent::ListenTo(AudioChoice::BuiltIn))));
            self.board.card(CardKind::Warning, sentence.clone(), help);
        }
        let track_secs =
            track.map(|_| (player.position_secs, player.duration_secs.unwrap_or(player.position_secs)));
        self.board.ear.set(Arc::new(EarState {
            source,
            chosen: Some(self.choice.clone()),
            choices: choices(self.board.audio_choices.get(), &self.choice),
            problem,
            track_secs,
            own_sound: self.hears_code() || matches!(track, Some(Track::BuiltIn)),
            paused: track.is_some() && !player.playing,
            source_levels: self.sources.levels(),
        }));
    }

    fn problem(&self, state: &DeviceState, player: &audio_io::PlayerState, source: &str) -> Option<String> {
        if self.plays() {
            return player.error.clone();
        }
        if self.hears_host {
            return None;
        }
        match state {
            DeviceState::Lost { why, .. } => {
                Some(format!("The sound is lost: {why}. It is tried again and again."))
            }
            DeviceState::None { why } => {
                Some(format!("Nothing to listen to: {}.", why.trim_end_matches('.')))
            }
            DeviceState::Live { .. } if self.silent_since.elapsed() >= SILENCE_WORTH_SAYING => {
                Some(format!("Nothing is heard on {source:?}. Play some music, or choose another input."))
            }
            _ => None,
        }
    }
}

/// The choices with the present one among them.
fn choices(known: Vec<AudioChoice>, chosen: &AudioChoice) -> Vec<AudioChoice> {
    let mut all = if known.is_empty() { vec![AudioChoice::Automatic, AudioChoice::BuiltIn] } else { known };
    if !all.contains(chosen) {
        all.push(chosen.clone());
    }
    all
}

/// Reads the list of devices now and then: asking may hang in a sound system, so on its own thread.
fn watch_devices(board: &Board) {
    let mut read_at: Option<Instant> = None;
    while !board.is_ending() {
        if read_at.is_none_or(|at| at.elapsed() >= DEVICES_EVERY) {
            read_at = Some(Instant::now());
            let found = audio_io::devices();
            let mut all = vec![AudioChoice::Automatic];
            all.extend(names(&found).into_iter().map(AudioChoice::Device));
            all.push(AudioChoice::BuiltIn);
            board.audio_choices.set(all);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The names of the inputs: the system's stable ones where several share the one for people.
fn names(found: &[DeviceInfo]) -> Vec<String> {
    let is_input = |device: &&DeviceInfo| matches!(device.kind, DeviceKind::Input | DeviceKind::Loopback);
    let inputs: Vec<&DeviceInfo> = found.iter().filter(is_input).collect();
    let shared = |name: &str| inputs.iter().filter(|other| other.name == name).count() > 1;
    let name = |device: &&DeviceInfo| if shared(&device.name) { &device.id } else { &device.name }.clone();
    inputs.iter().map(name).collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
