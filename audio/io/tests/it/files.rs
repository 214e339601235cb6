#![expect(clippy::disallowed_methods, reason = "these tests are about files")]

use std::path::{Path, PathBuf};

use audio_io::{
    BuiltInTrack, DecodeError, DecodeLimits, DecodeWarning, FileReader, FlacFile, StreamFormat, decode_file,
};

fn media(name: &str) -> PathBuf {
    Path::new("tests/media").join(name)
}

/// A file of these bytes in a folder that is gone after the test.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A 16-bit stereo wav header at 48 kHz that claims this much sound.
fn wav_header(claimed_secs: u32) -> Vec<u8> {
    let data_bytes = claimed_secs.saturating_mul(192_000);
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend(data_bytes.saturating_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    for (value, len) in [(16u32, 4), (1, 2), (2, 2), (48_000, 4), (192_000, 4), (4, 2), (16, 2)] {
        bytes.extend(value.to_le_bytes().get(..len).unwrap());
    }
    bytes.extend(b"data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes
}

fn refusal(path: &Path) -> DecodeError {
    decode_file(path, &DecodeLimits::MEMORY).expect_err("no sound is in it")
}

#[test]
fn every_promised_format_gives_its_tone() {
    for name in ["tone.mp3", "tone.ogg", "tone.m4a", "tone.flac"] {
        let decoded =
            decode_file(&media(name), &DecodeLimits::MEMORY).unwrap_or_else(|err| panic!("{name}: {err}"));
        assert_eq!((decoded.format.sample_rate_hz, decoded.format.channels), (44_100, 2), "{name}");
        assert_eq!(decoded.warnings, [], "{name}");
        let secs = decoded.format.secs(decoded.samples.len() as u64);
        assert!((secs - 1.0).abs() < 0.06, "{name}: {secs} s");
        let left: Vec<f32> = decoded.samples.iter().step_by(2).copied().collect();
        // The middle half second: AAC begins with its encoder's delay.
        let middle = left.get(11_025..33_075).unwrap();
        let rises = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((219..=221).contains(&rises), "{name}: {rises} periods in half a second of 440 Hz");
    }
}

#[test]
fn what_is_not_audio_is_refused_with_one_sentence() {
    let noise = |seed: u64| {
        let mut x = seed;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 33) as u8
        };
        (0..200_000).map(|_| next()).collect::<Vec<u8>>()
    };
    for seed in 1..=20 {
        let (_folder, path) = file("noise.mp3", &noise(seed));
        assert!(matches!(refusal(&path), DecodeError::NotAudio { .. }), "noise of seed {seed}");
    }
    let (_folder, path) = file("song.wav", b"once upon a time there was a song\n");
    assert!(refusal(&path).to_string().starts_with("this is text, not audio"));
    let (_folder, path) = file("song.mp3", b"");
    assert!(matches!(refusal(&path), DecodeError::Empty { .. }));
    assert!(matches!(refusal(Path::new("no such file.wav")), DecodeError::Unreadable { .. }));
    assert!(matches!(refusal(&media("")), DecodeError::NotAudio { what: "a folder", .. }));
}

#[test]
fn opus_is_refused_by_name_with_the_fix() {
    let message = refusal(&media("tone.opus")).to_string();
    assert!(message.contains("Opus is not supported") && message.contains("ffmpeg -i"), "{message}");
}

#[test]
fn a_header_of_ten_hours_without_sound_is_refused() {
    // 16-bit mono could not even claim it in 4 GiB; six hours is what stereo at 48 kHz can.
    for secs in [36_000, 20_000] {
        let (_folder, path) = file("long.wav", &wav_header(secs));
        assert!(matches!(refusal(&path), DecodeError::NoSound { .. }), "{secs} s");
    }
}

#[test]
fn a_header_that_claims_too_much_gives_what_is_there_and_one_warning() {
    let mut bytes = wav_header(20_000);
    bytes.extend([0, 16].repeat(2 * 48_000));
    let (_folder, path) = file("long.wav", &bytes);
    let decoded = decode_file(&path, &DecodeLimits::MEMORY).unwrap();
    assert_eq!(decoded.samples.len(), 2 * 48_000);
    let [DecodeWarning::Truncated { claimed_secs, decoded_secs }] = decoded.warnings.as_slice() else {
        panic!("one warning: {:?}", decoded.warnings)
    };
    assert_eq!((*claimed_secs, *decoded_secs), (20_000.0, 1.0));
}

#[test]
fn a_truncated_mp3_gives_what_is_there_and_one_warning() {
    let whole = std::fs::read(media("tone.mp3")).unwrap();
    let (_folder, path) = file("cut.mp3", whole.get(..whole.len() / 2).unwrap());
    let decoded = decode_file(&path, &DecodeLimits::MEMORY).unwrap();
    let secs = decoded.format.secs(decoded.samples.len() as u64);
    assert!((0.3..0.6).contains(&secs), "{secs} s of half a file");
    assert!(
        matches!(decoded.warnings.as_slice(), [DecodeWarning::Truncated { .. }]),
        "{:?}",
        decoded.warnings
    );
}

