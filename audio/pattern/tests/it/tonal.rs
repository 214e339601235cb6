//! Notes, scales and chords.

use std::sync::Arc;

use audio_pattern::{Pattern, Span, Value, note_name, note_to_midi};

use crate::{check, m};

fn scaled(steps: &str, scale: &str) -> Pattern {
    let name = m(scale).query(Span::cycles(0, 1)).unwrap().remove(0).value;
    m(steps).control(&["n"]).scale(&name).unwrap()
}

#[test]
fn notes_are_read_with_octave_three_where_none_is_written() {
    for (name, midi) in
        [("c", 48.0), ("c4", 60.0), ("f#2", 42.0), ("Bb3", 58.0), ("cb4", 59.0), ("b#3", 60.0), ("a-1", 9.0)]
    {
        assert_eq!(note_to_midi(name), Some(midi), "{name}");
    }
    assert_eq!(note_to_midi("hat"), None);
    assert_eq!(note_name(61), "Db4");
}

#[test]
fn steps_become_notes_spelled_by_the_scale() {
    check(&scaled("0 2 7 -1", "D:dorian"), "0>1/4 note=D3, 1/4>1/2 note=F3, 1/2>3/4 note=D4, 3/4>1 note=C3");
    check(&scaled("0 3", "Eb4:minor"), "0>1/2 note=Eb4, 1/2>1 note=Ab4");
    check(&scaled("1# 1b", "C:major"), "0>1/2 note=Eb3, 1/2>1 note=C#3");
    check(&scaled("4 5", "A2:minor:pentatonic"), "0>1/2 note=G3, 1/2>1 note=A3");
}

#[test]
fn notes_snap_to_the_scale_and_move_along_it() {
    let notes = m("c#3 f#3").control(&["note"]).scale(&Value::text("C major")).unwrap();
    check(&notes, "0>1/2 note=D3, 1/2>1 note=G3");
    check(&scaled("0 2", "C:major").scale_transpose(2.0), "0>1/2 note=E3, 1/2>1 note=G3");
}

/// Live coders know it so: a walk along a scale counts octaves by its C.
#[test]
fn a_walk_along_a_scale_without_c_stays_in_its_octave() {
    let walk = |note: &str, scale: &str, steps: f64| {
        m(note).control(&["note"]).scale(&Value::text(scale)).unwrap().scale_transpose(steps)
    };
    check(&walk("b2", "B minor blues", 1.0), "0>1 note=D2");
    check(&walk("e4", "E iwato", -1.0), "0>1 note=D4");
    check(&walk("b2", "B major", 1.0), "0>1 note=C#3");
    check(&walk("c4", "C major", -1.0), "0>1 note=B3");
    check(&scaled("5", "C:locrian:6"), "0>1 note=A3");
}

#[test]
fn intervals_transpose_by_letters_and_half_tones() {
    let notes = m("c3 e3").control(&["note"]);
    check(&notes.transpose(&Value::text("3m")).unwrap(), "0>1/2 note=Eb3, 1/2>1 note=G3");
    check(&notes.transpose(&Value::Number(7.0)).unwrap(), "0>1/2 note=G3, 1/2>1 note=B3");
    assert!(notes.transpose(&Value::text("far")).is_err());
}

#[test]
fn voicings_lie_under_their_anchor() {
    for (chord, top) in [("C", 72.0), ("Am7", 72.0), ("Ebm7", 72.0), ("G7", 72.0), ("Bm7b5", 72.0)] {
        let haps = Pattern::pure(chord)
            .control(&["chord"])
            .voicing(&Arc::default())
            .query(Span::cycles(0, 1))
            .unwrap();
        let notes: Vec<f64> = haps
            .iter()
            .map(|hap| match &hap.value {
                Value::Controls(controls) => controls.text("note").and_then(note_to_midi).unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        let highest = notes.iter().copied().fold(f64::MIN, f64::max);
        assert!(notes.len() >= 3 && highest <= top && highest > top - 12.0, "{chord}: {notes:?}");
    }
}

fn voiced(controls: &[(&str, Value)]) -> String {
    let controls = Value::Controls(controls.iter().cloned().collect());
    let haps = Pattern::pure(controls).voicing(&Arc::default()).query(Span::cycles(0, 1)).unwrap();
    let note = |hap: &audio_pattern::Hap| match &hap.value {
        Value::Controls(controls) => controls.text("note").unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    haps.iter().map(note).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_dictionary_names_the_notes_of_a_chord() {
    let chord = |symbol: &str, dictionary: &str| {
        voiced(&[("chord", Value::text(symbol)), ("dictionary", Value::text(dictionary))])
    };
    assert_eq!(voiced(&[("chord", Value::text("D7"))]), "Gb3 C4 D4 Gb4 C5");
    assert_eq!(chord("D7", "ireal"), "Gb3 C4 D4 Gb4 C5");
    assert_eq!(chord("Cmin7", "ireal"), chord("C-7", "ireal"));
    assert_eq!(chord("C7", "lefthand"), "Bb3 D4 E4 A4");
    assert_eq!(chord("C6", "guidetones"), "E4 A4");
    assert_eq!(chord("F", "triads"), "F4 A4 C5");
    assert_eq!(chord("F", "legacy"), chord("F", "triads"));
    assert_eq!(chord("C9", "lefthand"), "", "what a dictionary lacks is silent");
}

#[test]
fn a_mode_says_where_a_voicing_lies_to_its_anchor() {
    let chord = |mode: &str, anchor: f64, offset: f64| {
        voiced(&[
            ("chord", Value::text("C^7")),
            ("mode", Value::text(mode)),
            ("anchor", Value::Number(anchor)),
            ("offset", Value::Number(offset)),
        ])
    };
    assert_eq!(chord("below", 72.0, 0.0), "C3 E4 G4 B4");
    assert_eq!(chord("below", 72.0, 1.0), "E4 C5 E5 G5 B5");
    assert_eq!(chord("below", 72.0, -1.0), "C3 G3 B3 E4 G4");
    assert_eq!(chord("above", 72.0, 0.0), "C5 G5 B5 E6 G6");
    assert_eq!(chord("above", 71.0, 0.0), "G4 C5 E5 G5 B5");
    assert_eq!(chord("root", 71.0, 0.0), "C4 G4 B4 E5 G5");
    assert_eq!(chord("duck", 72.0, 1.0), "E4 E5 G5 B5", "without the note at the anchor");
}

#[test]
fn unknown_scales_and_chords_are_refused() {
    assert!(m("0").scale(&Value::text("C:sour")).is_err());
    let chord = Pattern::pure("Hm").control(&["chord"]).voicing(&Arc::default());
    assert!(chord.query(Span::cycles(0, 1)).is_err());
}
