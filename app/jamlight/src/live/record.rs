//! Records the show while it plays: an ffmpeg child, fed by a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app_desktop::CardKind;
use audio_io::MIX_RATE_HZ;
use renderer_output::{OutputError, Recording, RecordingSettings, SoundFormat};

use super::board::Board;
use super::streams::over_black;

/// Pictures a second of a recording.
const FPS: u32 = 30;
/// How long the thread waits for a picture before it looks at the sound again.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long the first picture may take.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
/// How far the sound's own count may be from the clock before it is set right: a device was lost.
const MAX_DRIFT_SECS: f64 = 0.2;
/// What a recording is called until it is whole.
const UNFINISHED: &str = "part";

/// Begins and ends recordings. Held by the main thread.
pub(crate) struct Recorder {
    board: Arc<Board>,
    folder: PathBuf,
    current: Option<(Arc<AtomicBool>, std::thread::JoinHandle<()>)>,
}

impl Recorder {
    pub(crate) fn new(board: Arc<Board>, folder: PathBuf) -> Self {
        Self { board, folder, current: None }
    }

    /// Begins a recording, or ends the one that runs.
    pub(crate) fn toggle(&mut self) {
        if let Some((stop, _)) = self.current.take_if(|(_, thread)| !thread.is_finished()) {
            stop.store(true, Ordering::Release);
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (board, folder, flag) = (self.board.clone(), self.folder.clone(), stop.clone());
        let spawned = std::thread::Builder::new().name("record".to_owned()).spawn(move || {
            let done = record(&board, &folder, &flag);
            board.output_state.change(|state| state.recording_secs = None);
            match done {
                Ok(file) => board.card(CardKind::Info, format!("Recorded {}.", file.display()), None),
                Err(err) => board.card(CardKind::Error, format!("The recording ended: {err:#}."), None),
            }
        });
        match spawned {
            Ok(thread) => self.current = Some((stop, thread)),
            Err(err) => {
                self.board.card(CardKind::Error, format!("The recording cannot begin: {err}."), None);
            }
        }
    }

    /// Ends what runs and waits for its file to be whole.
    pub(crate) fn end(&mut self) {
        if let Some((stop, thread)) = self.current.take() {
            stop.store(true, Ordering::Release);
            // A thread that panicked has left its report.
            let _ = thread.join();
        }
    }
}

/// Records until it shall stop. Returns the file.
fn record(board: &Board, folder: &Path, stop: &AtomicBool) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = free_name(folder);
    let unfinished = file.with_extension(UNFINISHED);
    let mut user = board.tap.open();
    let mut picture = user.next(FIRST_PATIENCE).context("no picture came")?;
    let size = picture.size;
    let mut recording = Recording::start(&RecordingSettings {
        program: "ffmpeg".to_owned(),
        size,
        fps: FPS,
        sound: Some(SoundFormat { rate_hz: MIX_RATE_HZ, channels: 2 }),
        out: unfinished.clone(),
    })?;
    let began = Instant::now();
    let sound = board.sound.listen();
    // Frames of sound written, counted from the beginning of the recording.
    let mut sounded = 0.0_f64;
    let mut step = || -> Result<(), OutputError> {
        let now = began.elapsed();
        if picture.size == size {
            recording.picture(now, &over_black(&picture.rgba))?;
        }
        let samples: Vec<f32> = sound.take().into_iter().flat_map(|chunk| chunk.samples).collect();
        if !samples.is_empty() {
            let secs = samples.len() as f64 / 2.0 / f64::from(MIX_RATE_HZ);
            let starts = (now.as_secs_f64() - secs).max(0.0);
            if (starts - sounded).abs() > MAX_DRIFT_SECS {
                sounded = starts.max(sounded);
            }
            recording.sound(Duration::from_secs_f64(sounded), &samples)?;
            sounded += secs;
        }
        board.output_state.change(|state| state.recording_secs = Some(now.as_secs_f64()));
        if let Some(next) = user.next(PATIENCE) {
            picture = next;
        }
        Ok(())
    };
    let mut outcome = Ok(());
    while outcome.is_ok() && !stop.load(Ordering::Acquire) && !board.is_ending() {
        outcome = step();
    }
    let outcome = outcome.and_then(|()| recording.finish());
    // What was recorded plays, also when the disk was full: the name says that nobody works on it any more.
    let kept = std::fs::metadata(&unfinished).is_ok_and(|file| file.len() > 0);
    if kept {
        std::fs::rename(&unfinished, &file).context("the recording keeps its name ending in .part")?;
    }
    match outcome {
        Ok(()) => Ok(file),
        Err(err) if kept => Err(err).with_context(|| format!("what came before is in {}", file.display())),
        Err(err) => Err(err.into()),
    }
}

/// A name by the time that nobody has.
fn free_name(folder: &Path) -> PathBuf {
    let secs = super::files::unix_millis() / 1000;
    let [year, month, day] = civil_from_days(secs / 86_400);
    let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
    let name = format!("jamlight {year:04}-{month:02}-{day:02} {hour:02}.{minute:02}.{second:02}");
    (1..)
        .map(|no| if no == 1 { format!("{name}.mkv") } else { format!("{name} ({no}).mkv") })
        .map(|name| folder.join(name))
        .find(|path| !path.exists() && !path.with_extension(UNFINISHED).exists())
        .unwrap_or_else(|| folder.join("jamlight.mkv"))
}

/// Year, month and day of a day counted from 1970-01-01 (Hinnant, `civil_from_days`).
fn civil_from_days(days: u64) -> [u64; 3] {
    let z = days + 719_468;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    [
        year_of_era + z / 146_097 * 400 + u64::from(month <= 2),
        month,
        day_of_year - (153 * shifted + 2) / 5 + 1,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        assert_eq!(civil_from_days(0), [1970, 1, 1]);
        assert_eq!(civil_from_days(11_016), [2000, 2, 29]);
        assert_eq!(civil_from_days(20_778), [2026, 11, 21]);
    }
}
