use std::f32::consts::PI;

use audio_engine::{
    Engine, EngineInput, EngineSettings, LIMITER_LATENCY_FRAMES, LoadedSample, MAX_BLOCK_FRAMES, SampleData,
    SoundTable, install_kits,
};
use audio_signal::{Adsr, FilterSlope, NoteEvent, NoteFilter, SampleId, SampleTime, Sound, Wave};

const RATE: usize = 48_000;

fn engine_of(max_voices: usize) -> (Engine, EngineInput) {
    Engine::new(EngineSettings { max_voices, ..EngineSettings::default() })
}

/// Renders so many frames in blocks of changing size and returns the left side.
fn left(engine: &mut Engine, frames: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(frames);
    let mut sizes = [256usize, 64, 1_000, 7, 512].into_iter().cycle();
    while out.len() < frames {
        let mut block = vec![0.0; 2 * sizes.next().unwrap().min(frames - out.len())];
        engine.fill(&mut block);
        out.extend(block.iter().step_by(2));
    }
    out
}

/// The left side of one note from time 0, after the limiter's delay.
fn sound(note: NoteEvent, frames: usize) -> Vec<f32> {
    let (mut engine, mut input) = engine_of(64);
    assert!(input.play(note));
    left(&mut engine, frames + LIMITER_LATENCY_FRAMES).split_off(LIMITER_LATENCY_FRAMES)
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

fn of(wave: Wave) -> NoteEvent {
    let env = Adsr { attack: 0.001, decay: 0.001, sustain: 1.0, release: 0.01 };
    NoteEvent { sound: Sound::Wave(wave), hold_secs: 0.5, env, freq_hz: 220.0, ..NoteEvent::default() }
}

/// A sample that says where it is: a ramp from 0 to 1 over so many frames.
fn ramp(frames: usize) -> LoadedSample {
    let mut sounds = SoundTable::default();
    let frames = (0..frames).map(|i| [i as f32 / frames as f32; 2]).collect();
    sounds.add("ramp", SampleData { frames, rate_hz: RATE as u32 }).unwrap()
}

const WAVES: [Wave; 10] = [
    Wave::Sine,
    Wave::Triangle,
    Wave::Pulse,
    Wave::Saw,
    Wave::SuperSaw,
    Wave::WhiteNoise,
    Wave::PinkNoise,
    Wave::BrownNoise,
    Wave::Crackle,
    Wave::Pluck,
];

#[test]
fn a_note_starts_on_its_very_sample() {
    for at in [0u64, 1, 255, 256, 257, 1_000, 47_999] {
        let note = NoteEvent { at: SampleTime(at), ..of(Wave::Saw) };
        let heard = sound(note, 49_000);
        let onset = heard.iter().position(|x| *x != 0.0).unwrap();
        assert_eq!(onset as u64, at);
    }
}

#[test]
fn every_wave_sounds_and_ends() {
    for wave in WAVES {
        let heard = sound(of(wave), RATE);
        let (during, after) = (rms(heard.get(..RATE / 4).unwrap()), rms(heard.get(RATE * 6 / 10..).unwrap()));
        assert!(during > 0.003 && during < 0.9, "{wave:?} at {during}");
        assert_eq!(after, 0.0, "{wave:?} goes on after its end");
    }
}

#[test]
fn pitched_waves_are_in_tune() {
    for wave in [Wave::Sine, Wave::Triangle, Wave::Pulse, Wave::Saw, Wave::Pluck] {
        for hz in [110.0f32, 440.0, 1_000.0] {
            let heard = sound(NoteEvent { freq_hz: hz, ..of(wave) }, RATE / 2);
            // The best of the lags around a period, to a tenth of a frame.
            let window = heard.get(4_000..16_000).unwrap();
            let period = RATE as f32 / hz;
            let likeness =
                |lag: usize| window.iter().zip(window.iter().skip(lag)).map(|(a, b)| a * b).sum::<f32>();
            let periods = 8.0;
            let around = (period * periods) as usize;
            let best = (around - 6..around + 8).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap();
            let cents = 1_200.0 * (best as f32 / (period * periods)).log2();
            assert!(cents.abs() < 6.0, "{wave:?} at {hz} Hz is {cents} cents off");
        }
    }
}

#[test]
fn every_effect_changes_the_sound_and_keeps_it_finite() {
    let filter = |cutoff_hz| NoteFilter { cutoff_hz, resonance: 12.0, env_octaves: 2.0, ..NoteFilter::OFF };
    let plain = of(Wave::Saw);
    let cases: [(&str, NoteEvent); 22] = [
        ("low pass", NoteEvent { low_pass: filter(300.0), ..plain }),
        ("steep low pass", NoteEvent { low_pass: filter(300.0), slope: FilterSlope::Db24, ..plain }),
        ("ladder", NoteEvent { low_pass: filter(300.0), slope: FilterSlope::Ladder, ..plain }),
        ("high pass", NoteEvent { high_pass: filter(2_000.0), ..plain }),
        ("band pass", NoteEvent { band_pass: filter(900.0), ..plain }),
        ("vowel", NoteEvent { vowel: 3, ..plain }),
        ("coarse", NoteEvent { coarse: 6.0, ..plain }),
        ("crush", NoteEvent { crush: 3.0, ..plain }),
        ("shape", NoteEvent { shape: 0.7, ..plain }),
        ("distort", NoteEvent { distort: 2.0, ..plain }),
        ("tremolo", NoteEvent { tremolo_hz: 8.0, ..plain }),
        ("phaser", NoteEvent { phaser_hz: 2.0, ..plain }),
        ("chorus", NoteEvent { chorus: 0.8, ..plain }),
        ("compressor", NoteEvent { compressor_db: -40.0, ..plain }),
        ("fm", NoteEvent { fm_index: 4.0, fm_ratio: 1.5, ..plain }),
        ("vibrato", NoteEvent { vibrato_hz: 6.0, ..plain }),
        ("pitch envelope", NoteEvent { pitch_env_semitones: 12.0, ..plain }),
        ("accelerate", NoteEvent { accelerate: 1.0, ..plain }),
        ("noise", NoteEvent { noise: 0.5, ..plain }),
        ("pan", NoteEvent { pan: 0.2, ..plain }),
        ("delay", NoteEvent { delay: 0.7, ..plain }),
        ("room", NoteEvent { room: 0.7, ..plain }),
    ];
    let reference = sound(plain, RATE);
    for (name, note) in cases {
        let heard = sound(note, RATE);
        assert!(heard.iter().all(|x| x.is_finite() && x.abs() <= 1.0), "{name} leaves the range");
        let difference: Vec<f32> = heard.iter().zip(&reference).map(|(a, b)| a - b).collect();
        assert!(rms(&difference) > 0.01, "{name} changes nothing");
    }
}

#[test]
fn nonsense_numbers_do_no_harm() {
    let bad = f32::NAN;
    let filter = NoteFilter {
        cutoff_hz: bad,
        resonance: bad,
        env_octaves: f32::INFINITY,
        env_anchor: bad,
        env: Adsr::FILTER,
    };
    for wave in WAVES {
        let note = NoteEvent {
            freq_hz: f32::INFINITY,
            gain: 1e30,
            pan: bad,
            speed: bad,
            detune: 1e9,
            low_pass: filter,
            fm_index: 1e20,
            fm_ratio: bad,
            delay: 1e9,
            delay_feedback: 9.0,
            delay_secs: bad,
            room: 3e9,
            room_secs: bad,
            crush: bad,
            distort: 1e9,
            orbit: 255,
            unison: 0,
            ..of(wave)
        };
        assert!(sound(note, 10_000).iter().all(|x| x.is_finite() && x.abs() <= 1.0), "{wave:?}");
    }
}

#[test]
fn a_delay_repeats_after_its_time_and_a_reverb_rings_as_long_as_it_says() {
    let click = NoteEvent { hold_secs: 0.002, dry: 0.0, ..of(Wave::Saw) };
    let heard = sound(NoteEvent { delay: 1.0, delay_secs: 0.2, delay_feedback: 0.5, ..click }, RATE);
    let first = heard.iter().position(|x| x.abs() > 1e-4).unwrap();
    assert!((first as i64 - 9_600).abs() <= 2, "the first echo comes at {first}");
    let heard = sound(NoteEvent { room: 1.0, room_secs: 1.0, room_low_pass_hz: 20_000.0, ..click }, 2 * RATE);
    let at =
        |secs: f32| rms(heard.get((secs * 48_000.0) as usize..((secs + 0.1) * 48_000.0) as usize).unwrap());
    let fall_db = 20.0 * (at(0.15) / at(0.65)).log10();
    assert!((24.0..36.0).contains(&fall_db), "half of a second's 60 dB: {fall_db} dB");
}

#[test]
fn a_tail_rings_on_after_the_last_voice_and_then_costs_nothing() {
    let (mut engine, mut input) = engine_of(8);
    assert!(input.play(NoteEvent { hold_secs: 0.01, room: 1.0, room_secs: 0.5, ..of(Wave::Saw) }));
    let heard = left(&mut engine, 3 * RATE);
    assert!(rms(heard.get(9_600..14_400).unwrap()) > 1e-4, "it rings at 0.2 s");
    assert_eq!(rms(heard.get(2 * RATE + RATE / 2..).unwrap()), 0.0, "it is over at 2.5 s");
}

#[test]
fn a_sample_plays_its_part_at_its_speed_both_ways() {
    let plays = |note: NoteEvent| {
        let (mut engine, mut input) = engine_of(4);
        input.load(ramp(4_800)).unwrap();
        let env = Adsr { attack: 0.0, decay: 0.0, sustain: 1.0, release: 0.0 };
        let note = NoteEvent { sound: Sound::Sample(SampleId(0)), env, gain: 0.5, hold_secs: 1.0, ..note };
        assert!(input.play(note));
        left(&mut engine, 9_600).split_off(LIMITER_LATENCY_FRAMES)
    };
    let cases = [
        // What is heard at frame 1,000, and when it is over.
        (NoteEvent::default(), 1_000.0 / 4_800.0, 4_800),
        (NoteEvent { speed: 2.0, ..NoteEvent::default() }, 2_000.0 / 4_800.0, 2_400),
        (NoteEvent { begin: 0.5, ..NoteEvent::default() }, 3_400.0 / 4_800.0, 2_400),
        (NoteEvent { begin: 0.25, end: 0.75, ..NoteEvent::default() }, 2_200.0 / 4_800.0, 2_400),
        (NoteEvent { speed: -1.0, ..NoteEvent::default() }, 3_799.0 / 4_800.0, 4_800),
    ];
    for (note, level, over) in cases {
        let heard = plays(note);
        let at = heard.get(1_000).copied().unwrap() / 0.5;
        assert!((at - level).abs() < 0.01, "speed {} from {}: {at} and not {level}", note.speed, note.begin);
        let end = heard.iter().rposition(|x| *x != 0.0).unwrap() as i64;
        assert!((end - over).abs() < 220, "speed {} from {}: over at {end}", note.speed, note.begin);
    }
    let heard = plays(NoteEvent { looped: Some((0.0, 0.25)), ..NoteEvent::default() });
    assert!(heard.get(9_000).copied().unwrap() > 0.0, "a loop goes on");
}

#[test]
fn a_full_house_makes_room_without_a_click() {
    let (mut engine, mut input) = engine_of(8);
    for i in 0..200u64 {
        let note = NoteEvent {
            at: SampleTime(i * 480),
            freq_hz: 200.0,
            gain: 0.1,
            hold_secs: 5.0,
            ..of(Wave::Sine)
        };
        assert!(input.play(note));
    }
    let heard = left(&mut engine, 2 * RATE);
    let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    // Eight sines of 200 Hz at a tenth each step by 0.03 at most; a voice cut off would add 0.04.
    assert!(steepest < 0.012, "a step of {steepest}");
    let meters = input.meters();
    let count = |n: &std::sync::atomic::AtomicU64| n.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((count(&meters.started), count(&meters.stolen), count(&meters.dropped)), (200, 192, 0));
}

#[test]
fn a_cut_group_holds_one_voice() {
    let (mut engine, mut input) = engine_of(8);
    for at in [0u64, 4_800, 9_600] {
        assert!(input.play(NoteEvent { at: SampleTime(at), cut: 1, hold_secs: 5.0, ..of(Wave::Sine) }));
    }
    left(&mut engine, 14_400);
    assert_eq!(input.meters().voices.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn it_is_busy_until_the_last_echo_is_gone() {
    let (mut engine, mut input) = engine_of(8);
    let busy = |input: &EngineInput| input.meters().busy.load(std::sync::atomic::Ordering::Relaxed);
    left(&mut engine, 256);
    assert!(!busy(&input));
    let at = SampleTime(RATE as u64);
    assert!(input.play(NoteEvent { at, room: 0.5, room_secs: 1.0, ..of(Wave::Sine) }));
    left(&mut engine, 256);
    assert!(busy(&input), "a note waits");
    left(&mut engine, RATE * 17 / 10);
    let voices = input.meters().voices.load(std::sync::atomic::Ordering::Relaxed);
    assert!(busy(&input) && voices == 0, "the room rings");
    left(&mut engine, 10 * RATE);
    assert!(!busy(&input));
}

#[test]
fn a_duck_makes_its_orbit_quiet_and_lets_it_come_back() {
    let (mut engine, mut input) = engine_of(8);
    assert!(input.play(NoteEvent { orbit: 1, hold_secs: 5.0, ..of(Wave::Sine) }));
    let ducker =
        NoteEvent { gain: 0.0, duck_orbits: 0b10, duck_onset: 0.005, duck_attack: 0.1, ..of(Wave::Sine) };
    assert!(input.play(NoteEvent { at: SampleTime(24_000), ..ducker }));
    let heard = left(&mut engine, RATE);
    let part = |from: usize| rms(heard.get(from..from + 480).unwrap());
    assert!(part(24_300) < 0.2 * part(20_000), "ducked");
    assert!(part(40_000) > 0.95 * part(20_000), "back");
}

#[test]
fn what_is_taken_back_does_not_sound_and_what_replaces_it_does() {
    let note =
        |at: u64, freq_hz: f32| NoteEvent { at: SampleTime(at), hold_secs: 0.05, freq_hz, ..of(Wave::Sine) };
    let (mut engine, mut input) = engine_of(64);
    assert!(input.play(note(0, 220.0)));
    assert!(input.play(note(12_000, 220.0)));
    assert!(input.forget_from(SampleTime(6_000)));
    assert!(input.play(note(24_000, 220.0)));
    let heard = left(&mut engine, 48_000);
    let loud = |at: usize| rms(&heard[at + LIMITER_LATENCY_FRAMES..at + 2_000]) > 0.01;
    assert!(loud(0), "what began before stays");
    assert!(!loud(12_000), "what was taken back is silent");
    assert!(loud(24_000), "what came after it sounds");
}

#[test]
fn hush_ends_everything() {
    let (mut engine, mut input) = engine_of(8);
    assert!(input.play(NoteEvent { hold_secs: 100.0, room: 1.0, delay: 1.0, ..of(Wave::Saw) }));
    assert!(input.play(NoteEvent { at: SampleTime(RATE as u64), ..of(Wave::Saw) }));
    left(&mut engine, RATE / 2);
    input.hush();
    let heard = left(&mut engine, 2 * RATE);
    assert_eq!(rms(heard.get(RATE / 10..).unwrap()), 0.0);
}

/// The highest point of the curve through samples, eight points looked at between two.
fn true_peak(samples: &[f32]) -> f32 {
    const REACH: usize = 32;
    let weights: [[f32; 2 * REACH]; 8] = std::array::from_fn(|point| {
        std::array::from_fn(|i| {
            let x = i as f32 - (REACH - 1) as f32 - point as f32 / 8.0;
            let sinc = if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            sinc * (PI * x / (2 * REACH) as f32).cos()
        })
    });
    samples.windows(2 * REACH).fold(0.0, |highest, around| {
        weights.iter().fold(highest, |highest: f32, weights| {
            let here: f32 = around.iter().zip(weights).map(|(y, weight)| y * weight).sum();
            highest.max(here.abs())
        })
    })
}

/// −1 dB.
const CEILING: f32 = 0.892;

#[test]
fn sixty_four_loud_voices_stay_below_the_ceiling_between_the_samples_too() {
    let (mut engine, mut input) = engine_of(64);
    for i in 0..64u64 {
        let note = NoteEvent {
            at: SampleTime(i * 100),
            freq_hz: 50.0 + 31.0 * i as f32,
            hold_secs: 1.0,
            ..of(Wave::Pulse)
        };
        assert!(input.play(note));
    }
    let loudest = true_peak(&left(&mut engine, RATE / 4));
    assert!(loudest <= CEILING && loudest > 0.8, "{loudest}");
}

/// The curve rises to 1.41 times its samples.
#[test]
fn a_peak_that_no_sample_shows_stays_below_the_ceiling() {
    let (mut engine, mut input) = engine_of(1);
    let mut sounds = SoundTable::default();
    let frames = [0.8, 0.8, -0.8, -0.8].into_iter().cycle().take(RATE).map(|x| [x; 2]).collect();
    let sample = sounds.add("between", SampleData { frames, rate_hz: RATE as u32 }).unwrap();
    let sound = Sound::Sample(sample.id);
    assert!(input.load(sample).is_ok());
    assert!(input.play(NoteEvent { sound, hold_secs: 1.0, gain: 2.0, ..NoteEvent::default() }));
    let heard = left(&mut engine, RATE / 4);
    let loudest = true_peak(heard.get(1_000..).unwrap());
    assert!((0.86..=CEILING).contains(&loudest), "{loudest}");
}

#[test]
fn a_minute_of_blocks_never_touches_the_heap() {
    let mut sounds = SoundTable::default();
    let samples = install_kits(&mut sounds);
    let num_samples = samples.len() as u16;
    let (mut engine, mut input) = engine_of(32);
    samples.iter().cloned().for_each(|sample| input.load(sample).unwrap());
    let mut again = samples.into_iter().cycle();
    let mut block = vec![0.0; 2 * MAX_BLOCK_FRAMES];
    let (mut touched, mut i) = (0, 0u64);
    while engine.time().0 < 60 * RATE as u64 {
        let wave = *WAVES.get(i as usize % WAVES.len()).unwrap();
        let sample = Sound::Sample(SampleId(i as u16 % num_samples));
        let note = NoteEvent {
            at: SampleTime(engine.time().0 + i % 300),
            sound: if i.is_multiple_of(2) { sample } else { Sound::Wave(wave) },
            orbit: (i % 8) as u8,
            cut: (i % 5) as u16,
            room: 0.3,
            delay: 0.3,
            vowel: (i % 6) as u8,
            chorus: (i % 3) as f32 * 0.5,
            phaser_hz: (i % 4) as f32,
            compressor_db: if i.is_multiple_of(7) { -20.0 } else { 0.0 },
            duck_orbits: (i % 256) as u16,
            low_pass: NoteFilter { cutoff_hz: 100.0 * (i % 40) as f32, env_octaves: 2.0, ..NoteFilter::OFF },
            ..of(wave)
        };
        if i.is_multiple_of(11) {
            assert!(input.play(note));
        }
        if i.is_multiple_of(50) {
            // A sample that is replaced goes back to be freed here.
            input.load(again.next().unwrap()).unwrap();
        }
        if i == 5_000 {
            input.hush();
        }
        let seen = allocation_counter::measure(|| engine.fill(&mut block));
        touched += seen.count_total + seen.count_current.unsigned_abs();
        i += 1;
    }
    assert_eq!(touched, 0);
}
