//! Films of shows that were saved.

use std::path::Path;
use std::process::Command;

use app_library::{MediaStore, Paths, ShowFile};
use sync_protocol::{
    Cue, CueId, CueList, CueTrigger, Fade, Layer, LayerId, LayerSource, Look, Show, TextSource,
};

use crate::{clicks, fails_with, jamlight};

const SIZE: [usize; 2] = [64, 36];
const FPS: usize = 10;

/// Keeps a video of one second under a home: each frame is a little lighter than the one before.
fn video(home: &Path) -> LayerSource {
    let file = home.join("ramp.mkv");
    let ramp = "color=black:s=64x36:r=10:d=1,format=gray,geq=lum='20+N*16'";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", ramp, "-c:v", "ffv1"])
        .arg(&file)
        .status()
        // packaging/setup installs it.
        .unwrap();
    assert!(made.success());
    let paths = Paths::under(home);
    LayerSource::Video(MediaStore::new(paths.pictures(), paths.videos_file()).import_video(&file).unwrap())
}

fn layer(source: LayerSource) -> Layer {
    Layer { id: LayerId(1), source, ..Layer::default() }
}

/// Renders `show.json` of a home; returns the mean brightness of each picture and the whole file.
fn film(home: &Path, more: &[&str]) -> (Vec<f64>, Vec<u8>) {
    let base = ["render", "--show", "show.json", "--audio", "clicks.wav", "--size", "64x36", "--fps", "10"];
    let place = ["--home", ".", "--out", "film.y4m"];
    let ran = jamlight(home, &[&base[..], &place, more].concat());
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let bytes = std::fs::read(home.join("film.y4m")).unwrap();
    let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let frame_bytes = "FRAME\n".len() + SIZE[0] * SIZE[1] * 3 / 2;
    let frames = bytes[header..].chunks_exact(frame_bytes);
    let mean = |frame: &[u8]| {
        let luma = &frame["FRAME\n".len()..][..SIZE[0] * SIZE[1]];
        luma.iter().map(|value| f64::from(*value)).sum::<f64>() / luma.len() as f64
    };
    (frames.map(mean).collect(), bytes.clone())
}

#[test]
fn a_video_of_a_saved_show_goes_on_by_a_frame_with_each_picture_and_is_the_same_twice() {
    let home = tempfile::tempdir().unwrap();
    clicks(&home.path().join("clicks.wav"));
    let show = Show { layers: vec![layer(video(home.path()))], ..Show::default() };
    ShowFile::write(&home.path().join("show.json"), &show).unwrap();
    let (light, bytes) = film(home.path(), &["--seconds", "1.5"]);
    assert_eq!(light.len(), 15);
    let rises: Vec<bool> = light.windows(2).map(|pair| pair[1] > pair[0] + 1.0).collect();
    let expected: Vec<bool> = (1..15).map(|idx| idx % FPS != 0).collect();
    assert_eq!(rises, expected, "{light:?}");
    assert!(bytes == film(home.path(), &["--seconds", "1.5"]).1, "twice");
    let lost = film(home.path(), &["--seconds", "1.5", "--drill", "lose-device-every=4"]).1;
    assert!(bytes == lost, "through lost devices");
    let (late, _) = film(home.path(), &["--from", "0.5", "--seconds", "0.5"]);
    assert!(late[0] > light[4] && late[4] > late[0], "{late:?}");
}

#[test]
fn a_video_that_a_cue_brings_begins_with_its_first_frame() {
    let home = tempfile::tempdir().unwrap();
    clicks(&home.path().join("clicks.wav"));
    let Show { palette, effects, .. } = Show::default();
    let layers = vec![layer(video(home.path()))];
    let look = Look { layers, palette, effects, fade: Fade::default() };
    let cue = Cue { id: CueId(1), name: "Video".to_owned(), trigger: CueTrigger::Secs { after: 0.5 }, look };
    let cues = CueList { cues: vec![cue], next_cue: 2, playing: true, ..CueList::default() };
    let dark = layer(LayerSource::Solid([0.0, 0.0, 0.0, 1.0]));
    let show = Show { layers: vec![dark], cues, ..Show::default() };
    ShowFile::write(&home.path().join("show.json"), &show).unwrap();
    let (light, _) = film(home.path(), &["--seconds", "2.4"]);
    // It comes with the next bar. Had it begun with the song, it would begin again at the song's second second.
    assert!(light[12] < 20.0 && light[18] > light[12] + 20.0, "{light:?}");
    assert!(light[20] > light[19] && light[21] > light[20], "{light:?}");
}

#[test]
fn cues_of_a_saved_show_come_words_are_seen_and_what_is_missing_is_named() {
    let home = tempfile::tempdir().unwrap();
    clicks(&home.path().join("clicks.wav"));
    let words = TextSource { text: "■■■".to_owned(), ..TextSource::default() };
    let Show { palette, effects, .. } = Show::default();
    let layers = vec![layer(LayerSource::Text(words))];
    let look = Look { layers, palette, effects, fade: Fade::default() };
    let cue = Cue { id: CueId(1), name: "Words".to_owned(), trigger: CueTrigger::Secs { after: 0.5 }, look };
    let cues = CueList { cues: vec![cue], next_cue: 2, playing: true, ..CueList::default() };
    let camera = layer(LayerSource::Camera(String::new()));
    let show = Show { layers: vec![camera], cues, ..Show::default() };
    ShowFile::write(&home.path().join("show.json"), &show).unwrap();
    let (light, _) = film(home.path(), &["--seconds", "1.8"]);
    assert!(light[2] < 20.0 && light.last().unwrap() > &(light[2] + 10.0), "{light:?}");
    let base = ["render", "--home", ".", "--seconds", "0.2", "--size", "64x36", "--out", "x.y4m"];
    let ran = jamlight(home.path(), &[&base[..], &["--show", "show.json"]].concat());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("camera"));
    fails_with(home.path(), &[&base[..], &["--show", "nowhere.json"]].concat(), "nowhere.json");
}
