//! From the controls of an event to a note: names are resolved, defaults filled in, units converted.

use audio_pattern::{CONTROLS, Controls, Value, note_to_midi};
use audio_signal::{Adsr, FilterSlope, NoteEvent, NoteFilter, SampleTime, Sound, Wave};

use crate::sounds::{Resolved, SoundTable};

/// The pitch of a sound whose pitch nobody set: C2. Samples are taken to be recorded on it.
const DEFAULT_MIDI: f64 = 36.0;
/// Samples whose name starts so are one period of a wave.
const WAVETABLE_PREFIX: &str = "wt_";
/// What a stage of an envelope is when others are set and it is not, in seconds.
const SHORTEST_STAGE: f32 = 0.001;

/// When an event happens.
pub(super) struct Timing {
    pub(super) from_secs: f64,
    pub(super) hold_secs: f64,
    pub(super) cps: f64,
    pub(super) rate_hz: u32,
}

/// Whether a control is about sound. All others are words to the picture.
pub(super) fn is_sound(name: &str) -> bool {
    name == "value" || CONTROLS.iter().any(|spec| spec.name == name || spec.keys.contains(&name))
}

/// Makes the note; `None` for an event that says nothing about sound, the name of a sound nobody has
/// as an error.
pub(super) fn note_from_controls(
    controls: &Controls,
    timing: &Timing,
    sounds: &SoundTable,
) -> Result<Option<NoteEvent>, String> {
    let number =
        |name: &str| controls.get(name).and_then(|value| value.numeral().ok()).filter(|x| x.is_finite());
    let word = |name: &str| controls.text(name);
    let name = match controls.get("s") {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Number(n)) => n.to_string(),
        _ if controls.get("note").is_none()
            && controls.get("freq").is_none()
            && controls.get("n").is_none() =>
        {
            return Ok(None);
        }
        _ => "triangle".to_owned(),
    };
    if matches!(name.as_str(), "~" | "-" | "_") {
        return Ok(None);
    }
    let (name, inline_n) = match name.split_once(':') {
        Some((name, n)) => (name.to_owned(), n.parse().unwrap_or(0.0)),
        None => (name, 0.0),
    };
    let n = number("n").unwrap_or(inline_n);
    let resolved = sounds.resolve(word("bank"), &name, n).ok_or_else(|| name.clone())?;

    let midi = controls.get("note").and_then(|value| match value {
        Value::Text(text) => text.parse().ok().or_else(|| note_to_midi(text)),
        value => value.numeral().ok(),
    });
    let midi = midi.unwrap_or(DEFAULT_MIDI) + number("octave").map_or(0.0, |octave| 12.0 * (octave - 3.0));
    let hz = number("freq").unwrap_or_else(|| 440.0 * ((midi - 69.0) / 12.0).exp2());

    let mut note = NoteEvent { freq_hz: hz as f32, ..NoteEvent::default() };
    let at_secs = timing.from_secs + number("nudge").unwrap_or(0.0);
    note.at = SampleTime::from_secs(at_secs, timing.rate_hz);
    note.hold_secs = timing.hold_secs as f32;
    let set = |slot: &mut f32, name: &str| {
        if let Some(x) = number(name) {
            *slot = x as f32;
        }
    };
    match resolved {
        Resolved::Wave(wave) => {
            note.sound = Sound::Wave(wave);
            note.env = envelope(controls, "", Adsr::SYNTH);
            if wave == Wave::Pluck && number("decay").is_none() && number("sustain").is_none() {
                // A string ends by itself.
                note.env.sustain = 1.0;
            }
        }
        Resolved::Sample(id, secs) => {
            note.sound = Sound::Sample(id);
            note.env = envelope(controls, "", Adsr::SAMPLE);
            sample_fields(&mut note, controls, f64::from(secs), hz);
            if name.to_lowercase().starts_with(WAVETABLE_PREFIX) {
                // One period of a wave: as many a second as the note has.
                note.env = envelope(controls, "", Adsr::SYNTH);
                note.speed = (hz * f64::from(secs)) as f32;
                note.looped = Some((0.0, 1.0));
                note.hold_secs = timing.hold_secs as f32;
            }
        }
    }
    // Three knobs that people keep apart in their heads and multiply in the air.
    note.gain = (number("gain").unwrap_or(0.8)
        * number("velocity").unwrap_or(1.0)
        * number("amp").unwrap_or(1.0)) as f32;
    set(&mut note.post_gain, "postgain");
    set(&mut note.pan, "pan");
    set(&mut note.pulse_width, "pw");
    set(&mut note.pulse_rate_hz, "pwrate");
    set(&mut note.pulse_sweep, "pwsweep");
    if let Some(unison) = number("unison") {
        note.unison = unison.clamp(1.0, 8.0) as u8;
    }
    set(&mut note.detune, "detune");
    set(&mut note.spread, "spread");
    set(&mut note.noise, "noise");
    set(&mut note.density, "density");
    set(&mut note.vibrato_hz, "vib");
    set(&mut note.vibrato_semitones, "vibmod");
    set(&mut note.pitch_env_semitones, "penv");
    note.pitch_env = envelope(controls, "p", note.pitch_env);
    set(&mut note.accelerate, "accelerate");
    set(&mut note.fm_index, "fmi");
    set(&mut note.fm_ratio, "fmh");
    let fm_env_set =
        ["fmattack", "fmdecay", "fmsustain", "fmrelease"].iter().any(|name| controls.get(name).is_some());
    note.fm_env = fm_env_set.then(|| envelope(controls, "fm", Adsr { release: 0.05, ..Adsr::SYNTH }));
    if let Some(cut) = number("cut") {
        note.cut = cut.clamp(0.0, 65_535.0) as u16;
    }

    note.low_pass = filter(controls, "cutoff", "resonance", "lp");
    note.high_pass = filter(controls, "hcutoff", "hresonance", "hp");
    note.band_pass = filter(controls, "bandf", "bandq", "bp");
    if let Some(knob) = number("djf") {
        dj_filter(&mut note, knob);
    }
    note.slope = match controls.get("ftype") {
        Some(Value::Text(text)) if text.contains("24") => FilterSlope::Db24,
        Some(Value::Text(text)) if text.contains("ladder") => FilterSlope::Ladder,
        Some(Value::Number(n)) if *n == 1.0 => FilterSlope::Ladder,
        Some(Value::Number(n)) if *n == 2.0 => FilterSlope::Db24,
        _ => FilterSlope::Db12,
    };
    note.vowel = word("vowel")
        .and_then(|vowel| vowel.chars().next())
        .map_or(0, |vowel| "aeiou".find(vowel.to_ascii_lowercase()).map_or(0, |idx| idx as u8 + 1));

    set(&mut note.coarse, "coarse");
    set(&mut note.crush, "crush");
    set(&mut note.shape, "shape");
    set(&mut note.distort, "distort");
    set(&mut note.distort_gain, if note.distort > 0.0 { "distortvol" } else { "shapevol" });
    set(&mut note.tremolo_hz, "tremolo");
    if let Some(cycles) = number("tremolosync") {
        note.tremolo_hz = (cycles * timing.cps) as f32;
    }
    set(&mut note.tremolo_depth, "tremolodepth");
    set(&mut note.tremolo_phase, "tremolophase");
    set(&mut note.chorus, "chorus");
    set(&mut note.phaser_hz, "phaserrate");
    set(&mut note.phaser_depth, "phaserdepth");
    set(&mut note.phaser_center_hz, "phasercenter");
    set(&mut note.phaser_sweep_hz, "phasersweep");
    set(&mut note.compressor_db, "compressor");
    set(&mut note.compressor_ratio, "compressorRatio");
    set(&mut note.compressor_attack, "compressorAttack");
    set(&mut note.compressor_release, "compressorRelease");

    // People count orbits from one.
    let orbit_bit = |orbit: f64| (orbit.round() as i64 - 1).rem_euclid(crate::MAX_ORBITS as i64) as u8;
    note.orbit = orbit_bit(number("orbit").unwrap_or(1.0));
    set(&mut note.dry, "dry");
    set(&mut note.delay, "delay");
    set(&mut note.delay_feedback, "delayfeedback");
    note.delay_secs = match (number("delaytime"), number("delaysync")) {
        (Some(secs), _) => secs as f32,
        (None, cycles) => (cycles.unwrap_or(3.0 / 16.0) / timing.cps.max(1e-6)) as f32,
    };
    set(&mut note.room, "room");
    // A size of 2 is a hall of two seconds; `roomfade` says the seconds itself.
    if let Some(size) = number("roomsize").or_else(|| number("size")) {
        note.room_secs = size as f32;
    }
    set(&mut note.room_secs, "roomfade");
    set(&mut note.room_low_pass_hz, "roomlp");
    note.duck_orbits = match controls.get("duckorbit") {
        Some(Value::Number(orbit)) => 1 << orbit_bit(*orbit),
        Some(Value::Text(text)) => text
            .split(':')
            .filter_map(|orbit| orbit.parse().ok())
            .fold(0, |bits, orbit| bits | 1 << orbit_bit(orbit)),
        Some(Value::List(list)) => {
            list.iter().filter_map(Value::as_number).fold(0, |bits, orbit| bits | 1 << orbit_bit(orbit))
        }
        _ => 0,
    };
    set(&mut note.duck_depth, "duckdepth");
    set(&mut note.duck_onset, "duckonset");
    set(&mut note.duck_attack, "duckattack");
    Ok(Some(note))
}

