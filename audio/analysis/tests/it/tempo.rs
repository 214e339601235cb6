use audio_analysis::{Analyser, PulseClock, Settings, TapTempo, TempoLeader, analyze, analyze_online};
use audio_signal::{AudioFrame, TempoSource};

use crate::sounds::{RATE, drums, share_found, steady};

fn run(samples: &[f32], mut each: impl FnMut(&AudioFrame)) -> Analyser {
    let mut analyser = Analyser::new(RATE, Settings::default());
    analyser.push(samples, 1, &mut |frame| each(frame));
    analyser
}

fn beats_of(samples: &[f32]) -> (Vec<f64>, f64) {
    let mut beats = Vec::new();
    let mut count = 0;
    let analyser = run(samples, |frame| {
        if frame.beat.count > count {
            count = frame.beat.count;
            beats.push(frame.beat.time_secs);
        }
    });
    (beats, f64::from(analyser.frame().tempo_bpm))
}

#[test]
fn steady_beats_are_followed_live_after_six_seconds() {
    for (bpm, swing) in [(96.0, 0.5), (120.0, 0.5), (128.0, 0.5), (140.0, 0.5), (112.0, 0.62)] {
        let truth = steady(bpm, 0.37, 16.0);
        let (beats, tempo) = beats_of(&drums(&truth, swing, 16.0));
        let share = share_found(&truth, &beats, 6.0, 0.05);
        assert!(share > 0.95, "{bpm} swing {swing}: {share}, heard {tempo}");
        assert!((tempo / bpm - 1.0).abs() < 0.02, "{bpm}: {tempo}");
    }
}

#[test]
fn looking_ahead_finds_every_beat_and_bar() {
    let truth = steady(118.0, 0.5, 16.0);
    let analysis = analyze(&drums(&truth, 0.5, 16.0), RATE, 1);
    assert!(
        share_found(&truth[..truth.len() - 1], &analysis.beats, 0.0, 0.04) > 0.95,
        "{:?}",
        analysis.beats
    );
    assert!((analysis.tempo - 118.0).abs() < 2.0);
    let bars: Vec<f64> = truth.iter().copied().step_by(4).collect();
    assert!(
        share_found(&bars[..bars.len() - 1], &analysis.downbeats, 2.0, 0.05) > 0.8,
        "{:?}",
        analysis.downbeats
    );
}

#[test]
fn the_beat_never_runs_back() {
    // A tempo that jumps, a rest, and another tempo: the worst a set can do.
    let mut music = drums(&steady(128.0, 0.2, 8.0), 0.5, 8.0);
    music.extend(drums(&steady(97.0, 0.3, 8.0), 0.5, 8.0));
    music.extend(vec![0.0; RATE as usize * 3]);
    music.extend(drums(&steady(150.0, 0.1, 6.0), 0.5, 6.0));
    let mut last = 0.0;
    let mut count = 0;
    run(&music, |frame| {
        assert!(frame.beats >= last, "at {}", frame.time_secs);
        assert!(frame.beats - last < 0.2, "leaps at {}", frame.time_secs);
        assert!(frame.beat.count >= count);
        (last, count) = (frame.beats, frame.beat.count);
    });
}

#[test]
fn silence_holds_the_clock() {
    let mut analyser = run(&drums(&steady(124.0, 0.2, 10.0), 0.5, 10.0), |_| {});
    let (before, tempo) = (analyser.frame().beats, f64::from(analyser.frame().tempo_bpm));
    analyser.silence(5.0, &mut |_| {});
    let passed = analyser.frame().beats - before;
    assert!((passed - 5.0 * tempo / 60.0).abs() < 0.3, "{passed} beats in five seconds at {tempo}");
    assert!((f64::from(analyser.frame().tempo_bpm) - tempo).abs() < 1.0);
}

#[test]
fn a_ramp_is_followed() {
    let mut beats = vec![0.3];
    while beats.last().is_some_and(|b| *b < 24.0) {
        let now = beats[beats.len() - 1];
        beats.push(now + 60.0 / (110.0 + 20.0 * now / 24.0));
    }
    let (heard, tempo) = beats_of(&drums(&beats, 0.5, 24.0));
    assert!(share_found(&beats[..beats.len() - 1], &heard, 6.0, 0.07) > 0.9);
    assert!((tempo - 130.0).abs() < 4.0, "{tempo}");
}

#[test]
fn another_track_is_found_within_four_seconds() {
    let first = drums(&steady(124.0, 0.2, 12.0), 0.5, 12.0);
    let second = steady(100.0, 12.4, 24.0);
    let mut music = drums(&second, 0.5, 24.0);
    music.iter_mut().zip(&first).for_each(|(m, f)| *m += f);
    let (heard, tempo) = beats_of(&music);
    assert!((tempo - 100.0).abs() < 2.0, "{tempo}");
    assert!(share_found(&second[..second.len() - 1], &heard, 16.4, 0.07) > 0.9);
}

