//! A jam once more: its show, its sound, its beat.
//!
//! The journal says what was on stage and which code ran from which beat; a take says where the beat was
//! and what the room sounded like. What code played is made again, sample by sample, from the two.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use app_director::Conductor;
use app_library::SceneLibrary;
use audio_analysis::Analyser;
use audio_engine::{Bounce, SoundTable, install_kits};
use audio_io::{DecodeLimits, FileReader, FlacFile, MIX_RATE_HZ, StreamFormat};
use audio_signal::{AudioFrame, Cue, Transport};
use sync_protocol::{Recording, Show};

use super::code::Code;
use super::past::Past;
use crate::jam::{CodeSound, DigestEar, Take, digest};
use crate::live::{KEPT_PAST, SampleFolders, Senses};
use crate::offline::{Hearing, Song};

/// Sound made at once: 11 ms, whole blocks of the instrument, so that it sounds as a bounce does.
const BLOCK_FRAMES: u64 = 512;
/// Blocks between two frames made of digests: their rate is 30 a second.
const BLOCKS_PER_DIGEST: u64 = 3;
/// How long the jam runs before a film that begins later: the ear learns, echoes fill. Seconds.
const RUN_UP_SECS: f64 = 30.0;

/// Plays a jam again, block by block.
pub(super) struct Replay {
    past: Past,
    library: Arc<SceneLibrary>,
    /// The second of the jam at which this began.
    start_secs: f64,
    num_blocks: u64,
    taking: Option<Taking>,
    code: Code,
    bounce: Bounce,
    analyser: Analyser,
    /// A jam of which a part was kept without sound is seen through digests as a whole: clocks and counts
    /// of two kinds of ear do not go together.
    through_digests: bool,
    digest_ear: DigestEar,
    frame: Arc<AudioFrame>,
    conductor: Conductor,
    transport: Transport,
    cues: Vec<Cue>,
    show: Arc<Show>,
    /// Leads instead of the takes, when a person named one.
    song: Option<Song>,
}

/// The take of now.
struct Taking {
    take: Take,
    began_secs: f64,
    sound: Option<FileReader>,
}

/// A block of the jam's sound.
struct Block {
    /// What people in the room heard.
    mix: Vec<f32>,
    /// What the host's machine listened to.
    ear: Vec<f32>,
}

impl Replay {
    /// Begins a while before a film that begins at `from_secs`.
    ///
    /// # Errors
    /// The journal has a gap.
    pub(super) fn new(
        mut past: Past,
        library: Arc<SceneLibrary>,
        ear: &audio_analysis::Settings,
        samples: SampleFolders,
        from_secs: f64,
    ) -> Result<Self> {
        let start_secs = (from_secs - RUN_UP_SECS).max(0.0);
        let show = past.show_at(start_secs)?;
        let mut sounds = SoundTable::default();
        let kits = install_kits(&mut sounds);
        let through_digests = past.takes().any(|(_, take)| take.recording == Recording::Signal);
        Ok(Self {
            past,
            library,
            start_secs,
            num_blocks: 0,
            taking: None,
            code: Code::new(samples),
            bounce: Bounce::idle(Transport::default(), sounds, kits),
            analyser: Analyser::new(MIX_RATE_HZ, ear.clone()),
            through_digests,
            digest_ear: DigestEar::default(),
            frame: Arc::new(AudioFrame { time_secs: start_secs, ..AudioFrame::default() }),
            conductor: Conductor::new(),
            transport: Transport::default(),
            cues: Vec::new(),
            show,
            song: None,
        })
    }

    /// Lets a song lead instead of what was recorded.
    pub(super) fn led_by(mut self, song: Song) -> Self {
        self.song = Some(song);
        self
    }

    /// Returns the show and what is heard at a moment. Time only goes on.
    ///
    /// # Errors
    /// The journal has a gap, a recording cannot be read any more.
    pub(super) fn at(&mut self, secs: f64) -> Result<(Arc<Show>, Hearing)> {
        while self.secs() < secs {
            self.block()?;
        }
        self.show = self.past.show_at(secs)?;
        let hearing = match &mut self.song {
            Some(song) => song.hear(secs, &self.show.tempo)?,
            None => {
                Hearing { signal: self.frame.clone(), transport: self.transport, cues: self.cues.clone() }
            }
        };
        Ok((self.show.clone(), hearing))
    }

    /// Returns what was not as it was in the room.
    pub(super) fn warnings(&self) -> Vec<String> {
        let song = self.song.iter().flat_map(|song| song.listener().warnings());
        song.chain(self.code.warnings(self.bounce.unknown_sounds())).collect()
    }

    /// Writes what the jam sounded like.
    ///
    /// # Errors
    /// As [`Replay::at`]; the file cannot be written.
    pub(super) fn write_sound(mut self, to: &Path, from_secs: f64, secs: f64) -> Result<()> {
        let mut file = FlacFile::create(to, StreamFormat::MIX)?;
        let frames = |secs: f64| (secs * f64::from(MIX_RATE_HZ)).round() as u64;
        let mut skip = 2 * frames(from_secs - self.start_secs) as usize;
        let mut left = 2 * frames(secs) as usize;
        while left > 0 {
            let Block { mix, .. } = self.block()?;
            let first = skip.min(mix.len());
            skip -= first;
            let heard = mix.get(first..(first + left).min(mix.len())).unwrap_or_default();
            file.write(heard)?;
            left -= heard.len();
        }
        Ok(file.finish()?)
    }

    /// Returns the second of the jam up to which everything was played.
    fn secs(&self) -> f64 {
        self.start_secs + (self.num_blocks * BLOCK_FRAMES) as f64 / f64::from(MIX_RATE_HZ)
    }