/// How a sample is played: which part, how fast, how often, how long.
fn sample_fields(note: &mut NoteEvent, controls: &Controls, secs: f64, hz: f64) {
    let number = |name: &str| controls.number(name).filter(|x| x.is_finite());
    let pitched =
        controls.get("note").is_some() || controls.get("freq").is_some() || controls.get("octave").is_some();
    let bend = if pitched { hz / (440.0 * ((DEFAULT_MIDI - 69.0) / 12.0).exp2()) } else { 1.0 };
    let mut speed = number("speed").unwrap_or(1.0);
    let unit = controls.text("unit");
    if unit == Some("c") {
        // Speed 1 is the whole sample in a second: patterns that fit samples to cycles say it so.
        speed *= secs;
    }
    note.speed = (speed * bend) as f32;
    note.begin = number("begin").unwrap_or(0.0) as f32;
    note.end = number("end").unwrap_or(1.0) as f32;
    let looping = controls.get("loop").is_some_and(Value::truthy);
    note.looped = looping.then(|| {
        let from = number("loopBegin").unwrap_or(f64::from(note.begin));
        let to = number("loopEnd").unwrap_or(f64::from(note.end));
        (from as f32, to as f32)
    });
    let whole_secs = f64::from((note.end - note.begin).abs()) * secs / f64::from(note.speed.abs()).max(1e-6);
    // A sample rings out unless somebody says how long it shall be.
    let shaped =
        ["clip", "duration", "release", "sustain", "decay"].iter().any(|name| controls.get(name).is_some());
    if !looping && !shaped {
        note.hold_secs = whole_secs as f32;
    }
}