#[test]
fn another_tempo_is_followed_within_four_beats() {
    let mut beats = steady(120.0, 0.3, 10.0);
    let change = beats[beats.len() - 1];
    beats.extend((1..=20).map(|i| change + f64::from(i) * 60.0 / 130.0));
    let (heard, _) = beats_of(&drums(&beats, 0.5, 19.0));
    let settled = change + 4.0 * 60.0 / 130.0;
    assert!(share_found(&beats[..beats.len() - 1], &heard, settled, 0.07) > 0.9, "{heard:?}");
}

#[test]
fn taps_lead_and_the_music_takes_over_again() {
    let music = drums(&steady(120.0, 0.2, 20.0), 0.5, 20.0);
    let (front, rest) = music.split_at(RATE as usize * 8);
    let mut analyser = run(front, |_| {});
    let mut taps = TapTempo::new();
    assert_eq!(taps.transport(), None);
    for i in 0..4 {
        taps.tap(6.0 + f64::from(i) * 0.4);
    }
    let lead = taps.transport().unwrap();
    assert_eq!(lead.source, TempoSource::Tap);
    assert!((lead.tempo_bpm - 150.0).abs() < 0.01 && (lead.beat_phase_at(7.2) + 0.5).fract() - 0.5 < 0.001);
    analyser.follow(Some(lead));
    let mut last = analyser.frame().beats;
    let (led, heard) = rest.split_at(RATE as usize * 4);
    analyser.push(led, 1, &mut |frame| {
        assert!(frame.beats >= last);
        last = frame.beats;
    });
    let frame = analyser.frame();
    assert!((frame.tempo_bpm - 150.0).abs() < 0.01);
    let off = (f64::from(frame.beat_phase) - lead.beat_phase_at(frame.time_secs) + 0.5).rem_euclid(1.0) - 0.5;
    assert!(off.abs() < 0.02, "{off}");
    let off = (f64::from(frame.bar_phase) - lead.bar_phase_at(frame.time_secs) + 0.5).rem_euclid(1.0) - 0.5;
    assert!(off.abs() < 0.02, "the leader's bar is our bar: {off}");
    analyser.follow(None);
    analyser.push(heard, 1, &mut |_| {});
    assert!((analyser.frame().tempo_bpm - 120.0).abs() < 2.0);
}

#[test]
fn a_pause_between_taps_starts_again() {
    let mut taps = TapTempo::new();
    [0.0, 0.5, 1.0, 10.0].into_iter().for_each(|t| taps.tap(t));
    assert_eq!(taps.transport(), None);
    taps.tap(10.6);
    assert!((taps.transport().unwrap().tempo_bpm - 100.0).abs() < 1e-6);
}

#[test]
fn a_midi_clock_leads_through_its_jitter() {
    let mut clock = PulseClock::new();
    clock.start();
    for i in 0..240 {
        let jitter = if i % 2 == 0 { 0.001 } else { -0.001 };
        clock.pulse(1.0 + f64::from(i) * 60.0 / 126.0 / 24.0 + jitter);
    }
    let lead = clock.transport().unwrap();
    assert!((lead.tempo_bpm - 126.0).abs() < 0.2, "{}", lead.tempo_bpm);
    assert!((lead.beat_at(1.0 + 9.0 * 60.0 / 126.0) - 9.0).abs() < 0.01);
}

#[test]
fn the_causal_report_is_what_a_room_saw() {
    let music = drums(&steady(120.0, 0.2, 10.0), 0.5, 10.0);
    let (beats, _) = beats_of(&music);
    assert_eq!(analyze_online(&music, RATE, 1).beats, beats);
}

#[test]
fn swing_and_meter_are_told_live_and_afterwards() {
    for swing in [0.5, 0.58, 0.667] {
        let music = drums(&steady(112.0, 0.37, 24.0), swing, 24.0);
        let live = f64::from(run(&music, |_| {}).frame().swing_turns);
        assert!((live - swing).abs() < 0.03, "{swing}: live {live}");
        let analysis = analyze(&music, RATE, 1);
        assert!((f64::from(analysis.swing) - swing).abs() < 0.03, "{swing}: {}", analysis.swing);
        assert_eq!(analysis.meter, 4);
    }
}

/// Trackers fall over at joins: a DJ's set has no silence between two tracks.
#[test]
fn in_a_minute_of_joined_tracks_each_is_followed_after_four_seconds() {
    let tempi = [124.0, 96.0, 140.0, 112.0];
    let secs = 15.0;
    let mut music = Vec::new();
    for bpm in tempi {
        music.extend(drums(&steady(bpm, 0.23, secs), 0.5, secs));
    }
    let (beats, _) = beats_of(&music);
    for (i, bpm) in tempi.into_iter().enumerate() {
        let from = i as f64 * secs;
        let truth: Vec<f64> = steady(bpm, 0.23, secs - 0.5).iter().map(|beat| from + beat).collect();
        let wait = if i == 0 { 6.0 } else { 4.0 };
        let share = share_found(&truth, &beats, from + wait, 0.06);
        assert!(share > 0.9, "track {i} at {bpm}: {share}");
    }
}
