//! What does a large library cost? Makes one of constellations that are spread like music, and asks it.
//!
//! `cargo run --release -p audio-recognition --example scale -- FOLDER TRACKS`
//!
//! FOLDER keeps the library; with one that is there, only the questions are asked. 10,000 tracks of four
//! minutes take about 1.3 GB and some minutes.
#![expect(clippy::disallowed_methods, reason = "a tool: a clock")]

use std::time::Instant;

use anyhow::{Context as _, Result};
use audio_recognition::{Library, Peak, TICKS_PER_SECOND, TrackInfo};

const TRACK_SECS: f64 = 240.0;
const QUESTIONS: u64 = 40;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Notes of a scale with their overtones on a grid of sixteenths, a little off it: 30 peaks a second.
fn constellation(seed: u64) -> Vec<Peak> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let key = random.below(240) as f64;
    let sixteenth = TICKS_PER_SECOND * 15.0 / (80.0 + random.below(90) as f64);
    let mut peaks = Vec::new();
    let mut step = 0.0;
    while step * sixteenth < TRACK_SECS * TICKS_PER_SECOND {
        let tick = (step * sixteenth) as u32;
        while random.below(100) < 76 {
            let degree = [0, 2, 4, 5, 7, 9, 11][random.below(7) as usize] + 12 * random.below(3);
            let overtone = [0.0, 240.0, 380.4, 480.0, 557.3][random.below(5) as usize];
            let pitch = key + degree as f64 * 20.0 + overtone + random.below(5) as f64;
            if pitch < 1_152.0 {
                let tick = tick + random.below(3) as u32;
                peaks.push(Peak { tick, pitch: pitch as u16, level: (40 + random.below(60)) as u8 });
            }
        }
        step += 1.0;
    }
    peaks.sort();
    peaks.dedup();
    peaks
}

/// Half of the peaks go, and as many others come: noise nearly as loud as the music, which plays at `rate`.
fn through_noise(peaks: &mut [Peak], seed: u64, rate: f64) {
    let mut random = Random(seed.wrapping_mul(0xD134_2543_DE82_EF95) | 1);
    for peak in peaks.iter_mut() {
        peak.tick = 4_000 + (f64::from(peak.tick - 4_000) / rate).round() as u32;
        peak.pitch = (f64::from(peak.pitch) + 240.0 * rate.log2()).round() as u16;
        if random.below(2) == 0 {
            *peak =
                Peak { tick: 4_000 + random.below(625) as u32, pitch: random.below(1_152) as u16, level: 70 };
        }
    }
    peaks.sort();
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().context("usage: scale FOLDER TRACKS")?;
    let tracks: u64 = args.next().context("usage: scale FOLDER TRACKS")?.parse()?;
    let begin = Instant::now();
    let mut library = Library::open(folder.as_ref())?;
    println!("open: {:.1} ms", begin.elapsed().as_secs_f64() * 1000.0);
    let there = library.num_tracks()?;
    let begin = Instant::now();
    let mut change = library.change()?;
    for seed in there..tracks {
        let mut content = [0; 32];
        content[..8].copy_from_slice(&seed.to_le_bytes());
        let track = TrackInfo {
            content,
            path: seed.to_string().into(),
            title: seed.to_string(),
            ..TrackInfo::default()
        };
        change.add(track, &constellation(seed))?;
    }
    change.finish()?;
    println!("{} added in {:.0} s", tracks - there.min(tracks), begin.elapsed().as_secs_f64());
    println!(
        "{:.1} MB, {:.1} KB per minute",
        library.index_bytes() as f64 / 1e6,
        library.index_bytes() as f64 / 1e3 / (tracks as f64 * TRACK_SECS / 60.0)
    );
    drop(library);
    let begin = Instant::now();
    let mut library = Library::open(folder.as_ref())?;
    println!("open: {:.1} ms", begin.elapsed().as_secs_f64() * 1000.0);
    for (name, from, noisy) in [
        ("known", 0, None),
        ("known, noisy", 0, Some(1.0)),
        ("known, noisy, 4 % fast", 0, Some(1.04)),
        ("unknown", 1 << 40, None),
    ] {
        let (mut longest, mut sum, mut right) = (0.0_f64, 0.0, 0);
        for i in 0..QUESTIONS {
            let seed = from + i * (tracks / QUESTIONS).max(1);
            let mut peaks: Vec<Peak> =
                constellation(seed).into_iter().filter(|peak| (4_000..4_625).contains(&peak.tick)).collect();
            if let Some(rate) = noisy {
                through_noise(&mut peaks, seed, rate);
            }
            let begin = Instant::now();
            let found = library.recognize(&peaks)?;
            let millis = begin.elapsed().as_secs_f64() * 1000.0;
            if i == 0 {
                println!("first question, {name}: {millis:.1} ms");
                continue;
            }
            longest = longest.max(millis);
            sum += millis;
            right += u32::from(found.map(|found| found.track.title) == (from == 0).then(|| seed.to_string()));
        }
        let asked = (QUESTIONS - 1) as f64;
        println!("{name}: {right} of {asked} right, {:.1} ms on average, {longest:.1} at most", sum / asked);
    }
    Ok(())
}
