//! Notes, scales and chords.

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
        let haps = Pattern::pure(chord).control(&["chord"]).voicing().query(Span::cycles(0, 1)).unwrap();
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

#[test]
fn unknown_scales_and_chords_are_refused() {
    assert!(m("0").scale(&Value::text("C:sour")).is_err());
    let chord = Pattern::pure("Hm").control(&["chord"]).voicing();
    assert!(chord.query(Span::cycles(0, 1)).is_err());
}
