//! How well are tracks recognised? Makes queries of a folder of music and prints the table.
//!
//! `cargo run --release -p audio-recognition --example evaluate -- MUSIC WORK [CONDITION,CONDITION]`
//!
//! MUSIC: at least forty files longer than a minute; those in a folder `more` are in the library and never asked. WORK: a folder for what is made of them; kept, so that the next run
//! is quick. Needs ffmpeg. Three in ten tracks stay out of the library: their queries must be refused.
#![expect(clippy::disallowed_methods, reason = "a tool: files and a clock")]

#[path = "evaluate/room.rs"]
mod room;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use audio_recognition::{Fingerprint, Library, TrackInfo};

const RATE_HZ: u32 = 44_100;
/// Seconds of each track that are in the library.
const RECORD_SECS: usize = 180;
/// Tracks that queries are made of, known and unknown.
const NUM_KNOWN: usize = 70;
const NUM_UNKNOWN: usize = 30;
/// Tracks of the library, at most.
const NUM_RECORDS: usize = 117;
const CONDITIONS: [&str; 13] = [
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

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (music, work, only) = match args.as_slice() {
        [music, work] => (music, work, None),
        [music, work, only] => (music, work, Some(only)),
        _ => anyhow::bail!("usage: evaluate MUSIC WORK [CONDITION,CONDITION]"),
    };
    let (music, work) = (Path::new(music), Path::new(work));
    std::fs::create_dir_all(work.join("records"))?;
    std::fs::create_dir_all(work.join("queries"))?;
    let mut files = Vec::new();
    collect(music, &mut files)?;
    files.sort_by_key(|file| {
        let is_more = file.parent().is_some_and(|folder| folder.ends_with("more"));
        (is_more, seed(&file.file_name().unwrap_or_default().to_string_lossy()))
    });
    let mut tracks: Vec<(String, PathBuf)> = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wav = work.join("records").join(format!("{name}.wav"));
        if !wav.exists() && !wav.with_extension("short").exists() {
            if ffmpeg(&["-i", &file.to_string_lossy(), "-t", &RECORD_SECS.to_string()], &wav).is_err() {
                continue;
            }
            if hound::WavReader::open(&wav).map_or(0, |wav| wav.duration()) < 60 * RATE_HZ {
                std::fs::rename(&wav, wav.with_extension("short"))?;
            }
        }
        if wav.exists() && !tracks.iter().any(|(known, _)| *known == name) {
            tracks.push((name, wav));
        }
    }
    ensure!(tracks.len() > NUM_UNKNOWN + 10, "too few tracks of a minute and more: {}", tracks.len());
    let (unknown, known) = tracks.split_at(NUM_UNKNOWN);
    let known = known.get(..NUM_RECORDS).unwrap_or(known);

    let home = tempfile::tempdir()?;
    let mut library = Library::open(home.path())?;
    let begin = Instant::now();
    let mut change = library.change()?;
    let mut secs = 0.0;
    for (i, (name, wav)) in known.iter().enumerate() {
        let print = Fingerprint::of(&read(wav)?, RATE_HZ, 1);
        secs += print.secs();
        let mut content = [0; 32];
        content[..8].copy_from_slice(&(i as u64).to_le_bytes());
        change.add(
            TrackInfo { title: name.clone(), content, path: wav.clone(), ..TrackInfo::default() },
            &print.peaks,
        )?;
    }
    change.finish()?;
    println!(
        "{} records, {:.0} min, {:.1} KB per minute, {:.2} s of work per minute",
        known.len(),
        secs / 60.0,
        library.index_bytes() as f64 / 1000.0 / (secs / 60.0),
        begin.elapsed().as_secs_f64() / (secs / 60.0)
    );

    // Per condition and length: right, wrong, refused, false positives, refused unknown.
    let mut table: BTreeMap<(usize, usize), [usize; 5]> = BTreeMap::new();
    let mut longest_millis = 0.0_f64;
    let mut sum_millis = 0.0;
    let mut asked = 0;
    for (is_known, (name, wav)) in
        known.iter().take(NUM_KNOWN).map(|t| (true, t)).chain(unknown.iter().map(|t| (false, t)))
    {
        let mut record = Vec::new();
        for (c, condition) in CONDITIONS.iter().enumerate() {
            if only.is_some_and(|only| !only.split(',').any(|one| one == *condition)) {
                continue;
            }
            for length in [5, 10] {
                let query = work.join("queries").join(format!("{name}-{length}-{condition}.wav"));
                if !query.exists() {
                    if record.is_empty() {
                        record = read(wav)?;
                    }
                    make(&record, name, length, condition, &query)?;
                }
                let samples = read(&query)?;
                let begin = Instant::now();
                let print = Fingerprint::of(&samples, RATE_HZ, 1);
                let found = library.recognize(&print.peaks)?;
                let millis = begin.elapsed().as_secs_f64() * 1000.0;
                longest_millis = longest_millis.max(millis);
                sum_millis += millis;
                asked += 1;
                let row = table.entry((c, length)).or_default();
                let column = match (&found, is_known) {
                    (Some(found), true) if found.track.title == *name => 0,
                    (Some(_), true) => 1,
                    (None, true) => 2,
                    (Some(_), false) => 3,
                    (None, false) => 4,
                };
                row[column] += 1;
                if matches!(column, 1 | 3) || std::env::var_os("EVERY").is_some() {
                    if let Some(found) = found {
                        println!(
                            "  {} {name} {length} s {condition}: {} at {:.1} s, rate {:.3}, {:.1} sigmas, agreement {:.2}",
                            ["right", "WRONG", "", "FALSE"][column.min(3)],
                            found.track.title,
                            found.position_secs,
                            found.rate,
                            found.sigmas,
                            found.agreement
                        );
                    } else if is_known {
                        println!("  missed {name} {length} s {condition}");
                    }
                }
            }
        }
    }
    println!("{:10} {:>4} {:>7} {:>7} {:>7} {:>7}", "condition", "s", "right", "wrong", "missed", "false");
    let mut groups = [("as played", [0; 5]), ("speed", [0; 5]), ("mic and speed", [0; 5])];
    for ((c, length), row) in &table {
        print_row(&format!("{:10} {length:>4}", CONDITIONS[*c]), row);
        let group = if *c < 5 {
            0
        } else if *c < 11 {
            1
        } else {
            2
        };
        for (sum, count) in groups[group].1.iter_mut().zip(row) {
            *sum += count;
        }
    }
    for (name, row) in &groups {
        print_row(&format!("{name:15}"), row);
    }
    println!(
        "query with fingerprint: {:.1} ms on average, {longest_millis:.1} at most",
        sum_millis / f64::from(asked)
    );
    Ok(())
}

