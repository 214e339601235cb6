//! What comes between a record and an ear.

use std::sync::{LazyLock, Mutex, MutexGuard};

use audio_recognition::{Fingerprint, Library, Peak, PeakFinder};

use crate::music::{RATE_HZ, Random, add, print, song, track};

/// One library for all: tests only ask it.
fn library() -> MutexGuard<'static, (tempfile::TempDir, Library)> {
    static LIBRARY: LazyLock<Mutex<(tempfile::TempDir, Library)>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path()).unwrap();
        add(&mut library, 1..=8);
        Mutex::new((folder, library))
    });
    LIBRARY.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Plays seconds 10–18 of song 5 through `change` and expects it to be found there.
#[track_caller]
fn check(rate: f64, change: impl Fn(&mut Vec<f32>)) {
    let song = song(5, 40);
    let mut clip: Vec<f32> = (0..8 * RATE_HZ as usize)
        .map(|i| {
            let at = 10.0 * f64::from(RATE_HZ) + rate * i as f64;
            let (whole, part) = (at as usize, at.fract() as f32);
            song[whole] * (1.0 - part) + song[whole + 1] * part
        })
        .collect();
    change(&mut clip);
    let found = library().1.recognize(&print(&clip).peaks).unwrap().expect("known music is recognised");
    assert_eq!(found.track.title, "Song 5");
    assert!((found.rate - rate).abs() < 0.006, "rate {} for {rate}", found.rate);
    let at_end = found.position_at(8.0);
    assert!((at_end - (10.0 + 8.0 * rate)).abs() < 0.15, "at its end the clip is at {at_end}");
}

#[test]
fn a_clip_is_found_where_it_is() {
    check(1.0, |_| {});
}

#[test]
fn level_changes_nothing() {
    check(1.0, |clip| clip.iter_mut().for_each(|sample| *sample *= 0.004));
}

#[test]
fn noise_as_loud_as_the_music_hides_it_not() {
    check(1.0, |clip| {
        let mut random = Random(3);
        let loud = (clip.iter().map(|s| s * s).sum::<f32>() / clip.len() as f32).sqrt();
        // A uniform noise of this height has the power of the music.
        clip.iter_mut().for_each(|sample| *sample += random.noise() * loud * 3_f32.sqrt());
    });
}

#[test]
fn an_equaliser_hides_it_not() {
    check(1.0, |clip| {
        let mut low = 0.0;
        for sample in clip.iter_mut() {
            low += 0.1 * (*sample - low);
            *sample = *sample * 0.2 + low;
        }
    });
}

#[test]
fn a_turntable_eight_percent_off_hides_it_not() {
    for rate in [0.92, 0.96, 1.037, 1.08] {
        check(rate, |_| {});
    }
}

#[test]
fn what_is_not_in_the_library_is_unknown() {
    let (_, library) = &mut *library();
    for seed in 100..110 {
        let stranger = song(seed, 10);
        assert_eq!(library.recognize(&print(&stranger).peaks).unwrap(), None, "song {seed}");
    }
    let mut random = Random(9);
    let noise: Vec<f32> = (0..10 * RATE_HZ).map(|_| random.noise()).collect();
    assert_eq!(library.recognize(&print(&noise).peaks).unwrap(), None);
    assert_eq!(library.recognize(&print(&vec![0.0; 240_000]).peaks).unwrap(), None);
    assert_eq!(library.recognize(&[]).unwrap(), None);
}

#[test]
fn peaks_do_not_depend_on_the_size_of_blocks() {
    let song = song(2, 12);
    let whole = print(&song);
    assert!((15.0..45.0).contains(&(whole.peaks.len() as f64 / 12.0)), "{} peaks in 12 s", whole.peaks.len());
    assert!(whole.peaks.is_sorted_by_key(|peak| peak.tick));
    let mut random = Random(4);
    let (mut finder, mut peaks) = (PeakFinder::new(RATE_HZ), Vec::new());
    let mut rest = song.as_slice();
    while !rest.is_empty() {
        let (block, later) = rest.split_at(rest.len().min(1 + random.below(3_000) as usize));
        // Stereo, cut anywhere: also between left and right.
        let stereo: Vec<f32> = block.iter().flat_map(|sample| [*sample, *sample]).collect();
        let (one, other) = stereo.split_at(stereo.len() / 2);
        finder.push(one, 2, &mut peaks);
        finder.push(other, 2, &mut peaks);
        rest = later;
    }
    finder.finish(&mut peaks);
    assert_eq!(peaks, whole.peaks);
}

#[test]
fn broken_samples_and_odd_rates_are_heard_out() {
    for rate_hz in [0, 1, 8_000, 11_025, 44_100, 96_000, u32::MAX] {
        let mut samples: Vec<f32> = song(1, 3);
        samples[500] = f32::NAN;
        samples[501] = f32::INFINITY;
        let print = Fingerprint::of(&samples, rate_hz, 0);
        assert!(print.secs().is_finite());
    }
}

/// A room never begins anew: one finder hears a minute of tracks that follow each other without a gap.
#[test]
fn in_a_minute_of_joined_tracks_each_is_named_in_its_turn() {
    let (mut finder, mut peaks) = (PeakFinder::new(RATE_HZ), Vec::new());
    for seed in [3, 7, 1, 6] {
        let song = song(seed, 40);
        let (from, end) = (12 * RATE_HZ as usize, 27 * RATE_HZ as usize);
        finder.push(song.get(from..end).unwrap_or_default(), 1, &mut peaks);
        let newest = finder.ticks().saturating_sub((8.0 * audio_recognition::TICKS_PER_SECOND) as u32);
        let first = peaks.partition_point(|peak| peak.tick < newest);
        let found = library().1.recognize(&peaks[first..]).unwrap().expect("known music is recognised");
        assert_eq!(found.track.title, format!("Song {seed}"));
        let now_secs = f64::from(finder.ticks()) / audio_recognition::TICKS_PER_SECOND;
        assert!((found.position_at(now_secs) - 27.0).abs() < 0.3, "at {}", found.position_at(now_secs));
    }
}

/// Twenty seconds of peaks between two pitches, 15 a second.
fn part(seed: u64, pitches: std::ops::Range<u16>, level: u8) -> Vec<Peak> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9) + 1);
    let peak = |i| Peak {
        tick: i * 4 + random.below(3) as u32,
        pitch: pitches.start + random.below(u64::from(pitches.end - pitches.start)) as u16,
        level: level + random.below(10) as u8,
    };
    (0_u32..312).map(peak).collect()
}

#[test]
fn a_loop_that_two_tracks_share_is_no_name() {
    let together = |parts: [Vec<Peak>; 2]| {
        let mut peaks = parts.concat();
        peaks.sort();
        peaks
    };
    let [bass, tune] = [0..200, 600..1_100];
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path()).unwrap();
    let mut change = library.change().unwrap();
    let record = together([part(1, bass.clone(), 50), part(2, tune.clone(), 90)]);
    change.add(track(1), &record).unwrap();
    change.finish().unwrap();
    let mut ask = |parts| {
        let mut clip = together(parts);
        clip.retain(|peak| (300..800).contains(&peak.tick));
        library.recognize(&clip).unwrap().is_some()
    };
    assert!(!ask([part(1, bass.clone(), 50), part(3, tune.clone(), 90)]), "the same bass under another tune");
    assert!(ask([part(4, bass, 50), part(2, tune, 90)]), "noise hides what is soft");
}
