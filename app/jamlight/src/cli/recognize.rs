//! `jamlight recognize`: which track of the library is this?

use std::path::{Path, PathBuf};

use anyhow::Result;
use audio_io::{DecodeLimits, FileReader};
use audio_recognition::{Library, Peak, PeakFinder, Recognition, TICKS_PER_SECOND};
use clap::Args;

use super::library::{minutes, name, open, track_json};

/// Music of one question, in seconds.
const WINDOW_SECS: f64 = 10.0;
/// From one question to the next.
const STEP_SECS: f64 = 8.0;
/// How far into a file it asks, in seconds: a track that is not known by then will not be.
const MOST_SECS: f64 = 180.0;
/// Samples decoded at once.
const BLOCK: usize = 16_384;

#[derive(Debug, Args)]
pub(super) struct RecognizeArgs {
    /// Audio files: wav, flac, mp3, ogg, m4a.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Prints JSON: one object, or an array for several files.
    #[arg(long)]
    json: bool,
    /// Asks the library under this folder: tests, portable installations.
    #[arg(long, value_name = "FOLDER")]
    home: Option<PathBuf>,
}

pub(super) fn run(args: &RecognizeArgs) -> Result<()> {
    let mut library = open(args.home.as_deref())?;
    if library.num_tracks()? == 0 {
        eprintln!("jamlight: the library is empty: `jamlight library add FOLDER` fills it");
    }
    let mut rows = Vec::new();
    for file in &args.files {
        let found = recognize(&mut library, file)?;
        if args.json {
            rows.push(row(file, found.as_ref()));
            continue;
        }
        match &found {
            Some(found) => println!(
                "{}: {}, from {} at {}{}",
                file.display(),
                name(&found.track),
                minutes(found.position_secs),
                minutes(found.heard_secs),
                if (found.rate - 1.0).abs() < 0.005 {
                    String::new()
                } else {
                    format!(", {:+.1} %", (found.rate - 1.0) * 100.0)
                }
            ),
            None => println!("{}: unknown", file.display()),
        }
    }
    if args.json {
        match rows.as_slice() {
            [only] => println!("{}", serde_json::to_string(only)?),
            many => println!("{}", serde_json::to_string(many)?),
        }
    }
    Ok(())
}

fn row(file: &Path, found: Option<&Recognition>) -> serde_json::Value {
    let mut row = serde_json::json!({ "file": file, "track": null });
    if let (Some(found), Some(fields)) = (found, row.as_object_mut()) {
        fields.insert("track".to_owned(), track_json(&found.track));
        fields.insert("at".to_owned(), found.heard_secs.into());
        fields.insert("position".to_owned(), found.position_secs.into());
        fields.insert("rate".to_owned(), found.rate.into());
        fields.insert("sigmas".to_owned(), found.sigmas.into());
    }
    row
}

/// Asks window by window until one is known.
fn recognize(library: &mut Library, file: &Path) -> Result<Option<Recognition>> {
    let mut reader = FileReader::open(file, &DecodeLimits { max_secs: MOST_SECS })?;
    let format = reader.format();
    let mut finder = PeakFinder::new(format.sample_rate_hz);
    let mut peaks: Vec<Peak> = Vec::new();
    let mut block = vec![0.0; BLOCK];
    let mut from_secs = 0.0;
    loop {
        let num_samples = reader.read(&mut block)?;
        let ended = num_samples == 0;
        finder.push(block.get(..num_samples).unwrap_or_default(), format.channels, &mut peaks);
        if ended {
            std::mem::replace(&mut finder, PeakFinder::new(format.sample_rate_hz)).finish(&mut peaks);
        }
        let heard_secs = peaks.last().map_or(0.0, |last| f64::from(last.tick) / TICKS_PER_SECOND);
        while heard_secs >= from_secs + WINDOW_SECS || (ended && heard_secs > from_secs) {
            let from = (from_secs * TICKS_PER_SECOND) as u32;
            let window = from..from + (WINDOW_SECS * TICKS_PER_SECOND) as u32;
            let first = peaks.partition_point(|peak| peak.tick < window.start);
            let end = peaks.partition_point(|peak| peak.tick < window.end);
            if let Some(found) = library.recognize(peaks.get(first..end).unwrap_or_default())? {
                return Ok(Some(found));
            }
            from_secs += STEP_SECS;
        }
        if ended {
            return Ok(None);
        }
    }
}
