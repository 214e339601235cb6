//! A name for what is heard: the ear's samples in, "now playing" out.
//!
//! The thread owns the library's index. It asks a few times while a track is new, then seldom, and tells
//! the room once per track. What the library does not know goes to services outside, if a person wants
//! that (`names`). What it writes for other programs (`nowplaying.txt`, `.json`, the cover) is
//! whole at every moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::{CardKind, Played, Playing};
use app_library::{Paths, write_atomic};
use audio_io::{MIX_RATE_HZ, read_cover};
use audio_recognition::{Library, Peak, PeakFinder, TICKS_PER_SECOND};
use sync_protocol::{Command, HeardTrack, MAX_TRACK_CHARS, MAX_TRACK_SECS, NowPlaying};

use super::board::Board;
use super::files::unix_millis;
use super::names::{self, Answer, Ask, Asker, Heard, Names};
use super::room::Member;
use super::snippet::Snippet;
use super::tracker::{Tracker, Verdict};

/// Blocks of sound that wait. When full, what comes is left out (`DropNewest`) and listening begins
/// anew: a disk that slow is no moment to guess. Five seconds at 20 ms.
const QUEUE: usize = 256;
/// How often it looks whether the app ends.
const TURN: Duration = Duration::from_millis(200);
/// Music that is kept to ask about, in seconds.
const KEPT_SECS: f64 = 12.0;
/// Tracks remembered for the panel: an evening.
const MAX_HISTORY: usize = 200;
/// How often the number of tracks is read anew, in seconds of sound.
const COUNT_EVERY_SECS: f64 = 10.0;
/// Peaks in the kept seconds below which there is nothing to ask about outside: silence, a hum.
const MIN_PEAKS_OUTSIDE: usize = 60;

/// The ear's end of the way to the recogniser.
pub(crate) struct Feed(SyncSender<Block>);

struct Block {
    samples: Vec<f32>,
    at: Instant,
    /// Whether blocks before it were left out.
    gap: bool,
}

impl Block {
    /// The wall clock when its last sample was heard, in milliseconds since 1970.
    fn wall_millis(&self) -> u64 {
        unix_millis().saturating_sub(self.at.elapsed().as_millis() as u64)
    }
}

impl Feed {
    /// Hands over interleaved stereo at the mix rate. Never waits.
    pub(crate) fn push(&self, samples: &[f32], gap: &mut bool) {
        let block = Block { samples: samples.to_vec(), at: Instant::now(), gap: *gap };
        *gap = matches!(self.0.try_send(block), Err(TrySendError::Full(_)));
    }
}

/// Starts the recogniser. It ends with the board.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    paths: &Paths,
    board: Arc<Board>,
    member: Member,
) -> anyhow::Result<(Feed, std::thread::JoinHandle<()>)> {
    let (sender, blocks) = sync_channel(QUEUE);
    let (index, folder) = (paths.recognition(), paths.now_playing());
    let names = names::start(paths, board.clone())?;
    let thread = std::thread::Builder::new()
        .name("recogniser".to_owned())
        .spawn(move || match Library::open(&index) {
            Ok(library) => Recogniser::new(board, member, library, names, folder).run(&blocks),
            Err(err) => board.card(CardKind::Warning, format!("Tracks are not recognised: {err}."), None),
        })
        .context("the recogniser's thread cannot start")?;
    Ok((Feed(sender), thread))
}

struct Recogniser {
    board: Arc<Board>,
    member: Member,
    library: Library,
    folder: PathBuf,
    finder: PeakFinder,
    peaks: Vec<Peak>,
    tracker: Tracker,
    names: Names,
    asker: Asker,
    snippet: Snippet,
    state: Playing,
    counted_at_secs: f64,
}

impl Recogniser {
    fn new(board: Arc<Board>, member: Member, library: Library, names: Names, folder: PathBuf) -> Self {
        let state = Playing { folder: folder.display().to_string(), ..Playing::default() };
        Self {
            board,
            member,
            library,
            folder,
            finder: PeakFinder::new(MIX_RATE_HZ),
            peaks: Vec::new(),
            tracker: Tracker::default(),
            names,
            asker: Asker::default(),
            snippet: Snippet::default(),
            state,
            counted_at_secs: f64::NEG_INFINITY,
        }
    }

