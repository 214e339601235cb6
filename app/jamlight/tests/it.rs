//! The command line, as scripts see it: one clear line, an exit status, no half a file.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::disallowed_methods, reason = "the tests play the user, who has files")]

#[path = "it/jam.rs"]
mod jam;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/light.rs"]
mod light;
#[path = "it/music.rs"]
mod music;
#[path = "it/saved.rs"]
mod saved;
#[path = "it/window.rs"]
mod window;

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn jamlight(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jamlight"))
        .args(arguments)
        .current_dir(dir)
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("XDG_RUNTIME_DIR", dir)
        .output()
        .unwrap()
}

/// The lines that are ours: drivers talk on standard error too.
fn our_lines(ran: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&ran.stderr).into_owned();
    text.lines().filter(|line| line.starts_with("jamlight: ")).map(str::to_owned).collect()
}

#[track_caller]
fn fails_with(dir: &Path, arguments: &[&str], says: &str) {
    let ran = jamlight(dir, arguments);
    assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    let lines = our_lines(&ran);
    assert_eq!(lines.len(), 1, "one clear line: {lines:#?}");
    assert!(lines[0].contains(says), "{says:?} in {:?}", lines[0]);
}

/// Two seconds of a click every half second: 48 kHz, mono, 16 bits.
fn clicks(path: &Path) {
    let rate = 48_000u32;
    let samples: Vec<i16> = (0..rate * 2)
        .map(|i| {
            let since = f64::from(i % (rate / 2)) / f64::from(rate);
            ((since * 6000.0).sin() * (-since * 60.0).exp() * 24_000.0) as i16
        })
        .collect();
    let data = samples.len() as u32 * 2;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1u16, 1].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend([rate, rate * 2].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend([2u16, 16].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend(b"data");
    wav.extend(data.to_le_bytes());
    wav.extend(samples.iter().flat_map(|v| v.to_le_bytes()));
    std::fs::write(path, wav).unwrap();
}

#[test]
fn what_is_not_audio_is_refused_in_one_line_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(dir.path().join("text.wav"), "this is a text, not a song\n".repeat(50)).unwrap();
    std::fs::write(dir.path().join("empty.mp3"), b"").unwrap();
    std::fs::write(dir.path().join("noise.mp3"), noise).unwrap();
    for file in ["text.wav", "empty.mp3", "noise.mp3", "missing.ogg"] {
        fails_with(dir.path(), &["render", "--audio", file, "--out", "x.mp4"], file);
        fails_with(dir.path(), &["analyze", file], file);
    }
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("x.mp4")), "{left:?}");
}

#[test]
fn a_header_that_promises_ten_hours_is_believed_only_as_far_as_there_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.wav");
    clicks(&path);
    let mut wav = std::fs::read(&path).unwrap();
    wav[4..8].copy_from_slice(&(3_456_000_036u32).to_le_bytes());
    wav[40..44].copy_from_slice(&(3_456_000_000u32).to_le_bytes());
    std::fs::write(&path, wav).unwrap();
    let ran = jamlight(
        dir.path(),
        &["render", "--audio", "long.wav", "--size", "32x18", "--fps", "5", "--out", "out/"],
    );
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let pictures = std::fs::read_dir(dir.path().join("out")).unwrap().count();
    assert!((10..=12).contains(&pictures), "{pictures}");
}

#[test]
fn a_missing_scene_a_broken_shader_and_an_unwritable_place_are_one_line_each() {
    let dir = tempfile::tempdir().unwrap();
    clicks(&dir.path().join("clicks.wav"));
    std::fs::write(dir.path().join("broken.wgsl"), "fn image(p: Pixel) -> vec4f {\n  return nothing;\n}")
        .unwrap();
    let render = |scene: &'static str, out: &'static str| {
        ["render", "--audio", "clicks.wav", "--scene", scene, "--out", out]
    };
    fails_with(dir.path(), &render("nowhere", "x.y4m"), "nowhere");
    fails_with(dir.path(), &render("broken.wgsl", "x.y4m"), "broken.wgsl:2:");
    fails_with(dir.path(), &render("aurora-ring", "no/such/folder/x.y4m"), "no/such/folder");
    fails_with(dir.path(), &render("aurora-ring", "x.gif"), ".mp4");
    assert!(!dir.path().join("x.y4m").exists() && !dir.path().join("x.y4m.part").exists());
}

