//! Seeded chance.

use audio_pattern::{Generator, Pattern, Ratio, Span, State};

use crate::{heard, m};

fn numbers(pattern: &Pattern, cycles: i64) -> Vec<f64> {
    let haps = pattern.query(Span::cycles(0, cycles)).unwrap();
    haps.iter().filter_map(|hap| hap.value.as_number()).collect()
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
    let rand = Pattern::rand().segment(Ratio::whole(8));
    assert_eq!(numbers(&rand, 4), numbers(&rand, 4));
    assert_ne!(numbers(&rand.seed(1.0), 4), numbers(&rand, 4));
}

#[test]
fn legacy_numbers_repeat_every_300_cycles_and_precise_ones_do_not() {
    let rand = Pattern::rand().segment(Ratio::ONE);
    let at = |cycle: i64, generator| {
        let state = State { generator, ..State::default() };
        rand.query_with(Span::cycles(cycle, cycle + 1), &state).unwrap().first().unwrap().value.as_number()
    };
    assert_eq!(at(7, Generator::Legacy), at(307, Generator::Legacy));
    assert_ne!(at(7, Generator::Precise), at(307, Generator::Precise));
    assert_eq!(at(0, Generator::Legacy), Some(0.0));
}

#[test]
fn degrade_and_undegrade_share_the_events_out() {
    let pattern = m("x*16");
    let mut both = heard(&pattern.degrade_by(0.5), 4);
    let kept = both.len();
    assert!((20..44).contains(&kept));
    both.extend(heard(&pattern.undegrade_by(0.5), 4));
    both.sort();
    let mut all = heard(&pattern, 4);
    all.sort();
    assert_eq!(both, all);
}

#[test]
fn shuffle_plays_each_part_once_and_scramble_picks() {
    for cycle in 0..8 {
        let haps = m("0 1 2 3").shuffle(4).query(Span::cycles(cycle, cycle + 1)).unwrap();
        let mut order: Vec<_> =
            haps.iter().filter_map(|hap| hap.value.as_number()).map(|x| x as i64).collect();
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }
    assert_eq!(numbers(&m("0 1 2 3").scramble(4), 2).len(), 8);
}