fn print_row(name: &str, row: &[usize; 5]) {
    let [right, wrong, missed, positive, negative] = *row;
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    let known = right + wrong + missed;
    println!(
        "{name} {:>7.3} {:>7.3} {:>7.3} {:>7.3}",
        share(right, known),
        share(wrong, known),
        share(missed, known),
        share(positive, positive + negative)
    );
}

fn make(record: &[f32], name: &str, length: usize, condition: &str, to: &Path) -> Result<()> {
    let mut random = room::Random(seed(&format!("{name}{length}")));
    let percent = condition.trim_start_matches("speed").trim_start_matches("mic").parse::<f32>();
    let rate = 1.0 + percent.unwrap_or(0.0) / 100.0;
    let wanted = length * RATE_HZ as usize;
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
    let part = to.with_extension("part.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&part, spec)?;
    let mut fast = writer.get_i16_writer(clip.len() as u32);
    for sample in clip {
        fast.write_sample((sample * gain * 32_767.0) as i16);
    }
    fast.flush()?;
    writer.finalize()?;
    if condition == "mp3" {
        let coded = to.with_extension("mp3");
        let from = part.to_str().context("a path that is not text")?;
        ffmpeg_raw(&["-i", from, "-c:a", "libmp3lame", "-b:a", "64k"], &coded)?;
        ffmpeg(&["-i", &coded.to_string_lossy()], to)?;
        std::fs::remove_file(part)?;
        std::fs::remove_file(coded)?;
    } else {
        std::fs::rename(part, to)?;
    }
    Ok(())
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

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
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
fn seed(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}
