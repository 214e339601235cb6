//! What plays, as the status bar and its panel say it.

use std::sync::Arc;

use app_desktop::{Action, Intent, Mode, Online, OnlineService, Played, Playing};
use egui_kittest::kittest::Queryable;
use sync_protocol::{HeardTrack, NowPlaying, Show};

use crate::{model, window};

#[test]
fn a_track_is_named_with_its_place_its_pitch_and_what_played_before() {
    let mut model = model();
    let track = HeardTrack {
        title: "Sea".into(),
        artist: "Ana".into(),
        duration_secs: 200.0,
        ..HeardTrack::default()
    };
    let now_playing = Some(Box::new(NowPlaying { track, started_at_millis: 1_000_000, rate: 1.04 }));
    model.show = Arc::new(Show { now_playing, ..Show::clone(&model.show) });
    model.playing = Playing {
        num_tracks: 3,
        history: Arc::from([Played { name: "Bo – Sky".into(), at_millis: 500_000 }]),
        now_millis: 1_050_000,
        ..Playing::default()
    };
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Now playing").click();
    window.run_steps(3);
    assert!(window.query_by_label_contains("0:52 / 3:20").is_some(), "the place, at 1.04 times the speed");
    assert!(window.query_by_label_contains("+4.0 %").is_some());
    assert!(window.query_by_label("Bo – Sky").is_some());
}

#[test]
fn without_a_library_the_panel_says_how_to_get_one_and_with_one_what_is_unknown() {
    let mut bare = window(Mode::Play, model());
    bare.run_steps(2);
    bare.get_by_label("Now playing").click();
    bare.run_steps(3);
    assert!(bare.query_by_label_contains("jamlight library add").is_some());
    let mut model = model();
    model.playing.num_tracks = 12;
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Now playing").click();
    window.run_steps(3);
    assert!(window.query_by_label_contains("your 12 tracks").is_some());
}

#[test]
fn services_outside_are_asked_when_a_person_wants_it_and_say_how_they_are() {
    let mut bare = window(Mode::Play, model());
    bare.run_steps(2);
    bare.get_by_label("Now playing").click();
    bare.run_steps(3);
    bare.get_by_label("Ask online services").click();
    bare.run_steps(2);
    assert!(bare.state().commands.take().contains(&Action::App(Intent::AskOnline(true))));
    let mut model = model();
    let state = "failed several times, is asked again in 20 s".to_owned();
    let service = OnlineService { name: "ACRCloud".into(), state, well: false };
    model.playing.online = Online { wanted: true, services: Arc::from([service]) };
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Now playing").click();
    window.run_steps(3);
    assert!(window.query_by_label_contains("asked again in 20 s").is_some());
}

#[test]
fn a_stream_gets_a_page_and_files_of_what_plays() {
    let mut model = model();
    model.playing.folder = "home/nowplaying".to_owned();
    let mut bare = window(Mode::Play, model.clone());
    bare.run_steps(2);
    bare.get_by_label("Now playing").click();
    bare.run_steps(3);
    bare.get_by_label("Serve page").click();
    bare.run_steps(2);
    let asked = bare.state().commands.take();
    let serves = |action: &Action| matches!(action, Action::App(Intent::SetOutputs(wishes)) if wishes.stream_port != 0);
    assert!(asked.iter().any(serves), "{asked:?}");
    model.outputs.state.overlay = Some("http://127.0.0.1:7790/overlay".to_owned());
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Now playing").click();
    window.run_steps(3);
    assert!(window.query_by_label("Copy page address").is_some());
    assert!(window.query_by_label("Copy folder of files").is_some());
}
