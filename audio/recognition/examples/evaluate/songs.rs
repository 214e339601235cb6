//! Music in folders to peaks: of the record, and of what a microphone, an encoder or a turntable leaves.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use audio_recognition::{Fingerprint, Peak};

use crate::room;

const RATE_HZ: u32 = 44_100;
/// Pitches of a peak end here.
const NUM_PITCHES: u16 = 1_152;
/// Seconds of each track that are in the library.
const RECORD_SECS: usize = 180;
const SHORTEST_SECS: usize = 60;
pub(crate) const LENGTHS_SECS: [usize; 2] = [5, 10];
pub(crate) const CONDITIONS: [&str; 13] = [
    "mp3",
    "noise10",
    "noise5",
    "noise0",
    "mic",
    "speed-8",
    "speed-5",
    "speed-2.5",
    "speed+2.5",
    "speed+5",
    "speed+8",
    "mic-8",
    "mic+8",
];
/// The first of the conditions: at the record's own speed.
pub(crate) const NUM_AS_PLAYED: usize = 5;
/// The next: at another speed, with nothing else in the way.
pub(crate) const NUM_PLAIN_SPEED: usize = 6;

pub(crate) struct Song {
    /// Album and title.
    pub(crate) name: String,
    pub(crate) record: Vec<Peak>,
    pub(crate) queries: Vec<Query>,
}

pub(crate) struct Query {
    /// Which of [`CONDITIONS`].
    pub(crate) condition: usize,
    /// Which of [`LENGTHS_SECS`].
    pub(crate) length: usize,
    pub(crate) peaks: Vec<Peak>,
}

/// Returns the songs of these albums, in order of their names.
pub(crate) fn collect(music: &Path, work: &Path, takes: impl Fn(&str) -> bool) -> Result<Vec<Song>> {
    std::fs::create_dir_all(work)?;
    let mut songs = Vec::new();
    let mut albums: Vec<PathBuf> =
        std::fs::read_dir(music)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    albums.sort();
    for album in albums {
        let title = album.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        if album.is_dir() && takes(&title) {
            find(&album, &mut files)?;
        }
        files.sort();
        for file in files {
            let name = format!("{title}/{}", file.file_stem().unwrap_or_default().to_string_lossy());
            let kept = work.join(format!("{:016x}.peaks", seed(&name)));
            let prints = match std::fs::read(&kept) {
                Ok(bytes) => decode(&bytes).with_context(|| format!("{} is damaged", kept.display()))?,
                Err(_) => {
                    let prints = prints(&file, work, &name)?;
                    std::fs::write(&kept, encode(&prints))?;
                    prints
                }
            };
            // A file that is too short has none.
            let mut prints = prints.into_iter();
            let Some(record) = prints.next() else { continue };
            let kinds = (0..CONDITIONS.len()).flat_map(|i| (0..LENGTHS_SECS.len()).map(move |j| (i, j)));
            let queries =
                kinds.zip(prints).map(|((condition, length), peaks)| Query { condition, length, peaks });
            songs.push(Song { name, record, queries: queries.collect() });
        }
    }
    Ok(songs)
}

/// Returns the peaks of the record, then those of each condition and length.
fn prints(file: &Path, work: &Path, name: &str) -> Result<Vec<Vec<Peak>>> {
    let wav = work.join("record.wav");
    if ffmpeg(&["-i", &file.to_string_lossy(), "-t", &RECORD_SECS.to_string()], &wav).is_err() {
        return Ok(Vec::new());
    }
    let record = read(&wav)?;
    if record.len() < SHORTEST_SECS * RATE_HZ as usize {
        return Ok(Vec::new());
    }
    let mut prints = vec![Fingerprint::of(&record, RATE_HZ, 1).peaks];
    for condition in CONDITIONS {
        for secs in LENGTHS_SECS {
            let clip = make(&record, name, secs, condition, work)?;
            prints.push(Fingerprint::of(&clip, RATE_HZ, 1).peaks);
        }
    }
    Ok(prints)
}

