//! How well are tracks recognised? Makes queries of a folder of music and prints the table.
//!
//! `cargo run --release -p audio-recognition --example evaluate -- MUSIC WORK tune|held [SPLITS] [CROWD]`
//!
//! MUSIC: a folder per album. Only tracks of a minute and more count. WORK: what was made of them is kept
//! here, so that the next run is quick; delete it when peaks are found in another way. Needs ffmpeg.
//!
//! One half of the albums is there to set thresholds by (`tune`), the other (`held`) to see whether they
//! hold: a threshold never saw a song of it, nor another song of its album. Each split draws a library of
//! at most 117 tracks from its half, and 30 tracks that are not in it: their queries must be refused.
//! CROWD more tracks stand around those: the same half in other keys, longer or shorter, as no turntable
//! plays it. They have the landmarks of music, and none is an answer: 10,000 are a large library.
#![expect(clippy::disallowed_methods, reason = "a tool: files and a clock")]

#[path = "evaluate/room.rs"]
mod room;
#[path = "evaluate/songs.rs"]
mod songs;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use audio_recognition::{Library, TrackInfo};

use songs::{CONDITIONS, NUM_AS_PLAYED, NUM_PLAIN_SPEED, Song};

/// Tracks that queries are made of, known and unknown.
const NUM_KNOWN: usize = 70;
const NUM_UNKNOWN: usize = 30;
/// Tracks of the library, at most.
const NUM_RECORDS: usize = 117;

/// What came of the queries of one kind.
#[derive(Clone, Copy, Default)]
struct Row {
    right: usize,
    wrong: usize,
    missed: usize,
    false_names: usize,
    refused: usize,
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.false_names += other.false_names;
        self.refused += other.refused;
    }

    fn print(&self, name: &str) {
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        let known = self.right + self.wrong + self.missed;
        println!(
            "{name:18} {:>7.3} {:>7.3} {:>7.3} {:>7.3}",
            share(self.right, known),
            share(self.wrong, known),
            share(self.missed, known),
            share(self.false_names, self.false_names + self.refused)
        );
    }
}

/// All queries by condition and length, and how long they took.
struct Table {
    rows: Vec<[Row; 2]>,
    millis: Vec<f64>,
}

impl Table {
    fn new() -> Self {
        Self { rows: vec![[Row::default(); 2]; CONDITIONS.len()], millis: Vec::new() }
    }

    fn sum(&self, conditions: std::ops::Range<usize>) -> Row {
        let mut sum = Row::default();
        for row in self.rows.get(conditions).unwrap_or_default().iter().flatten() {
            sum.add(row);
        }
        sum
    }