#[test]
fn wrong_usage_is_status_2() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(jamlight(dir.path(), &["render", "--size", "huge", "--out", "x.png"]).status.code(), Some(2));
    assert_eq!(jamlight(dir.path(), &["no-such-task"]).status.code(), Some(2));
}

#[test]
fn a_film_is_the_same_twice_and_through_lost_devices() {
    let dir = tempfile::tempdir().unwrap();
    clicks(&dir.path().join("clicks.wav"));
    let film = |out: &str, drill: &[&str]| {
        let base = ["render", "--audio", "clicks.wav", "--size", "48x28", "--seconds", "0.7", "--out", out];
        let ran = jamlight(dir.path(), &[&base[..], drill].concat());
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        std::fs::read(dir.path().join(out)).unwrap()
    };
    let first = film("a.y4m", &[]);
    assert!(first.iter().filter(|b| **b > 40).count() > 1000, "not black");
    assert!(first == film("b.y4m", &[]), "twice");
    assert!(first == film("c.y4m", &["--drill", "lose-device-every=7"]), "through lost devices");
}

#[test]
fn analyze_prints_what_scripts_read() {
    let dir = tempfile::tempdir().unwrap();
    clicks(&dir.path().join("clicks.wav"));
    let ran = jamlight(dir.path(), &["analyze", "--json", "clicks.wav"]);
    let heard: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!((heard["duration"].as_f64().unwrap() - 2.0).abs() < 0.01);
    assert!(heard["onsets"].as_array().unwrap().len() >= 3, "{heard}");
    for key in ["beats", "downbeats", "tempo", "key", "loudness_lufs"] {
        assert!(heard.get(key).is_some(), "{key}");
    }
}

#[test]
fn scenes_are_listed_checked_and_begun() {
    let dir = tempfile::tempdir().unwrap();
    let new = jamlight(dir.path(), &["scenes", "new", "My Scene"]);
    let file = String::from_utf8(new.stdout).unwrap().trim().to_owned();
    std::fs::write(
        dir.path().join("black.wgsl"),
        "fn image(p: Pixel) -> vec4f { return vec4f(0.0, 0.0, 0.0, 1.0); }",
    )
    .unwrap();
    std::fs::write(dir.path().join("bad.wgsl"), "fn image(").unwrap();
    let ran = jamlight(dir.path(), &["scenes", "check", "--json", &file, "black.wgsl", "bad.wgsl"]);
    assert_eq!(ran.status.code(), Some(1));
    let rows: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let of = |idx: usize, key: &str| rows[idx][key].as_bool().unwrap();
    assert!(of(0, "ok") && !of(0, "black") && !of(0, "flat"), "{rows}");
    assert!(of(1, "ok") && of(1, "black") && of(1, "flat"), "{rows}");
    assert!(!of(2, "ok") && rows[2]["error"]["line"].as_u64() == Some(1), "{rows}");
    let list = jamlight(dir.path(), &["scenes", "list", "--json"]);
    let cards: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(cards[0]["id"], "aurora-ring");
    assert!(cards.as_array().unwrap().iter().any(|card| card["id"] == "my-scene"), "{cards}");
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_had_enough_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jamlight"));
    command.args(["scenes", "list", "--json"]).env("HOME", dir.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
}

#[test]
fn a_wrong_setting_is_named() {
    let dir = tempfile::tempdir().unwrap();
    assert!(jamlight(dir.path(), &["config", "check"]).status.success());
    let path = String::from_utf8(jamlight(dir.path(), &["config", "path"]).stdout).unwrap();
    let path = Path::new(path.trim());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "[ear]\nsilence_gate_db = 5.0\n[eye]\n").unwrap();
    let ran = jamlight(dir.path(), &["config", "check"]);
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(said.contains("silence_gate_db") && said.contains("[eye]"), "{said}");
}
