use audio_analysis::{Analyser, HOPS_PER_SECOND, Settings};
use audio_signal::AudioFrame;

use crate::sounds::{RATE, drums, hat, kick, mix, silence, snare, steady, tone};

fn frames(samples: &[f32], channels: u16, rate_hz: u32) -> Vec<AudioFrame> {
    let mut analyser = Analyser::new(rate_hz, Settings::default());
    let mut frames = Vec::new();
    analyser.push(samples, channels, &mut |frame| frames.push(frame.clone()));
    frames
}

#[test]
fn every_rate_gives_a_hundred_frames_a_second() {
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000] {
        let frames = frames(&vec![0.1; rate as usize], 1, rate);
        assert!((frames.len() as i64 - i64::from(HOPS_PER_SECOND)).abs() <= 1, "{rate}: {}", frames.len());
        let last = frames.last().map_or(0.0, |f| f.time_secs);
        assert!((last - 1.0).abs() < 0.02, "{rate}: {last}");
    }
}

#[test]
fn block_sizes_do_not_matter() {
    let music = drums(&steady(120.0, 0.1, 3.0), 0.5, 3.0);
    let whole = frames(&music, 1, RATE);
    let mut analyser = Analyser::new(RATE, Settings::default());
    let mut pieces = Vec::new();
    let sizes = [1usize, 7, 64, 441, 1_000, 4_096];
    let mut rest = &music[..];
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (block, after) = rest.split_at((*size).min(rest.len()));
        analyser.push(block, 1, &mut |frame| pieces.push(frame.clone()));
        rest = after;
    }
    assert_eq!(whole, pieces);
}

#[test]
fn stereo_of_two_equal_sides_is_mono() {
    let music = drums(&steady(120.0, 0.1, 2.0), 0.5, 2.0);
    let stereo: Vec<f32> = music.iter().flat_map(|s| [*s, *s]).collect();
    let (one, two) = (frames(&music, 1, RATE), frames(&stereo, 2, RATE));
    assert_eq!(one.len(), two.len());
    assert!(one.iter().zip(&two).all(|(a, b)| a.waveform == b.waveform && a.beats == b.beats));
}

#[test]
fn reset_begins_anew() {
    let music = drums(&steady(120.0, 0.1, 2.0), 0.5, 2.0);
    let mut analyser = Analyser::new(RATE, Settings::default());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    analyser.push(&music, 1, &mut |frame| first.push(frame.clone()));
    analyser.reset();
    analyser.push(&music, 1, &mut |frame| second.push(frame.clone()));
    assert_eq!(first, second);
}

#[test]
fn silence_is_silent() {
    for frame in frames(&silence(1.0), 1, RATE) {
        assert!(frame.silent);
        assert_eq!(frame.all.level, 0.0);
        assert_eq!((frame.beat.count, frame.onset.count), (0, 0));
        assert_eq!(frame.loudness_lufs, -70.0);
    }
}

#[test]
fn levels_fall_to_nothing_when_the_input_stops() {
    let mut analyser = Analyser::new(RATE, Settings::default());
    analyser.push(&drums(&steady(120.0, 0.1, 3.0), 0.5, 3.0), 1, &mut |_| {});
    assert!(analyser.frame().time_secs > 2.9);
    analyser.silence(2.0, &mut |_| {});
    let frame = analyser.frame();
    assert!(frame.silent && frame.time_secs > 4.9);
    for band in [frame.all, frame.bass, frame.mid, frame.mid_high, frame.high] {
        assert!(band.level < 0.001 && band.hits < 0.001, "{band:?}");
    }
}

#[test]
fn broken_samples_do_no_harm() {
    let mut music = drums(&steady(120.0, 0.1, 2.0), 0.5, 2.0);
    for (i, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30].into_iter().enumerate() {
        music[10_000 + i * 3_000] = bad;
    }
    for frame in frames(&music, 1, RATE) {
        assert!(frame.spectrum.iter().all(|m| m.is_finite()));
        assert!(frame.beats.is_finite() && frame.all.level.is_finite() && frame.onset_strength.is_finite());
    }
    let analysis = audio_analysis::analyze(&music, RATE, 1);
    assert!(analysis.tempo.is_finite() && analysis.loudness_lufs.is_finite());
}

#[test]
fn odd_inputs_are_answered() {
    assert_eq!(audio_analysis::analyze(&[], 44_100, 2).beats.len(), 0);
    assert_eq!(audio_analysis::analyze(&[0.5; 3], 0, 0).duration, 3.0);
    assert_eq!(audio_analysis::analyze_online(&[0.5; 30], 1, 9).beats.len(), 0);
}

#[test]
fn everything_stays_in_its_range() {
    let music = drums(&steady(126.0, 0.3, 8.0), 0.5, 8.0);
    let mut last = AudioFrame::default();
    for frame in frames(&music, 1, RATE) {
        for band in [frame.all, frame.bass, frame.mid, frame.mid_high, frame.high] {
            for value in [band.level, band.hits, band.presence] {
                assert!((0.0..=1.0).contains(&value), "{band:?}");
            }
        }
        let ones = [
            frame.onset_strength,
            frame.beat_confidence,
            frame.downbeat_confidence,
            frame.intensity,
            frame.build_up,
        ];
        assert!(ones.iter().chain(&frame.chroma).all(|v| (0.0..=1.0).contains(v)), "{ones:?}");
        assert!((0.0..1.0).contains(&frame.beat_phase) && (0.0..1.0).contains(&frame.bar_phase));
        assert!(frame.bass.time_secs > last.bass.time_secs && frame.beats >= last.beats);
        last = frame;
    }
}

