#![expect(clippy::disallowed_methods, reason = "players live in real time")]

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use audio_io::{
    DeviceState, Input, InputChoice, InputSettings, Output, OutputChoice, OutputSettings, Player,
    PlayerState, Tap, Track,
};

fn silent_output() -> Output {
    Output::open(OutputSettings { choice: OutputChoice::Off, ..OutputSettings::default() }).unwrap()
}

/// Waits, at most 5 s, until the player says so.
fn wait_for(player: &Player, what: &str, holds: impl Fn(&PlayerState) -> bool) -> PlayerState {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let state = player.state();
        if holds(&state) {
            return state;
        }
        assert!(Instant::now() < deadline, "waited for {what} in vain: {state:?}");
        sleep(Duration::from_millis(5));
    }
}

fn loudest(tap: &mut Tap) -> f32 {
    let mut block = [0.0f32; 4_096];
    let mut loudest = 0.0f32;
    loop {
        let n = tap.read(&mut block);
        if n == 0 {
            return loudest;
        }
        loudest = block.iter().take(n).fold(loudest, |loudest, x| loudest.max(x.abs()));
    }
}

#[test]
fn without_a_device_the_show_goes_on_and_taps_hear_it() {
    let output = silent_output();
    let mut tap = output.tap().unwrap();
    let player = Player::new(&output).unwrap();
    player.play_track(Track::BuiltIn);
    wait_for(&player, "a quarter second", |state| state.position_secs > 0.25);
    assert!(loudest(&mut tap) > 0.1);
    assert_eq!(output.state(), DeviceState::Off);
}

#[test]
fn a_player_pauses_seeks_and_ends() {
    let output = silent_output();
    let player = Player::new(&output).unwrap();
    player.play_track(Track::BuiltIn);
    wait_for(&player, "the start", |state| state.position_secs > 0.05);
    player.pause();
    let paused = wait_for(&player, "the pause", |state| !state.playing);
    sleep(Duration::from_millis(60));
    let still = player.state().position_secs;
    assert!((still - paused.position_secs).abs() < 0.03, "{} then {still}", paused.position_secs);

    player.seek(29.8);
    player.play();
    wait_for(&player, "the last moments", |state| state.position_secs > 29.85);
    let ended = wait_for(&player, "the end", |state| state.ended);
    assert!(!ended.playing && (ended.position_secs - 30.0).abs() < 0.05, "{ended:?}");

    player.set_looping(true);
    player.seek(29.9);
    player.play();
    wait_for(&player, "the loop", |state| state.playing && state.position_secs < 5.0);
    player.stop();
    wait_for(&player, "the stop", |state| state.track.is_none() && !state.playing);
}

#[test]
fn a_file_at_another_rate_plays_its_own_length() {
    let output = silent_output();
    let player = Player::new(&output).unwrap();
    let path = std::path::PathBuf::from("tests/media/tone.flac");
    player.play_track(Track::File(path));
    let ended = wait_for(&player, "the end", |state| state.ended);
    assert!((ended.position_secs - 1.0).abs() < 0.005, "{ended:?}");
    assert_eq!(ended.error, None);
}

#[test]
fn a_track_that_cannot_be_opened_is_a_sentence() {
    let output = silent_output();
    let player = Player::new(&output).unwrap();
    player.play_track(Track::File("gone.wav".into()));
    let state = wait_for(&player, "the refusal", |state| state.error.is_some());
    assert!(!state.playing);
    player.play_track(Track::BuiltIn);
    wait_for(&player, "music again", |state| state.playing && state.error.is_none());
}

#[test]
fn a_mixer_is_full_at_its_limit_and_frees_what_is_dropped() {
    let output = silent_output();
    let feeds: Vec<_> = (0..8).map(|_| output.add_ring(256).unwrap()).collect();
    assert!(output.add_ring(256).is_err());
    drop(feeds);
    let deadline = Instant::now() + Duration::from_secs(5);
    while output.add_ring(256).is_err() {
        assert!(Instant::now() < deadline, "dropped rings keep their places");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_input_without_a_device_is_silence_at_the_pace_of_time() {
    let settings = InputSettings { choice: InputChoice::Off, ..InputSettings::default() };
    let (input, mut reader) = Input::open(settings).unwrap();
    sleep(Duration::from_millis(500));
    let mut block = [1.0f32; 96_000];
    let n = reader.read(&mut block);
    assert!((10_000..60_000).contains(&n), "{n} samples in half a second");
    assert!(block.iter().take(n).all(|x| *x == 0.0));
    assert_eq!(input.state(), DeviceState::Off);
}