    fn run(mut self, blocks: &Receiver<Block>) {
        for problem in self.library.problems() {
            self.board.card(CardKind::Warning, format!("{problem}."), None);
        }
        // What the last run said last is not what plays now.
        self.tell(None);
        while !self.board.is_ending() {
            match blocks.recv_timeout(TURN) {
                Ok(block) => self.hear(&block),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.tell(None);
    }

    fn hear(&mut self, block: &Block) {
        if block.gap {
            self.finder = PeakFinder::new(MIX_RATE_HZ);
            self.peaks.clear();
            self.tracker.listen_anew();
            self.asker.reset();
            self.snippet.clear();
            self.counted_at_secs = f64::NEG_INFINITY;
        }
        self.finder.push(&block.samples, 2, &mut self.peaks);
        let heard_secs = f64::from(self.finder.ticks()) / TICKS_PER_SECOND;
        if heard_secs >= self.counted_at_secs + COUNT_EVERY_SECS {
            self.counted_at_secs = heard_secs;
            self.state.num_tracks = self.library.num_tracks().unwrap_or_default();
            self.show_state();
        }
        let outside = self.board.names.get().ask_online && !self.board.ear.get().own_sound;
        // A guest's room is told by its host; an empty library knows nothing.
        if self.member.is_guest() || (self.state.num_tracks == 0 && !outside) {
            self.peaks.clear();
            return;
        }
        if outside {
            self.snippet.push(&block.samples);
        } else {
            self.snippet.clear();
        }
        let kept_from = ((heard_secs - KEPT_SECS).max(0.0) * TICKS_PER_SECOND) as u32;
        self.peaks.retain(|peak| peak.tick >= kept_from);
        self.ask_library(block, heard_secs);
        match self.tracker.unknown_since_secs() {
            Some(since_secs) if outside => self.ask_outside(block, heard_secs, since_secs),
            _ => self.asker.reset(),
        }
    }

    fn ask_library(&mut self, block: &Block, heard_secs: f64) {
        let Some(window_secs) = self.tracker.wants(heard_secs) else { return };
        let from = ((heard_secs - window_secs).max(0.0) * TICKS_PER_SECOND) as u32;
        let first = self.peaks.partition_point(|peak| peak.tick < from);
        let answer = match self.library.recognize(self.peaks.get(first..).unwrap_or_default()) {
            Ok(answer) => answer,
            Err(err) => {
                self.board.card(CardKind::Warning, format!("Tracks are not recognised: {err}."), None);
                None
            }
        };
        match self.tracker.hear(heard_secs, answer.as_ref()) {
            Verdict::Same => {}
            Verdict::Unknown => self.tell(None),
            Verdict::Plays => {
                let Some(found) = answer else { return };
                let since_start_secs = found.position_at(heard_secs) / found.rate;
                let playing = NowPlaying {
                    track: HeardTrack {
                        title: cut(&found.track.title),
                        artist: cut(&found.track.artist),
                        album: cut(&found.track.album),
                        duration_secs: found.track.secs,
                        source: "library".to_owned(),
                    },
                    started_at_millis: (block.wall_millis() as f64 - since_start_secs * 1_000.0).max(0.0)
                        as u64,
                    rate: found.rate,
                };
                self.tell(Some((playing, Some(&found.track.path))));
            }
        }
    }

    /// Asks services outside, and hears what they answered.
    fn ask_outside(&mut self, block: &Block, heard_secs: f64, since_secs: f64) {
        if let Some(answer) = self.names.answer() {
            self.hear_outside(&answer, block, heard_secs);
        }
        if self.snippet.is_full() && self.peaks.len() < MIN_PEAKS_OUTSIDE {
            if self.asker.fall_silent() == names::Verdict::Over {
                self.tell(None);
            }
            return;
        }
        if !self.snippet.is_full() || !self.asker.wants(heard_secs, since_secs) {
            return;
        }
        let samples = self.snippet.samples();
        let from = ((heard_secs - Snippet::SECS).max(0.0) * TICKS_PER_SECOND) as u32;
        let ask = Ask {
            samples,
            rate_hz: Snippet::RATE_HZ,
            peaks: self.peaks.iter().filter(|peak| peak.tick >= from).copied().collect(),
            began_millis: block.wall_millis().saturating_sub((Snippet::SECS * 1_000.0) as u64),
        };
        if !self.names.ask(ask) {
            self.asker.not_sent();
        }
    }

    fn hear_outside(&mut self, answer: &Answer, block: &Block, heard_secs: f64) {
        let Some((service, named)) = &answer.named else {
            let heard = if answer.failed { Heard::Failed } else { Heard::Unknown };
            if self.asker.hear(heard_secs, heard) == names::Verdict::Over {
                self.tell(None);
            }
            return;
        };
        let playing = NowPlaying {
            track: HeardTrack {
                title: cut(&named.title),
                artist: cut(&named.artist),
                album: cut(&named.album),
                duration_secs: named.duration_secs.clamp(0.0, MAX_TRACK_SECS),
                source: service.clone(),
            },
            started_at_millis: answer
                .began_millis
                .saturating_sub((named.position_secs.unwrap_or(0.0).max(0.0) * 1_000.0) as u64),
            rate: 1.0,
        };
        let position_secs = playing.position_secs(block.wall_millis());
        let knows_end = named.position_secs.is_some() && named.duration_secs > 0.0;
        let rest_secs = knows_end.then_some(named.duration_secs - position_secs);
        if self.asker.hear(heard_secs, Heard::Named(&playing.track.name(), rest_secs))
            == names::Verdict::Plays
        {
            self.tell(Some((playing, None)));
        }
    }

    /// Tells the room, the panel and other programs. With a track goes its file, if it is on this machine.
    fn tell(&mut self, found: Option<(NowPlaying, Option<&Path>)>) {
        let (playing, file) = found.map_or((None, None), |(playing, file)| (Some(playing), file));
        if let Some(playing) = &playing {
            let track = Played { name: playing.track.name(), at_millis: unix_millis() };
            if self.state.history.first().is_none_or(|last| last.name != track.name) {
                let mut history = self.state.history.to_vec();
                history.insert(0, track);
                history.truncate(MAX_HISTORY);
                self.state.history = history.into();
            }
        }
        self.show_state();
        if let Err(err) = write(&self.folder, playing.as_ref(), file) {
            let folder = self.folder.display();
            self.board.card(
                CardKind::Warning,
                format!("What plays cannot be written: {err}, path: {folder}"),
                None,
            );
        }
        if !self.member.is_guest() && self.member.show().now_playing.as_deref() != playing.as_ref() {
            let command = Command::SetNowPlaying { playing: playing.map(Box::new) };
            if let Err(err) = self.member.send(command) {
                tracing::debug!(%err, "what plays was refused");
            }
        }
    }

    fn show_state(&self) {
        self.board.playing.set(self.state.clone());
    }
}

/// Text as long as the room takes it.
fn cut(text: &str) -> String {
    text.chars().take(MAX_TRACK_CHARS).collect()
}

/// Writes what plays for other programs, each file whole at every moment.
fn write(folder: &Path, playing: Option<&NowPlaying>, file: Option<&Path>) -> std::io::Result<()> {
    let name = playing.map(|playing| playing.track.name()).unwrap_or_default();
    write_atomic(&folder.join("nowplaying.txt"), name.as_bytes())?;
    let cover = file.and_then(read_cover);
    for extension in ["jpg", "png"] {
        let path = folder.join(format!("cover.{extension}"));
        match cover.as_ref().filter(|cover| cover.extension == extension) {
            Some(cover) => write_atomic(&path, &cover.bytes)?,
            None if path.exists() => std::fs::remove_file(&path)?,
            None => {}
        }
    }
    let json = serde_json::json!({
        "playing": playing,
        "cover": cover.map(|cover| format!("cover.{}", cover.extension)),
    });
    write_atomic(&folder.join("nowplaying.json"), json.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_read_what_plays_or_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("it is written");
        let track = HeardTrack { title: "Sea".into(), artist: "Ana".into(), ..HeardTrack::default() };
        let playing = NowPlaying { track, started_at_millis: 5, rate: 1.0 };
        write(folder.path(), Some(&playing), None).expect("the folder takes it");
        assert_eq!(read("nowplaying.txt"), "Ana – Sea");
        let json: serde_json::Value = serde_json::from_str(&read("nowplaying.json")).expect("JSON");
        assert_eq!(json["playing"]["track"]["title"], "Sea");
        write(folder.path(), None, None).expect("the folder takes it");
        assert_eq!(read("nowplaying.txt"), "");
        let json: serde_json::Value = serde_json::from_str(&read("nowplaying.json")).expect("JSON");
        assert_eq!(json["playing"], serde_json::Value::Null);
    }
}