#[test]
fn a_quiet_source_moves_as_much_as_a_loud_one() {
    let music = drums(&steady(120.0, 0.1, 6.0), 0.5, 6.0);
    let quiet: Vec<f32> = music.iter().map(|s| s * 0.02).collect();
    let peak =
        |samples: &[f32]| frames(samples, 1, RATE)[300..].iter().fold(0.0f32, |a, f| a.max(f.bass.level));
    assert!(peak(&music) > 0.8);
    assert!((peak(&music) - peak(&quiet)).abs() < 0.1);
    let hits = |samples: &[f32]| frames(samples, 1, RATE).last().map_or(0, |f| f.kick.count);
    assert!(hits(&music) >= 5 && hits(&music).abs_diff(hits(&quiet)) <= 1);
}

#[test]
fn each_drum_is_heard_as_itself() {
    let mut track = silence(12.0);
    let (kick, snare, hat) = (kick(), snare(), hat());
    for i in 0..10 {
        mix(&mut track, 1.0 + f64::from(i), 0.7, &kick);
        mix(&mut track, 1.33 + f64::from(i), 0.5, &snare);
        mix(&mut track, 1.66 + f64::from(i), 0.3, &hat);
    }
    let mut seen = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let mut counts = [0; 4];
    for frame in frames(&track, 1, RATE) {
        let hits = [frame.kick, frame.snare, frame.hat, frame.onset];
        for ((hit, count), seen) in hits.iter().zip(&mut counts).zip(&mut seen) {
            if hit.count > *count {
                *count = hit.count;
                seen.push(hit.time_secs);
                assert!(frame.time_secs - hit.time_secs < 0.04, "told within 40 ms");
            }
        }
    }
    let truth = |offset: f64| (0..10).map(|i| f64::from(i) + offset).collect::<Vec<_>>();
    for (heard, offset) in seen.iter().zip([1.0, 1.33, 1.66]) {
        let share = crate::sounds::share_found(&truth(offset), heard, 0.0, 0.025);
        assert!(share >= 0.9, "{offset}: {heard:?}");
    }
    assert!(seen[0].len() <= 12, "snares and hats are no kicks: {:?}", seen[0]);
    assert!((20..=33).contains(&seen[3].len()), "{:?}", seen[3].len());
}

#[test]
fn a_full_scale_sine_reads_one_in_its_bin() {
    let sine = (0..RATE).map(|i| (std::f32::consts::TAU * 100.0 / 2_048.0 * i as f32).sin());
    let frame = frames(&sine.collect::<Vec<_>>(), 1, RATE).pop().unwrap();
    assert!((frame.spectrum[100] - 1.0).abs() < 0.01, "{}", frame.spectrum[100]);
    assert!(frame.spectrum[110] < 0.001);
}

#[test]
fn loudness_follows_ebu_r128() {
    // EBU Tech 3341 case 1: a stereo sine of 1 kHz at −23 dBFS reads −23 LUFS.
    let sine = tone_at(1_000.0, 10f32.powf(-23.0 / 20.0), 5.0);
    let stereo: Vec<f32> = sine.iter().flat_map(|s| [*s, *s]).collect();
    let last = frames(&stereo, 2, 48_000).pop().unwrap();
    assert!((last.loudness_lufs + 23.0).abs() < 0.1, "{}", last.loudness_lufs);
    let whole = audio_analysis::analyze(&stereo, 48_000, 2);
    assert!((whole.loudness_lufs + 23.0).abs() < 0.1, "{}", whole.loudness_lufs);
}

fn tone_at(hz: f32, amplitude: f32, secs: f32) -> Vec<f32> {
    let samples = (secs * 48_000.0) as usize;
    (0..samples).map(|i| amplitude * (std::f32::consts::TAU * hz * (i as f32 / 48_000.0)).sin()).collect()
}

#[test]
fn a_drop_follows_its_build_up() {
    // Eight bars of beat, eight of a riser without bass, then the beat again with all its bass.
    let beats = steady(120.0, 0.0, 48.0);
    let mut track = silence(48.0);
    mix(&mut track, 0.0, 1.0, &drums(&beats[..33], 0.5, 16.5));
    let hat = hat();
    let mut at = 16.0;
    while at < 32.0 {
        let progress = (at - 16.0) / 16.0;
        mix(&mut track, at, 0.1 + 0.4 * progress as f32, &hat);
        at += 0.5 - 0.42 * progress;
    }
    mix(&mut track, 32.0, 1.0, &drums(&beats[..33], 0.5, 16.0));
    mix(&mut track, 0.0, 0.02, &tone(220.0, 48.0));
    let frames = frames(&track, 1, RATE);
    let built =
        frames.iter().filter(|f| (26.0..32.0).contains(&f.time_secs)).fold(0.0f32, |a, f| a.max(f.build_up));
    let calm =
        frames.iter().filter(|f| (6.0..15.0).contains(&f.time_secs)).fold(0.0f32, |a, f| a.max(f.build_up));
    assert!(built > 0.3 && built > calm, "riser {built}, beat {calm}");
    let last = frames.last().unwrap();
    let mut told = Vec::new();
    for f in &frames {
        if told.last().is_none_or(|(c, _, _)| *c < f.drop.count) {
            told.push((f.drop.count, f.drop.time_secs, f.build_up));
        }
    }
    assert_eq!(last.drop.count, 1, "{told:?}");
    assert!((last.drop.time_secs - 32.0).abs() < 0.6, "{}", last.drop.time_secs);
    assert!(last.section.count >= 1);
}
