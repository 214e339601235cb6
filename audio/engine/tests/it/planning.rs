use audio_engine::{Bounce, Planned, Score, ScoreSettings, SoundTable, install_kits};
use audio_pattern::{Alignment, Op, Pattern, Ratio, mini};
use audio_signal::{CueValue, FilterSlope, NoteEvent, Sound, Transport, Wave};

fn control(text: &str, keys: &[&str]) -> Pattern {
    mini(text).unwrap().control(keys)
}

/// The pattern with more controls.
fn with(pattern: Pattern, more: Pattern) -> Pattern {
    pattern.combine(Op::Set, Alignment::In, &more)
}

fn sounds() -> SoundTable {
    let mut sounds = SoundTable::default();
    let _ = install_kits(&mut sounds);
    sounds
}

fn notes(events: &[Planned]) -> Vec<NoteEvent> {
    events
        .iter()
        .filter_map(|event| if let Planned::Note(note) = event { Some(**note) } else { None })
        .collect()
}

/// Plans two seconds of a pattern, in steps of so many seconds.
fn plan(pattern: &Pattern, step_secs: f64) -> Vec<Planned> {
    let mut score = Score::default();
    score.set_pattern(Some(pattern.clone()));
    let (transport, sounds) = (Transport::default(), sounds());
    let mut events = Vec::new();
    let mut now = 0.0;
    while now < 2.0 {
        let lookahead = step_secs.min(2.0 - now);
        let plan = score.plan(&transport, now, lookahead, &sounds, &ScoreSettings::default());
        events.extend(plan.events);
        now += step_secs;
    }
    events
}

/// The one note of a pattern with one event a cycle.
fn note_of(pattern: &Pattern) -> NoteEvent {
    let notes = notes(&plan(pattern, 2.0));
    assert_eq!(notes.len(), 1);
    *notes.first().unwrap()
}

#[test]
fn events_become_notes_on_their_samples() {
    // 120 beats a minute, four beats a cycle: a cycle lasts 2 s.
    let planned = notes(&plan(&control("bd [hh hh] sd hh", &["s"]), 2.0));
    let at: Vec<u64> = planned.iter().map(|note| note.at.0).collect();
    assert_eq!(at, [0, 24_000, 36_000, 48_000, 72_000]);
    assert!(planned.iter().all(|note| matches!(note.sound, Sound::Sample(_))));
}

#[test]
fn every_event_is_planned_once_however_time_is_cut() {
    let pattern = control("bd*16, hh*12", &["s"]);
    let whole = plan(&pattern, 2.0);
    for step in [0.01, 0.037, 0.1, 0.5] {
        let mut stepped = plan(&pattern, step);
        let mut whole = whole.clone();
        for events in [&mut stepped, &mut whole] {
            events.sort_by_key(|event| {
                if let Planned::Note(note) = event {
                    (note.at, format!("{:?}", note.sound))
                } else {
                    Default::default()
                }
            });
        }
        assert_eq!(stepped, whole, "in steps of {step} s");
    }
}

