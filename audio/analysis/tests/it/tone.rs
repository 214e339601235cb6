use audio_analysis::analyze;

use crate::sounds::{RATE, drums, hz, mix, silence, steady, tone};

/// Chords by their notes, one a second, twice round.
fn chords(chords: &[&[i32]], detune: f32) -> Vec<f32> {
    let mut track = silence(chords.len() as f64 * 2.0);
    for round in 0..2 {
        for (i, notes) in chords.iter().enumerate() {
            for note in *notes {
                let at = (round * chords.len() + i) as f64;
                mix(&mut track, at, 0.15, &tone(hz(*note) * detune, 0.95));
            }
        }
    }
    track
}

#[track_caller]
fn check(progression: &[&[i32]], detune: f32, expected: Option<&str>) {
    let key = analyze(&chords(progression, detune), RATE, 1).key;
    assert_eq!(key.as_deref(), expected);
}

#[test]
fn keys_are_named() {
    let one_four_five: [&[i32]; 4] =
        [&[48, 60, 64, 67], &[53, 60, 65, 69], &[55, 59, 62, 67], &[48, 60, 64, 67]];
    check(&one_four_five, 1.0, Some("C major"));
    // The same, a quarter of a semitone sharp: a band that tunes to itself.
    check(&one_four_five, 1.0145, Some("C major"));
    let minor: [&[i32]; 4] = [&[45, 60, 64, 69], &[50, 62, 65, 69], &[52, 59, 64, 67], &[45, 60, 64, 69]];
    check(&minor, 1.0, Some("A minor"));
    let flats: [&[i32]; 4] = [&[51, 58, 63, 67], &[56, 60, 63, 68], &[58, 62, 65, 70], &[51, 58, 63, 67]];
    check(&flats, 1.0, Some("Eb major"));
}

#[test]
fn noise_has_no_key() {
    let mut noise = crate::sounds::Noise::new(3);
    let samples: Vec<f32> = (0..RATE * 8).map(|_| 0.3 * noise.sample()).collect();
    assert_eq!(analyze(&samples, RATE, 1).key, None);
}

#[test]
fn onsets_of_notes_are_found_where_they_are() {
    let mut track = silence(12.0);
    let truth: Vec<f64> = (0..20).map(|i| 0.5 + f64::from(i) * 0.5).collect();
    for (i, at) in truth.iter().enumerate() {
        mix(&mut track, *at, 0.3, &tone(hz(50 + (i as i32 * 5) % 24), 0.4));
    }
    let heard = analyze(&track, RATE, 1).onsets;
    assert!(crate::sounds::share_found(&truth, &heard, 0.0, 0.04) >= 0.95, "{heard:?}");
    assert!(heard.len() <= 24, "{heard:?}");
}

#[test]
fn the_report_has_the_shape_scripts_rely_on() {
    let analysis = analyze(&drums(&steady(120.0, 0.2, 4.0), 0.5, 4.0), RATE, 1);
    let json = serde_json::to_value(&analysis).unwrap();
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["beats", "downbeats", "duration", "key", "loudness_lufs", "meter", "onsets", "swing", "tempo"]
    );
}