#[test]
fn any_cut_or_flipped_byte_ends_in_sound_or_a_refusal() {
    for name in ["tone.mp3", "tone.ogg", "tone.m4a", "tone.flac"] {
        let whole = std::fs::read(media(name)).unwrap();
        for step in 0..24 {
            let at = whole.len() * step / 24;
            let mut flipped = whole.clone();
            if let Some(byte) = flipped.get_mut(at) {
                *byte ^= 0xff;
            }
            for bytes in [whole.get(..at).unwrap(), &flipped] {
                let (_folder, path) = file(name, bytes);
                if let Ok(decoded) = decode_file(&path, &DecodeLimits::MEMORY) {
                    assert!(decoded.samples.iter().all(|x| x.is_finite()), "{name} at {at}");
                }
            }
        }
    }
}

#[test]
fn a_limit_ends_a_file_with_a_warning() {
    let limits = DecodeLimits { max_secs: 0.25 };
    let decoded = decode_file(&media("tone.flac"), &limits).unwrap();
    assert_eq!(decoded.samples.len(), 2 * 11_025);
    assert_eq!(decoded.warnings, [DecodeWarning::CutAtLimit { limit_secs: 0.25 }]);
}

#[test]
fn seeking_lands_where_it_says() {
    // A ramp, so that each sample tells where it was.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ramp.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for i in 0..16_000 {
        writer.write_sample(i as f32 / 16_000.0).unwrap();
        writer.write_sample(-(i as f32) / 16_000.0).unwrap();
    }
    writer.finalize().unwrap();
    let mut reader = FileReader::open(&path, &DecodeLimits::STREAM).unwrap();
    let mut out = [0.0; 2];
    for secs in [1.5, 0.0, 0.25] {
        reader.seek(secs).unwrap();
        assert_eq!(reader.read(&mut out).unwrap(), 2);
        assert!((f64::from(out[0]) - secs / 2.0).abs() < 1e-3, "at {secs} s the ramp reads {}", out[0]);
        assert_eq!(out[1], -out[0], "the channels keep their sides");
    }
}

#[test]
fn the_built_in_track_is_thirty_seconds_of_the_same_music_each_time() {
    let mut samples = vec![0.0f32; 3 * 960_000];
    let mut track = BuiltInTrack::new();
    let len = track.read(&mut samples);
    assert_eq!((len, track.read(&mut [0.0; 8])), (30 * 96_000, 0));
    samples.truncate(len);
    assert!(samples.iter().all(|x| x.is_finite() && x.abs() < 1.0));
    assert!(
        BuiltInTrack::new().take(10_000).eq(samples.iter().copied().take(10_000)),
        "iterator and blocks agree"
    );
    let rms = |from: f64, to: f64| {
        let part = samples.get((from * 96_000.0) as usize..(to * 96_000.0) as usize).unwrap();
        (part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32).sqrt()
    };
    let (intro, drop) = (rms(0.0, 7.5), rms(15.0, 30.0));
    assert!(intro > 0.03 && drop > 0.1 && drop > intro, "intro {intro}, drop {drop}");
}

/// A recording outlives the process that makes it: the file is looked at while it grows, as a kill
/// would leave it, and cut in the middle of a frame, as a full disk would.
#[test]
fn a_flac_file_plays_while_it_grows_when_it_is_cut_and_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.flac");
    let wave = |i: usize| (i as f32 * 0.013).sin() * 0.7;
    let samples: Vec<f32> = (0..2 * 20_000).map(wave).collect();
    let mut file = FlacFile::create(&path, StreamFormat::MIX).unwrap();
    for chunk in samples.chunks(2 * 333) {
        file.write(chunk).unwrap();
    }
    let check = |path: &Path, at_least: usize| {
        let decoded = decode_file(path, &DecodeLimits::MEMORY).unwrap();
        assert_eq!(decoded.format, StreamFormat::MIX);
        assert!(decoded.samples.len() >= at_least, "{} samples are there", decoded.samples.len());
        for (heard, written) in decoded.samples.iter().zip(&samples) {
            assert!((heard - written).abs() < 1e-4, "{heard} is not {written}");
        }
        decoded.samples.len()
    };
    assert_eq!(file.num_bytes(), std::fs::metadata(&path).unwrap().len());
    let growing = check(&path, 2 * 4 * 4_096);
    let cut = folder.path().join("cut.flac");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 100]).unwrap();
    assert!(check(&cut, 2 * 3 * 4_096) < growing);
    assert_eq!(file.num_frames(), 20_000);
    file.finish().unwrap();
    assert_eq!(check(&path, samples.len()), samples.len());
    let reader = FileReader::open(&path, &DecodeLimits::STREAM).unwrap();
    assert!((reader.claimed_secs().unwrap() - 20_000.0 / 48_000.0).abs() < 1e-6, "the header knows now");
}