    fn block(&mut self) -> Result<Block> {
        let secs = self.secs();
        self.show = self.past.show_at(secs)?;
        self.enter_take(secs);
        let take = self.taking.as_ref().map(|taking| (&taking.take, secs - taking.began_secs));
        let code_sound = take.map(|(take, at_secs)| take.code_at(at_secs)).unwrap_or_default();
        let signal = take.and_then(|(take, at_secs)| take.signal_at(at_secs));
        let beat = take.and_then(|(take, at_secs)| take.transport_at(at_secs));
        let began_secs = self.taking.as_ref().map_or(0.0, |taking| taking.began_secs);
        let beat = beat.map(|beat| Transport { origin_secs: beat.origin_secs + began_secs, ..beat });
        if let Some(beat) = beat {
            self.conductor = Conductor::resume(beat);
            self.transport = beat;
        } else {
            self.transport = self
                .conductor
                .update(&AudioFrame { time_secs: secs, ..(*self.frame).clone() }, &self.show.tempo);
        }
        let now_beat = self.transport.beat_at(secs);
        // Without a beat map nobody knows when code sounded: it is seen and not heard.
        let player = beat.is_some().then_some(&mut self.bounce);
        self.code.follow(&self.show, now_beat, player, &self.library);
        let origin_secs = self.transport.origin_secs - self.start_secs;
        self.bounce.set_transport(Transport { origin_secs, ..self.transport });
        let mut code = vec![0.0; 2 * BLOCK_FRAMES as usize];
        if let Err(fault) = self.bounce.fill_with(&mut code, &Senses { frame: &self.frame }) {
            self.code.failed(&fault);
        }
        let kept_beats = KEPT_PAST.as_secs_f64() * self.transport.tempo_bpm / 60.0;
        self.cues.retain(|cue| cue.beat + cue.duration_beats >= now_beat - kept_beats);
        self.cues.extend(self.bounce.take_cues());
        let sound = self.read_sound()?;
        let block = match code_sound {
            CodeSound::Beside => Block { mix: sum(&sound, &code), ear: sound },
            CodeSound::Alone => Block { mix: sum(&sound, &code), ear: code },
            CodeSound::Within => Block { mix: sound.clone(), ear: sound },
        };
        self.num_blocks += 1;
        self.analyser.push(&block.ear, StreamFormat::MIX.channels, &mut |_| {});
        if !self.through_digests {
            self.frame = Arc::new(later(self.analyser.frame(), self.start_secs));
        } else if self.num_blocks.is_multiple_of(BLOCKS_PER_DIGEST) {
            let signal = signal.unwrap_or_else(|| digest(self.analyser.frame()));
            let step_secs = (BLOCKS_PER_DIGEST * BLOCK_FRAMES) as f64 / f64::from(MIX_RATE_HZ);
            self.frame = self.digest_ear.frame(&self.frame, signal, step_secs);
        }
        Ok(block)
    }

    /// Looks whether a take begins or ends.
    fn enter_take(&mut self, secs: f64) {
        let is_in = |began_secs: f64, take: &Take| (began_secs..began_secs + take.secs).contains(&secs);
        if self.taking.as_ref().is_some_and(|taking| is_in(taking.began_secs, &taking.take)) {
            return;
        }
        // The last that began: a killed one may claim more than there was before the next.
        let next = self.past.takes().filter(|(began_secs, take)| is_in(*began_secs, take)).last();
        if next.is_none() && self.taking.is_none() {
            return;
        }
        self.taking = next.map(|(began_secs, take)| Taking {
            sound: open_sound(take, secs - began_secs),
            take: take.clone(),
            began_secs,
        });
        self.bounce.hush();
        self.code.forget();
    }

    fn read_sound(&mut self) -> Result<Vec<f32>> {
        let mut sound = vec![0.0; 2 * BLOCK_FRAMES as usize];
        if let Some(reader) = self.taking.as_mut().and_then(|taking| taking.sound.as_mut()) {
            let num_samples = reader.read(&mut sound)?;
            sound.get_mut(num_samples..).unwrap_or_default().fill(0.0);
        }
        Ok(sound)
    }
}

/// Opens a take's sound at a second of it. One that cannot be read is silent, and named.
fn open_sound(take: &Take, at_secs: f64) -> Option<FileReader> {
    let open = |path| -> Result<FileReader> {
        let mut reader = FileReader::open(path, &DecodeLimits::STREAM)?;
        // Read over, not sought: the very sample counts, and a file of a killed process has no length.
        let mut left = 2 * (at_secs.max(0.0) * f64::from(MIX_RATE_HZ)).round() as usize;
        let mut over = vec![0.0; 2 * MIX_RATE_HZ as usize];
        while left > 0 {
            let wanted = left.min(over.len());
            let num_samples = reader.read(over.get_mut(..wanted).unwrap_or_default())?;
            if num_samples == 0 {
                break;
            }
            left -= num_samples;
        }
        Ok(reader)
    };
    let path = take.sound.as_deref()?;
    open(path).inspect_err(|err| eprintln!("jamlight: {err:#}")).ok()
}

/// The Signal of an ear that began so many seconds into the film.
fn later(frame: &AudioFrame, secs: f64) -> AudioFrame {
    let mut frame = frame.clone();
    frame.time_secs += secs;
    for hit in [
        &mut frame.onset,
        &mut frame.kick,
        &mut frame.snare,
        &mut frame.hat,
        &mut frame.beat,
        &mut frame.downbeat,
        &mut frame.drop,
        &mut frame.section,
    ] {
        hit.time_secs += secs;
    }
    frame
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}
