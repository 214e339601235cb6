//! `jamlight library` and `jamlight recognize`, as scripts see them.

use std::path::Path;

use serde_json::Value;

use super::{fails_with, jamlight};

/// Seconds of a melody no other seed has: 24 kHz, mono, 16 bits.
fn melody(seed: u64, secs: u32) -> Vec<i16> {
    let rate = 24_000_u32;
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut samples = vec![0.0_f32; (secs * rate) as usize];
    let mut at = 0;
    while at < samples.len() {
        for _ in 0..2 {
            let hz = 220.0 * (below(36) as f32 / 12.0).exp2();
            for (i, sample) in samples.iter_mut().skip(at).take(9_600).enumerate() {
                let t = i as f32 / rate as f32;
                let turn = std::f32::consts::TAU * hz * t;
                *sample += 0.15 * (-6.0 * t).exp() * (turn.sin() + 0.4 * (2.0 * turn).sin());
            }
        }
        at += 3_000 + below(5_000) as usize;
    }
    samples.iter().map(|sample| (sample * 32_000.0) as i16).collect()
}

fn write(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 24_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| wav.write_sample(*sample).unwrap());
    wav.finalize().unwrap();
}

#[track_caller]
fn says(dir: &Path, arguments: &[&str]) -> String {
    let ran = jamlight(dir, arguments);
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn music_that_was_added_is_recognised_moved_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    std::fs::create_dir_all(path.join("music/deep")).unwrap();
    let songs: Vec<Vec<i16>> = (1..=3).map(|seed| melody(seed, 30)).collect();
    write(&path.join("music/first.wav"), &songs[0]);
    write(&path.join("music/deep/second.wav"), &songs[1]);
    std::fs::write(path.join("music/broken.mp3"), b"no music").unwrap();
    std::fs::write(path.join("music/notes.txt"), b"no music").unwrap();
    write(&path.join("heard.wav"), &songs[1][12 * 24_000..22 * 24_000]);
    write(&path.join("stranger.wav"), &songs[2]);

    let said = says(path, &["library", "add", "music"]);
    assert!(said.starts_with("2 added, 0 moved, 0 already there, 1 skipped; 2 tracks"), "{said}");
    let found: Value = serde_json::from_str(&says(path, &["recognize", "heard.wav", "--json"])).unwrap();
    assert_eq!(found["track"]["title"], "second");
    assert!(
        (found["position"].as_f64().unwrap() - found["at"].as_f64().unwrap() - 12.0).abs() < 0.2,
        "{found}"
    );
    let found: Value = serde_json::from_str(&says(path, &["recognize", "stranger.wav", "--json"])).unwrap();
    assert_eq!(found["track"], Value::Null);

    std::fs::rename(path.join("music/first.wav"), path.join("music/deep/third.wav")).unwrap();
    let said = says(path, &["library", "add", "music"]);
    assert!(said.starts_with("0 added, 1 moved, 1 already there, 1 skipped; 2 tracks"), "{said}");
    let tracks: Value = serde_json::from_str(&says(path, &["library", "list", "--json"])).unwrap();
    let paths: Vec<&str> =
        tracks.as_array().unwrap().iter().filter_map(|track| track["path"].as_str()).collect();
    assert!(paths[1].ends_with("music/deep/third.wav") && paths.len() == 2, "{paths:?}");

    assert_eq!(says(path, &["library", "list", "--json", "--home", "elsewhere"]).trim(), "[]");
    assert!(says(path, &["recognize", "heard.wav", "--home", "elsewhere"]).contains("unknown"));

    assert!(
        says(path, &["library", "remove", "music/deep/second.wav"]).starts_with("1 removed, 1 tracks left")
    );
    assert!(says(path, &["recognize", "heard.wav"]).contains("unknown"));
    fails_with(path, &["library", "remove", "music/nothing.wav"], "nothing of this");
    fails_with(path, &["library", "add", "nowhere"], "nowhere");
}