    fn add(&mut self, other: &Self) {
        for (row, other) in self.rows.iter_mut().flatten().zip(other.rows.iter().flatten()) {
            row.add(other);
        }
        self.millis.extend(&other.millis);
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [music, work, half, numbers @ ..] = args.as_slice() else {
        anyhow::bail!("usage: evaluate MUSIC WORK tune|held [SPLITS] [CROWD]");
    };
    let number = |i: usize, default: u64| numbers.get(i).map_or(Ok(default), |number| number.parse());
    let (splits, crowd) = (number(0, 1)?, number(1, 0)?);
    ensure!(half == "tune" || half == "held", "the half is tune or held, not {half}");
    let songs = songs::collect(Path::new(music), Path::new(work), |album| {
        let is_held = songs::seed(album) >> 40 & 1 == 1;
        is_held == (half == "held")
    })?;
    ensure!(songs.len() > NUM_UNKNOWN + 10, "too few tracks of a minute and more: {}", songs.len());
    println!("{} songs in this half", songs.len());
    let mut table = Table::new();
    for split in 0..splits {
        let one = ask(&songs, Path::new(work), split, crowd)?;
        if splits > 1 {
            one.sum(0..NUM_AS_PLAYED).print(&format!("split {split}"));
        }
        table.add(&one);
    }
    println!("{:18} {:>7} {:>7} {:>7} {:>7}", "condition, s", "right", "wrong", "missed", "false");
    for (condition, rows) in CONDITIONS.iter().zip(&table.rows) {
        for (secs, row) in songs::LENGTHS_SECS.iter().zip(rows) {
            row.print(&format!("{condition:12} {secs:>2}"));
        }
    }
    let at_speed = NUM_AS_PLAYED + NUM_PLAIN_SPEED;
    table.sum(0..NUM_AS_PLAYED).print("as played");
    table.sum(NUM_AS_PLAYED..at_speed).print("speed");
    table.sum(at_speed..CONDITIONS.len()).print("mic and speed");
    table.millis.sort_by(f64::total_cmp);
    let at = |share: f64| table.millis.get((table.millis.len() as f64 * share) as usize).copied();
    println!(
        "one query: {:.1} ms half of the time, {:.1} of 100 within 50, {:.1} at most",
        at(0.5).context("no queries")?,
        100.0 * table.millis.partition_point(|millis| *millis <= 50.0) as f64 / table.millis.len() as f64,
        table.millis.last().context("no queries")?
    );
    Ok(())
}

/// Draws a library and asks it.
fn ask(songs: &[Song], work: &Path, split: u64, crowd: u64) -> Result<Table> {
    let mut order: Vec<&Song> = songs.iter().collect();
    order.sort_by_key(|song| songs::seed(&format!("{split} {}", song.name)));
    let (unknown, known) = order.split_at(NUM_UNKNOWN);
    let known = known.get(..NUM_RECORDS).unwrap_or(known);
    // A crowd takes minutes to gather: its library stays.
    let home = tempfile::tempdir()?;
    let gathered = work.join(format!("crowd-{split}-{crowd}"));
    let mut library = Library::open(if crowd == 0 { home.path() } else { &gathered })?;
    let mut change = library.change()?;
    let mut secs = 0.0;
    for (i, song) in known.iter().enumerate() {
        secs +=
            song.record.last().map_or(0.0, |last| f64::from(last.tick) / audio_recognition::TICKS_PER_SECOND);
        let mut content = [0; 32];
        content[..8].copy_from_slice(&(i as u64).to_le_bytes());
        let info = TrackInfo {
            title: song.name.clone(),
            content,
            path: song.name.clone().into(),
            ..TrackInfo::default()
        };
        change.add(info, &song.record)?;
    }
    for (i, song) in (0..crowd).zip(songs.iter().cycle()) {
        let mut content = [1; 32];
        content[..8].copy_from_slice(&i.to_le_bytes());
        let name = format!("crowd/{i}");
        let peaks = songs::stranger(&song.record, &name);
        secs += peaks.last().map_or(0.0, |last| f64::from(last.tick) / audio_recognition::TICKS_PER_SECOND);
        change.add(
            TrackInfo { title: name.clone(), content, path: name.into(), ..TrackInfo::default() },
            &peaks,
        )?;
    }
    change.finish()?;
    println!(
        "split {split}: {} tracks, {:.0} min, {:.1} KB per minute",
        library.num_tracks()?,
        secs / 60.0,
        library.index_bytes() as f64 / 1000.0 / (secs / 60.0)
    );
    let mut table = Table::new();
    let asked = known.iter().take(NUM_KNOWN).map(|song| (true, song));
    for (is_known, song) in asked.chain(unknown.iter().map(|song| (false, song))) {
        for query in &song.queries {
            let begin = Instant::now();
            let found = library.recognize(&query.peaks)?;
            table.millis.push(begin.elapsed().as_secs_f64() * 1000.0);
            let row = &mut table.rows[query.condition][query.length];
            let (count, what) = match &found {
                Some(found) if is_known && found.track.title == song.name => (&mut row.right, ""),
                Some(_) if is_known => (&mut row.wrong, "WRONG"),
                None if is_known => (&mut row.missed, "missed"),
                Some(_) => (&mut row.false_names, "FALSE"),
                None => (&mut row.refused, ""),
            };
            *count += 1;
            if !what.is_empty() && query.condition < NUM_AS_PLAYED {
                let named = found.map_or_else(String::new, |found| {
                    format!(
                        ": {} at {:.1} s, rate {:.3}, {:.1} sigmas, agreement {:.2}",
                        found.track.title, found.position_secs, found.rate, found.sigmas, found.agreement
                    )
                });
                let (condition, secs) = (CONDITIONS[query.condition], songs::LENGTHS_SECS[query.length]);
                println!("  {what} {} {secs} s {condition}{named}", song.name);
            }
        }
    }
    Ok(table)
}
