use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use audio_io::{FlacFile, MIX_RATE_HZ, StreamFormat};
use audio_signal::Transport;
use sync_protocol::Recording;

use super::recorder::Moment;
use super::{CodeSound, Line, VERSION, shelf};

/// A beat that is further from where the last line says is a line of its own. Seconds.
const MAX_BEAT_ERROR_SECS: f64 = 0.001;
/// A line at least so often: how much of a killed take has no end. Seconds.
const MAX_LINE_GAP_SECS: f64 = 1.0;
/// How far the sound's own count may be from the clock before it is set right: a device was lost. Seconds.
const MAX_DRIFT_SECS: f64 = 0.2;
/// Silence written at once, in samples: a second.
const SILENCE: usize = 2 * MIX_RATE_HZ as usize;

/// Writes a take.
pub(super) struct TakeWriter {
    lines: std::fs::File,
    sound: Option<FlacFile>,
    num_bytes: u64,
    last_beat: Option<Transport>,
    last_line_secs: f64,
    code: CodeSound,
    /// The take's time less the stream's, in seconds.
    offset_secs: Option<f64>,
}

impl TakeWriter {
    /// Makes the files of a take; `path` is that of its lines.
    ///
    /// # Errors
    /// They cannot be made.
    pub(super) fn create(path: &Path, began_millis: u64, recording: Recording) -> anyhow::Result<Self> {
        let sound = (recording == Recording::Sound)
            .then(|| FlacFile::create(&path.with_extension(shelf::SOUND), StreamFormat::MIX))
            .transpose()?;
        let lines =
            std::fs::File::create_new(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut writer = Self {
            lines,
            sound,
            num_bytes: 0,
            last_beat: None,
            last_line_secs: 0.0,
            code: CodeSound::default(),
            offset_secs: None,
        };
        writer.line(&Line::Begins { version: VERSION, began_millis, recording })?;
        Ok(writer)
    }

    /// Takes in what was heard up to a moment, in seconds since the take began.
    ///
    /// # Errors
    /// The disk takes no more.
    pub(super) fn turn(&mut self, at_secs: f64, moment: &Moment) -> anyhow::Result<()> {
        if self.sound.is_some() {
            self.keep_sound(at_secs, moment)?;
        } else {
            self.offset_secs = Some(at_secs - moment.stream_secs);
            self.line(&Line::Heard { at_secs: round(at_secs), signal: moment.signal })?;
        }
        let now_secs = self.secs().unwrap_or(at_secs);
        let offset_secs = self.offset_secs.unwrap_or(at_secs - moment.stream_secs);
        let beat = moment.transport.beat_at(now_secs - offset_secs);
        let transport = Transport { origin_secs: now_secs, origin_beat: beat, ..moment.transport };
        let is_off = self.last_beat.is_none_or(|last| {
            let error_secs = (last.beat_at(now_secs) - beat).abs() * 60.0 / transport.tempo_bpm.max(1.0);
            error_secs > MAX_BEAT_ERROR_SECS || last.beats_per_bar != transport.beats_per_bar
        });
        if is_off || now_secs - self.last_line_secs >= MAX_LINE_GAP_SECS {
            self.line(&Line::Beat(transport))?;
            self.last_beat = Some(transport);
            self.last_line_secs = now_secs;
        }
        Ok(())
    }

    /// Returns the size of both files, in bytes.
    pub(super) fn num_bytes(&self) -> u64 {
        self.num_bytes + self.sound.as_ref().map_or(0, FlacFile::num_bytes)
    }

    /// Ends the take.
    ///
    /// # Errors
    /// The disk takes no more; what is there plays all the same.
    pub(super) fn finish(mut self, at_secs: f64) -> anyhow::Result<()> {
        let secs = self.secs().unwrap_or(at_secs);
        self.line(&Line::Ends { secs })?;
        self.sound.map(FlacFile::finish).transpose()?;
        Ok(self.lines.sync_all()?)
    }

    /// How much sound there is.
    fn secs(&self) -> Option<f64> {
        self.sound.as_ref().map(|sound| sound.num_frames() as f64 / f64::from(MIX_RATE_HZ))
    }

    fn keep_sound(&mut self, at_secs: f64, moment: &Moment) -> anyhow::Result<()> {
        let num_samples: usize = moment.sound.iter().map(|chunk| chunk.samples.len()).sum();
        let starts_secs = at_secs - StreamFormat::MIX.secs(num_samples as u64);
        let gap_secs = starts_secs - self.secs().unwrap_or_default();
        if gap_secs > MAX_DRIFT_SECS && (num_samples > 0 || gap_secs > 2.0 * MAX_DRIFT_SECS) {
            // Nothing was heard for a while: the sound is where it was all the same.
            self.silence(gap_secs - if num_samples > 0 { 0.0 } else { MAX_DRIFT_SECS })?;
        } else if gap_secs < -MAX_DRIFT_SECS {
            // A device's clock runs ahead: this much is left out.
            return Ok(());
        }
        for chunk in &moment.sound {
            let before_secs = self.secs().unwrap_or_default();
            if chunk.code != self.code {
                self.code = chunk.code;
                self.line(&Line::Code { at_secs: before_secs, sound: chunk.code })?;
            }
            if chunk.code == CodeSound::Alone {
                self.silence(StreamFormat::MIX.secs(chunk.samples.len() as u64))?;
            } else if let Some(sound) = &mut self.sound {
                sound.write(&chunk.samples)?;
            }
            self.offset_secs = self.secs().map(|secs| secs - chunk.ends_secs);
        }
        Ok(())
    }

    fn silence(&mut self, secs: f64) -> anyhow::Result<()> {
        let Some(sound) = &mut self.sound else { return Ok(()) };
        let mut num_left = (secs * f64::from(MIX_RATE_HZ)).round() as usize * 2;
        let silence = [0.0; SILENCE / 10];
        while num_left > 0 {
            let num = num_left.min(silence.len());
            sound.write(silence.get(..num).unwrap_or_default())?;
            num_left -= num;
        }
        Ok(())
    }

    /// One write for a line: a kill cuts at most the last one.
    fn line(&mut self, line: &Line) -> anyhow::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.lines.write_all(text.as_bytes())?;
        self.num_bytes += text.len() as u64;
        Ok(())
    }
}

/// To the millisecond: what the Signal is worth.
fn round(secs: f64) -> f64 {
    (secs * 1_000.0).round() / 1_000.0
}
