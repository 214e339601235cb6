//! Laws of the ear, on sounds made here.

use audio_analysis::{Analyser, Settings};

#[test]
fn silence_is_silent() {
    let mut analyser = Analyser::new(44_100, Settings::default());
    let mut frames = 0;
    analyser.push(&vec![0.0; 44_100], 1, &mut |frame| {
        frames += 1;
        assert!(frame.silent);
        assert_eq!(frame.all.level, 0.0);
        assert_eq!(frame.beat.count, 0);
    });
    assert_eq!(frames, 100);
}
