//! The callback, driven directly: what it plays and that it never touches the heap.

use super::*;

/// Returns how often `work` touched the heap: allocations, and what it freed beyond them.
fn heap_calls(work: impl FnOnce()) -> u64 {
    let seen = allocation_counter::measure(work);
    seen.count_total + seen.count_current.unsigned_abs()
}

/// An outlet over a mixer of its own, and the mixer's control side.
fn outlet(channels: u16, rate: u32) -> (Outlet, MixerControl, OutputClock) {
    let clock = OutputClock::default();
    let (mixer, control) = Mixer::new(clock.clone());
    (Outlet::new(Arc::new(Mutex::new(mixer)), Arc::default(), clock.clone(), channels, rate), control, clock)
}

#[test]
fn the_watch_sees_an_allocation() {
    assert!(heap_calls(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
    let old = vec![1u8; 100];
    assert!(heap_calls(|| drop(old)) > 0, "freeing alone is seen too");
}

#[test]
fn a_minute_of_callbacks_never_touches_the_heap() {
    // A device at another rate, so that the resampler works too.
    let (mut outlet, mut control, clock) = outlet(2, 44_100);
    let mut feed = control.add_ring(24_000).unwrap();
    let mut tap = control.add_tap().unwrap();
    let mut phase = 0.0f32;
    let instrument = control.add_instrument(Box::new(move |block| {
        for sample in block {
            phase = (phase + 0.001).fract();
            *sample = phase * 3.0 - 1.5;
        }
    }));
    feed.set_playing(true);
    let mut block = vec![0.0f32; 4_096];
    let mut sizes = [64usize, 480, 512, 1_000, 37, 2_048].into_iter().cycle();
    let (mut calls, mut frames) = (0, 0);
    let mut instrument = Some(instrument.unwrap());
    while frames < 60 * 44_100 {
        while feed.free_samples() >= block.len() {
            for (i, sample) in block.iter_mut().enumerate() {
                *sample = (i as f32 * 0.01).sin();
            }
            feed.push(&block);
        }
        if frames > 20 * 44_100 {
            // Being removed, and freed elsewhere, is part of a minute's life.
            instrument = None;
        }
        if frames > 30 * 44_100 && frames < 31 * 44_100 {
            feed.flush();
        }
        let size = sizes.next().unwrap();
        let out = block.get_mut(..size * 2).unwrap();
        calls += heap_calls(|| outlet.fill(out));
        assert!(out.iter().all(|sample| sample.abs() <= 1.0));
        frames += size;
        while tap.read(&mut block) > 0 {}
    }
    assert_eq!(calls, 0);
    assert_eq!(tap.dropped_frames(), 0);
    assert!(instrument.is_none() && clock.frames() > 60 * 47_000);
    control.free_retired();
    let room = (0..7).map(|_| control.add_ring(1_000)).collect::<Result<Vec<_>, _>>();
    assert!(room.is_ok(), "the removed instrument gave its place back");
}

#[test]
fn taking_a_device_s_samples_never_touches_the_heap() {
    let (mut outlet, mut control, _) = outlet(6, 48_000);
    let _instrument = control.add_instrument(Box::new(|block| block.fill(0.25))).unwrap();
    let mut out = vec![0i16; 6 * 1_000];
    assert_eq!(heap_calls(|| outlet.fill(&mut out)), 0);
    let last = out.get(5_994..).unwrap();
    assert_eq!(last, [8_192, 8_192, 0, 0, 0, 0], "stereo sounds on the first two of six channels");
}

#[test]
fn loud_sums_stay_below_the_ceiling_and_quiet_ones_pass_unchanged() {
    let (mut outlet, mut control, _) = outlet(2, 48_000);
    let level = Arc::new(std::sync::atomic::AtomicU32::new(0.5f32.to_bits()));
    let shared = Arc::clone(&level);
    let _one = control.add_instrument(Box::new(move |block| {
        block.fill(f32::from_bits(shared.load(Ordering::Relaxed)));
    }));
    let mut out = vec![0.0f32; 4_800];
    outlet.fill(&mut out);
    assert_eq!(out.last(), Some(&0.5));
    level.store(f32::NAN.to_bits(), Ordering::Relaxed);
    outlet.fill(&mut out);
    assert!(out.iter().all(|x| *x == 0.0), "what is no number is silence");
    level.store(3.0f32.to_bits(), Ordering::Relaxed);
    outlet.fill(&mut out);
    assert!(out.iter().all(|x| x.abs() <= 1.0) && *out.last().unwrap() > 0.99);
}

#[test]
fn a_pause_keeps_what_is_queued_and_never_jumps() {
    let (mut outlet, mut control, _) = outlet(2, 48_000);
    let mut feed = control.add_ring(48_000).unwrap();
    feed.push(&vec![0.5; 40_000]);
    let mut out = vec![0.0f32; 2_000];
    let mut last = 0.0;
    for playing in [true, false, true] {
        feed.set_playing(playing);
        outlet.fill(&mut out);
        for frame in out.chunks_exact(2) {
            assert!((frame[0] - last).abs() < 0.01, "a jump from {last} to {}", frame[0]);
            last = frame[0];
        }
    }
    assert!(last > 0.49 && feed.missed_frames() == 0);
    assert!(feed.played_frames() < 2 * 1_000 + 300, "a pause plays no more than its fade");
}

#[test]
fn an_idle_instrument_keeps_its_time_and_no_device() {
    let (mut outlet, mut control, clock) = outlet(2, 48_000);
    let instrument = control.add_instrument(Box::new(|block| block.fill(0.1))).unwrap();
    assert!(control.may_sound());
    instrument.set_idle(true);
    assert!(!control.may_sound());
    let mut out = vec![0.0f32; 2_000];
    outlet.fill(&mut out);
    assert_eq!((clock.frames(), out.last()), (1_000, Some(&0.1)), "it is still called");
    instrument.set_idle(false);
    assert!(control.may_sound());
}
