//! Tidiness is itself a test.

use xtask::{arrows, react, root, tidy};

#[test]
fn the_tree_is_tidy() {
    let problems = tidy::problems(&root()).expect("the tree can be read");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_forbidden_arrow_is_named() {
    let crates = [("renderer-gpu".to_owned(), vec!["sync-protocol".to_owned()])];
    assert_eq!(arrows::broken(&crates).len(), 1);
    assert_eq!(arrows::broken(&[("new-crate".to_owned(), Vec::new())]).len(), 1);
    assert!(arrows::broken(&[("jamlight".to_owned(), vec!["sync-hub".to_owned()])]).is_empty());
}

#[test]
fn a_picture_that_jumps_on_onsets_scores_high_and_a_still_one_does_not() {
    let onsets: Vec<f64> = (0..20).map(|i| 0.25 + f64::from(i) * 0.5).collect();
    let flashing: Vec<Vec<u8>> = (0..300)
        .map(|i| {
            let t = f64::from(i) / 30.0;
            let age = onsets.iter().filter(|onset| **onset <= t).map(|onset| t - onset).fold(9.0, f64::min);
            vec![(200.0 * (-age / 0.1).exp()) as u8; 16]
        })
        .collect();
    assert!(react::score(&flashing, 30.0, &onsets) > 0.6);
    let still = vec![vec![7; 16]; 300];
    assert_eq!(react::score(&still, 30.0, &onsets), 0.0);
}
