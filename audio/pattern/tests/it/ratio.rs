//! Exact time.

use audio_pattern::Ratio;
use proptest::prelude::*;

#[test]
fn decimals_read_as_the_simplest_fraction() {
    for (x, num, den) in [
        (0.1, 1, 10),
        (1.0 / 3.0, 1, 3),
        (-2.75, -11, 4),
        (0.0003, 3, 10_000),
        (1e6, 1_000_000, 1),
        (0.8, 4, 5),
    ] {
        assert_eq!(Ratio::from_f64(x), Ratio::new(num, den), "{x}");
    }
    assert_eq!(Ratio::from_f64(f64::NAN), Ratio::ZERO);
    assert_eq!(Ratio::from_f64(f64::INFINITY), Ratio::ZERO);
}

#[test]
fn extremes_neither_panic_nor_wrap() {
    let huge = Ratio::new(i64::MAX, 3);
    let tiny = Ratio::new(1, i64::MAX);
    assert!((huge + huge).to_f64() > huge.to_f64());
    assert!((tiny * tiny).to_f64() >= 0.0);
    assert_eq!(Ratio::ONE / Ratio::ZERO, Ratio::ZERO);
    assert!(huge > tiny && -huge < tiny);
}

proptest! {
    #[test]
    fn arithmetic_is_exact(a in -10_000_i64..10_000, b in 1_i64..500, c in -10_000_i64..10_000, d in 1_i64..500) {
        let (x, y) = (Ratio::new(a, b), Ratio::new(c, d));
        prop_assert_eq!(x + y - y, x);
        prop_assert_eq!((x + y) * Ratio::whole(b * d), Ratio::whole(a * d + c * b));
        prop_assert_eq!(x < y, a * d < c * b);
        if c != 0 {
            prop_assert_eq!(x * y / y, x);
        }
    }

    #[test]
    fn a_fraction_reads_back_from_its_decimal(a in -3_000_i64..3_000, b in 1_i64..3_000) {
        let x = Ratio::new(a, b);
        prop_assert_eq!(Ratio::from_f64(x.to_f64()), x);
    }
}