fn make(record: &[f32], name: &str, secs: usize, condition: &str, work: &Path) -> Result<Vec<f32>> {
    let mut random = room::Random(seed(&format!("{name}{secs}")));
    let percent = condition.trim_start_matches("speed").trim_start_matches("mic").parse::<f32>();
    let rate = 1.0 + percent.unwrap_or(0.0) / 100.0;
    let wanted = secs * RATE_HZ as usize;
    let needed = (wanted as f32 * rate) as usize + 2;
    let from = ((record.len() - needed) as f64 * random.unit()) as usize;
    let clip = record.get(from..from + needed).context("a record shorter than a query")?;
    let mut clip = room::at_speed(clip, rate, wanted);
    if condition.starts_with("mic") {
        clip = room::microphone(&clip, RATE_HZ as f32, &mut random);
        room::add_noise(&mut clip, 8.0, &mut random);
    } else if let Some(db) = condition.strip_prefix("noise") {
        room::add_noise(&mut clip, db.parse()?, &mut random);
    }
    // Level: anything from a shout to a whisper.
    let gain = 10_f32.powf(-(random.unit() as f32) * 1.2) * 0.5
        / clip.iter().fold(1e-3_f32, |max, x| max.max(x.abs()));
    // Through 16 bits, like everything that is played.
    for sample in &mut clip {
        *sample = (*sample * gain * 32_767.0).trunc() / 32_768.0;
    }
    if condition != "mp3" {
        return Ok(clip);
    }
    let (plain, coded) = (work.join("query.wav"), work.join("query.mp3"));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&plain, spec)?;
    for sample in clip {
        writer.write_sample((sample * 32_768.0) as i16)?;
    }
    writer.finalize()?;
    ffmpeg_raw(&["-i", &plain.to_string_lossy(), "-c:a", "libmp3lame", "-b:a", "64k"], &coded)?;
    ffmpeg(&["-i", &coded.to_string_lossy()], &plain)?;
    read(&plain)
}

/// Returns music like this that nobody recorded: three to eight semitones higher or lower, and up to a
/// third longer or shorter, but never both as a turntable does it.
pub(crate) fn stranger(record: &[Peak], name: &str) -> Vec<Peak> {
    let mut random = room::Random(seed(name));
    let stretch = 0.75 + 0.6 * random.unit();
    let steps = 60.0 + 100.0 * random.unit();
    // Slower is lower: so what is longer is made higher.
    let steps = if stretch > 1.0 { steps } else { -steps };
    let moved = record.iter().map(|peak| {
        let pitch = f64::from(peak.pitch) + steps;
        // What leaves the range comes back an octave away: as many peaks as before.
        let pitch = if pitch < 0.0 { pitch + 240.0 } else { pitch } as u16;
        let pitch = if pitch >= NUM_PITCHES { pitch - 240 } else { pitch };
        Peak { tick: (f64::from(peak.tick) * stretch) as u32, pitch, ..*peak }
    });
    let mut peaks: Vec<Peak> = moved.collect();
    peaks.sort();
    peaks
}

/// Lists of peaks, each behind its length.
fn encode(prints: &[Vec<Peak>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for print in prints {
        bytes.extend((print.len() as u32).to_le_bytes());
        for peak in print {
            bytes.extend(peak.tick.to_le_bytes());
            bytes.extend(peak.pitch.to_le_bytes());
            bytes.push(peak.level);
        }
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Vec<Peak>>> {
    let mut prints = Vec::new();
    while !bytes.is_empty() {
        let (len, rest) = bytes.split_first_chunk()?;
        let (print, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize * 7)?;
        let peak = |b: &[u8; 7]| Peak {
            tick: u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            pitch: u16::from_le_bytes([b[4], b[5]]),
            level: b[6],
        };
        prints.push(print.as_chunks().0.iter().map(peak).collect());
        bytes = rest;
    }
    Some(prints)
}

/// Reads what this tool and ffmpeg write: 16 bits, mono.
fn read(wav: &Path) -> Result<Vec<f32>> {
    let bytes = std::fs::read(wav)?;
    let from =
        bytes.windows(4).take(4_096).position(|word| word == b"data").context("a file without sound")?;
    let samples = bytes.get(from + 8..).unwrap_or_default().chunks_exact(2);
    Ok(samples.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect())
}

fn ffmpeg(args: &[&str], to: &Path) -> Result<()> {
    let mut args = args.to_vec();
    let rate = RATE_HZ.to_string();
    args.extend(["-vn", "-ac", "1", "-ar", &rate, "-c:a", "pcm_s16le"]);
    ffmpeg_raw(&args, to)
}

fn ffmpeg_raw(args: &[&str], to: &Path) -> Result<()> {
    let done = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(args).arg(to).status();
    ensure!(done.context("ffmpeg cannot be started")?.success(), "ffmpeg failed: {}", to.display());
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|end| ["ogg", "mp3", "flac", "opus", "wav"].iter().any(|known| end == *known))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a: the same order and the same noise in every run.
pub(crate) fn seed(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}
