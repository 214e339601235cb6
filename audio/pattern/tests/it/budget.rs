//! What asks too much is refused, quickly and without harm.

use audio_pattern::{Fault, Pattern, Ratio, Span, Value};

use crate::m;

fn first(pattern: &Pattern) -> Result<usize, Fault> {
    pattern.query(Span::cycles(0, 1)).map(|haps| haps.len())
}

#[test]
fn floods_of_events_are_over_budget() {
    let doubled = (0..40).fold(m("x"), |p, _| Pattern::stack(vec![p.clone(), p]));
    for pattern in
        [m("x*1000000000"), m("[[x*1000]*1000]*1000"), doubled, Pattern::saw().segment(Ratio::whole(1 << 40))]
    {
        assert_eq!(first(&pattern), Err(Fault::OverBudget));
    }
}

#[test]
fn nesting_without_end_is_too_deep() {
    let deep = (0..10_000).fold(m("x"), |p, _| p.late(Ratio::new(1, 3)));
    assert!(matches!(first(&deep), Err(Fault::TooDeep { .. })));

    fn again(value: &Value) -> Result<Pattern, Fault> {
        Ok(Pattern::pure(value.clone()).bind(audio_pattern::Join::Inner, again).late(Ratio::new(1, 7)))
    }
    assert!(matches!(first(&again(&Value::Bool(true)).unwrap()), Err(Fault::TooDeep { .. })));
}

#[test]
fn odd_times_end_quickly() {
    for factor in [Ratio::new(i64::MAX, 7), Ratio::new(1, i64::MAX), Ratio::new(-5, 3)] {
        // Any answer will do, as long as there is one.
        let _ = first(&m("x [y z]").fast(factor));
        let _ = first(&m("x [y z]").late(factor).rev().fast(factor));
        let _ = first(&m("x [y z]").linger(factor));
    }
}

#[test]
fn a_fault_in_one_event_fails_the_question() {
    let pattern = m("1 2 x").numbers(|x| x + 1.0);
    assert!(matches!(first(&pattern), Err(Fault::Value { .. })));
}
