//! Prints what the input hears, and what the player does to the output: a check on a real sound system.
//!
//! `hear [--input auto|default|loopback|NAME] [--play FILE|builtin] [--seconds N] [--drill SECS] [--block FRAMES] [--clicks SECS]`
#![expect(clippy::disallowed_methods, reason = "an example is an edge: it owns clocks and arguments")]

use std::{
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

use audio_io::{Input, InputChoice, InputSettings, Output, OutputSettings, Player, Track, devices};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (mut settings, mut play, mut seconds) = (InputSettings::default(), None, 10.0);
    let (mut output_settings, mut clicks) = (OutputSettings::default(), None);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or_default();
        match arg.as_str() {
            "--input" => {
                settings.choice = match value.as_str() {
                    "auto" => InputChoice::Auto,
                    "default" => InputChoice::DefaultInput,
                    "loopback" => InputChoice::Loopback,
                    "off" => InputChoice::Off,
                    _ => InputChoice::Device(value),
                }
            }
            "--play" if value == "builtin" => play = Some(Track::BuiltIn),
            "--play" => play = Some(Track::File(PathBuf::from(value))),
            "--seconds" => seconds = value.parse()?,
            "--in-block" => settings.block_frames = value.parse()?,
            "--block" => output_settings.block_frames = value.parse()?,
            "--clicks" => clicks = Some((value.parse::<f64>()? * 48_000.0) as u64),
            "--drill" => settings.lose_every = Some(Duration::from_secs_f64(value.parse()?)),
            other => return Err(format!("unknown argument {other:?}").into()),
        }
    }
    for device in devices() {
        println!("{device:?}");
    }
    let (input, mut reader) = Input::open(settings)?;
    let output = match (&play, clicks) {
        (None, None) => None,
        _ => Some(Output::open(output_settings)?),
    };
    let started = Instant::now();
    // A click each so many frames, and when its block was mixed.
    let (mut mixed_at, clicked) = rtrb::RingBuffer::new(1_024);
    let mut clicked = clicked;
    let mut frame = 0u64;
    let clicker = clicks.map(|every| {
        output.as_ref().map(|output| {
            output.add_instrument(Box::new(move |block| {
                for out in block.chunks_exact_mut(2) {
                    if frame.is_multiple_of(every) {
                        out.fill(0.9);
                        let _ = mixed_at.push(started.elapsed());
                    }
                    frame += 1;
                }
            }))
        })
    });
    let _clicker = clicker.flatten().transpose()?;
    let mut trips_millis = Vec::new();
    let player = output.as_ref().map(Player::new).transpose()?;
    let mut tap = output.as_ref().map(Output::tap).transpose()?;
    if let (Some(player), Some(track)) = (&player, play) {
        player.set_looping(true);
        player.play_track(track);
    }
    let (mut last_print, mut peak, mut frames, mut biggest) = (started, 0.0f32, 0usize, 0);
    let (mut last_state, mut tapped) = (None, 0.0f32);
    let mut block = vec![0.0f32; 16_384];
    while started.elapsed().as_secs_f64() < seconds {
        sleep(Duration::from_millis(2));
        let n = reader.read(&mut block);
        biggest = biggest.max(n / 2);
        frames += n / 2;
        peak = block.iter().take(n).fold(peak, |peak, x| peak.max(x.abs()));
        if block.iter().take(n).any(|x| *x > 0.5)
            && let Some(mixed) = std::iter::from_fn(|| clicked.pop().ok()).last()
        {
            // Clicks nobody heard lie before the one that was: the trip is shorter than their distance.
            trips_millis.push((started.elapsed() - mixed).as_secs_f64() * 1e3);
        }
        if let Some(tap) = &mut tap {
            let n = tap.read(&mut block);
            tapped = block.iter().take(n).fold(tapped, |peak, x| peak.max(x.abs()));
        }
        let state = input.state();
        let kind = std::mem::discriminant(&state);
        if last_state.replace(kind) != Some(kind) {
            println!("{:8.3} s  {state:?}", started.elapsed().as_secs_f64());
        }
        if last_print.elapsed() >= Duration::from_secs(1) {
            let rate = frames as f64 / last_print.elapsed().as_secs_f64();
            print!(
                "{:8.3} s  {rate:.0} frames/s of {} Hz, biggest block {biggest}, peak {peak:.3}, overruns {}",
                started.elapsed().as_secs_f64(),
                reader.format().sample_rate_hz,
                input.overruns(),
            );
            if let (Some(output), Some(player)) = (&output, &player) {
                let state = player.state();
                print!(
                    "; output {:?} at {:.2} s, latency {:.1} ms, tap {tapped:.3}, player {:.2} of {:?} s playing {} {:?}",
                    output.state(),
                    output.clock().secs(),
                    output.clock().latency_secs() * 1e3,
                    state.position_secs,
                    state.duration_secs,
                    state.playing,
                    state.error,
                );
            }
            println!();
            (last_print, peak, frames, biggest, tapped) = (Instant::now(), 0.0, 0, 0, 0.0);
        }
    }
    trips_millis.sort_by(f64::total_cmp);
    let at = |share: f64| trips_millis.get((trips_millis.len() as f64 * share) as usize);
    println!(
        "mix to input over {} clicks: median {:?} ms, p95 {:?} ms",
        trips_millis.len(),
        at(0.5),
        at(0.95)
    );
    Ok(())
}