#[test]
fn a_jump_in_time_goes_on_from_the_new_moment() {
    let mut score = Score::default();
    score.set_pattern(Some(control("bd*4", &["s"])));
    let (transport, sounds, settings) = (Transport::default(), sounds(), ScoreSettings::default());
    let mut count = |now: f64| {
        notes(&score.plan(&transport, now, 0.1, &sounds, &settings).events)
            .iter()
            .map(|note| note.at.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(count(0.0), [0]);
    assert_eq!(count(0.05), [], "asked already");
    assert_eq!(count(1_000.0), [48_000_000], "a machine that slept does not catch up");
    assert_eq!(count(0.0), [0], "a new transport starts over");
}

#[test]
fn a_switch_happens_on_its_very_beat() {
    let mut score = Score::default();
    let (transport, sounds, settings) = (Transport::default(), sounds(), ScoreSettings::default());
    score.set_pattern(Some(control("saw*8", &["s"])));
    score.set_pattern_at(Some(control("sine*8", &["s"])), 1.5);
    let planned = notes(&score.plan(&transport, 0.0, 2.0, &sounds, &settings).events);
    let waves: Vec<_> = planned.iter().map(|note| (note.at.0, note.sound)).collect();
    let expected: Vec<_> =
        (0..8u64).map(|i| (i * 12_000, Sound::Wave(if i < 3 { Wave::Saw } else { Wave::Sine }))).collect();
    assert_eq!(waves, expected);
}

#[test]
fn a_pattern_that_fails_gives_way_to_the_one_before() {
    let mut score = Score::default();
    let (transport, sounds, settings) = (Transport::default(), sounds(), ScoreSettings::default());
    score.set_pattern(Some(control("saw*4", &["s"])));
    assert_eq!(notes(&score.plan(&transport, 0.0, 1.0, &sounds, &settings).events).len(), 2);
    let broken = control("sine*4", &["s"]).try_map(|_| Err(audio_pattern::Fault::OverBudget));
    score.set_pattern(Some(broken));
    let plan = score.plan(&transport, 1.0, 1.0, &sounds, &settings);
    assert_eq!((notes(&plan.events).len(), plan.fault), (2, Some(audio_pattern::Fault::OverBudget)));
    let plan = score.plan(&transport, 2.0, 1.0, &sounds, &settings);
    assert_eq!((notes(&plan.events).len(), plan.fault), (2, None));
}

#[test]
fn controls_become_the_note_s_fields() {
    let note = note_of(&control("saw", &["s"]));
    assert_eq!((note.sound, note.orbit, note.low_pass.cutoff_hz), (Sound::Wave(Wave::Saw), 0, 0.0));
    assert!((note.freq_hz - 65.406).abs() < 0.01, "C2 unless said otherwise: {}", note.freq_hz);
    assert_eq!(note.hold_secs, 2.0);

    let check = |text: &str, keys: &[&str], expected: &dyn Fn(&NoteEvent) -> bool| {
        let note = note_of(&with(control("saw", &["s"]), control(text, keys)));
        assert!(expected(&note), "{keys:?} {text:?}: {note:?}");
    };
    check("a3", &["note"], &|note| (note.freq_hz - 220.0).abs() < 0.01);
    check("69", &["note"], &|note| (note.freq_hz - 440.0).abs() < 0.01);
    check("330", &["freq"], &|note| note.freq_hz == 330.0);
    check("800:12:3", &["cutoff", "resonance", "lpenv"], &|note| {
        (note.low_pass.cutoff_hz, note.low_pass.resonance, note.low_pass.env_octaves) == (800.0, 12.0, 3.0)
    });
    check("24db", &["ftype"], &|note| note.slope == FilterSlope::Db24);
    check("o", &["vowel"], &|note| note.vowel == 4);
    check("0.2", &["decay"], &|note| (note.env.decay, note.env.sustain) == (0.2, 0.0));
    check("0.2", &["attack"], &|note| (note.env.attack, note.env.sustain) == (0.2, 1.0));
    check("3", &["orbit"], &|note| note.orbit == 2);
    check("2", &["duckorbit"], &|note| note.duck_orbits == 0b10);
    check(".5:.25:.6", &["delay", "delaytime", "delayfeedback"], &|note| {
        (note.delay, note.delay_secs, note.delay_feedback) == (0.5, 0.25, 0.6)
    });
    check("0.5", &["clip"], &|note| note.hold_secs == 1.0);
    check("0.25", &["djf"], &|note| note.low_pass.cutoff_hz > 500.0 && note.high_pass.cutoff_hz == 0.0);
}

#[test]
fn samples_are_found_by_bank_and_number() {
    let one = |pattern: Pattern| note_of(&pattern).sound;
    let plain = one(control("bd", &["s"]));
    assert_eq!(plain, one(with(control("bd", &["s"]), control("lumen", &["bank"]))));
    assert_ne!(plain, one(with(control("bd", &["s"]), control("ember", &["bank"]))));
    assert_ne!(plain, one(control("bd:1", &["s", "n"])));
    assert_eq!(plain, one(control("bd:3", &["s", "n"])), "numbers go round");
}

#[test]
fn a_fitted_sample_lasts_its_cycles_and_a_period_is_played_in_tune() {
    let fitted = note_of(&control("cr", &["s"]).loop_at(Ratio::ONE));
    assert!((fitted.hold_secs - 2.0).abs() < 0.01, "{}", fitted.hold_secs);
    let tuned = note_of(&with(control("wt_organ", &["s"]), control("a3", &["note"])));
    // 220 periods of 512 frames a second, at 48,000.
    assert!((tuned.speed - 220.0 * 512.0 / 48_000.0).abs() < 1e-4, "{}", tuned.speed);
    assert_eq!((tuned.looped, tuned.hold_secs), (Some((0.0, 1.0)), 2.0));
}

#[test]
fn a_sound_nobody_has_is_said_once() {
    let events = plan(&control("nosuch*8", &["s"]), 0.1);
    assert_eq!(events, [Planned::Unknown { sound: "nosuch".to_owned() }]);
}

#[test]
fn what_is_not_sound_is_a_cue() {
    let events = plan(&control("0.25 0.75", &["zoomLevel"]), 2.0);
    let cues: Vec<_> = events
        .iter()
        .filter_map(
            |event| if let Planned::Cue(cue) = event { Some((cue.beat, cue.value.clone())) } else { None },
        )
        .collect();
    assert_eq!(cues, [(0.0, CueValue::Number(0.25)), (2.0, CueValue::Number(0.75))]);
}

#[test]
fn a_bounce_is_the_same_twice_in_any_blocks() {
    let bounce = |block_samples: usize| {
        let mut sounds = SoundTable::default();
        let samples = install_kits(&mut sounds);
        let pattern =
            with(control("bd*4, [~ sd]*2, hh*8, supersaw, white*2", &["s"]), control("0.3", &["room"]));
        let mut bounce = Bounce::new(pattern, Transport::default(), sounds, samples);
        let mut out = vec![0.0f32; 96_000];
        for block in out.chunks_mut(block_samples) {
            bounce.fill(block).unwrap();
        }
        out
    };
    let first = bounce(512);
    assert!(first.iter().any(|x| x.abs() > 0.1));
    assert!(bounce(512) == first, "twice the same");
    // In other blocks the control spans of a voice lie elsewhere: the same music, not the same bits.
    assert!(bounce(1_024) == first, "blocks of whole engine blocks change nothing");
}

#[test]
fn both_kits_are_whole() {
    let mut sounds = SoundTable::default();
    let loaded = install_kits(&mut sounds);
    for sample in &loaded {
        let peak = sample.data.frames.iter().fold(0.0f32, |peak, frame| peak.max(frame[0].abs()));
        assert!((0.3..1.0).contains(&peak), "{:?} peaks at {peak}", sample.id);
        // A single period goes round, everything else goes to silence.
        let last = sample.data.frames.last().map_or(0.0, |frame| frame[0].abs());
        assert!(sample.data.frames.len() == 512 || last < 0.01, "{:?} breaks off at {last}", sample.id);
    }
    let again = install_kits(&mut SoundTable::default());
    assert!(loaded.iter().zip(&again).all(|(a, b)| a.data == b.data), "made the same each time");
    let names = sounds.names();
    for name in ["bd", "sd", "hh", "oh", "cp", "rim", "ember_bd", "lumen_cr", "bell"] {
        assert!(names.iter().any(|(known, count)| *known == name && *count > 0), "{name} is missing");
    }
}

#[test]
fn a_stretch_taken_back_is_planned_again_and_nothing_else() {
    let mut score = Score::default();
    score.set_pattern(Some(control("bd*8", &["s"])));
    let (transport, sounds, settings) = (Transport::default(), sounds(), ScoreSettings::default());
    let first = notes(&score.plan(&transport, 0.0, 1.0, &sounds, &settings).events);
    let from = score.replan_from(&transport, 0.6);
    assert!((0.599..=0.6).contains(&from), "{from}");
    let again = notes(&score.plan(&transport, 0.5, 0.5, &sounds, &settings).events);
    let late: Vec<_> = first.iter().filter(|note| note.at.0 >= 28_800).map(|note| note.at).collect();
    assert_eq!(again.iter().map(|note| note.at).collect::<Vec<_>>(), late);
}

/// A film of a jam sounds as the jam did: each block of code from its beat on, and nothing before.
#[test]
fn blocks_of_a_bounce_come_and_go_on_their_beats() {
    let fresh = || {
        let mut sounds = SoundTable::default();
        let samples = install_kits(&mut sounds);
        Bounce::idle(Transport::default(), sounds, samples)
    };
    let hear = |bounce: &mut Bounce, secs: f64| {
        let mut out = vec![0.0; (secs * 48_000.0) as usize * 2];
        bounce.fill(&mut out).unwrap();
        out
    };
    let loudest = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let hats = || Some(control("hh*4", &["s"]));
    let mut sounds = SoundTable::default();
    let samples = install_kits(&mut sounds);
    let whole = hear(&mut Bounce::new(hats().unwrap(), Transport::default(), sounds, samples), 3.0);
    let mut jam = fresh();
    jam.set_pattern("code/", hats(), Some(0.0));
    assert!(hear(&mut jam, 3.0) == whole, "from beat 0 on it is the bounce of the code");
    let mut jam = fresh();
    // Beat 4 is at 2 s.
    jam.set_pattern("code/", hats(), Some(4.0));
    assert_eq!(loudest(&hear(&mut jam, 2.0)), 0.0);
    assert!(loudest(&hear(&mut jam, 1.0)) > 0.1);
    jam.set_pattern("code/", None, None);
    jam.hush();
    hear(&mut jam, 0.5);
    assert_eq!(loudest(&hear(&mut jam, 1.0)), 0.0);
}