/// The stages that are set, the rest as the sound has them. One that is set alone changes what the
/// others mean: a decay without sustain goes to silence.
fn envelope(controls: &Controls, prefix: &str, default: Adsr) -> Adsr {
    let stage =
        |name: &str| controls.number(&format!("{prefix}{name}")).filter(|x| x.is_finite()).map(|x| x as f32);
    let (attack, decay, sustain, release) =
        (stage("attack"), stage("decay"), stage("sustain"), stage("release"));
    if attack.is_none() && decay.is_none() && sustain.is_none() && release.is_none() {
        return default;
    }
    let resting = if decay.is_some() { 0.0 } else { 1.0 };
    Adsr {
        attack: attack.unwrap_or(SHORTEST_STAGE),
        decay: decay.unwrap_or(SHORTEST_STAGE),
        sustain: sustain.unwrap_or(resting),
        release: release.unwrap_or(0.01),
    }
}

fn filter(controls: &Controls, cutoff: &str, resonance: &str, prefix: &str) -> NoteFilter {
    let number = |name: &str| controls.number(name).filter(|x| x.is_finite()).map(|x| x as f32);
    let env = envelope(controls, prefix, Adsr::FILTER);
    let stages = ["attack", "decay", "sustain", "release"];
    let shaped = stages.iter().any(|stage| controls.get(&format!("{prefix}{stage}")).is_some());
    NoteFilter {
        cutoff_hz: number(cutoff).unwrap_or(0.0),
        resonance: number(resonance).unwrap_or(1.0),
        // An envelope that is shaped and not measured moves one octave.
        env_octaves: number(&format!("{prefix}env")).unwrap_or(if shaped { 1.0 } else { 0.0 }),
        env_anchor: number("fanchor").unwrap_or(0.0),
        env,
    }
}

/// One knob: left of the middle it takes the highs away, right of it the lows.
fn dj_filter(note: &mut NoteEvent, knob: f64) {
    let knob = knob.clamp(0.0, 1.0);
    if knob < 0.49 {
        note.low_pass =
            NoteFilter { cutoff_hz: (80.0 * 250.0f64.powf(knob * 2.0)) as f32, ..NoteFilter::OFF };
    } else if knob > 0.51 {
        note.high_pass =
            NoteFilter { cutoff_hz: (20.0 * 400.0f64.powf((knob - 0.5) * 2.0)) as f32, ..NoteFilter::OFF };
    }
}
