//! What plays, as the status bar and its panel say it.

use std::sync::Arc;

use app_desktop::{Mode, Played, Playing};
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
fn without_a_library_the_bar_is_silent_and_with_one_it_says_unknown() {
    let mut bare = window(Mode::Play, model());
    bare.run_steps(2);
    assert!(bare.query_by_label("Now playing").is_none());
    let mut model = model();
    model.playing.num_tracks = 12;
    let mut window = window(Mode::Play, model);
    window.run_steps(2);
    window.get_by_label("Now playing").click();
    window.run_steps(3);
    assert!(window.query_by_label_contains("your 12 tracks").is_some());
}
