//! Exact rational time.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroI64;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// The largest denominator a decimal number is read as: "0.333333333333" becomes a third.
const MAX_READ_DENOMINATOR: i128 = 10_000_000;

/// An exact fraction of 64-bit parts, always in lowest terms.
///
/// Arithmetic never panics and never wraps: a result whose parts do not fit is replaced by a
/// nearby fraction that does, and a division by zero gives zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i64,
    den: NonZeroI64,
}

const ONE_DEN: NonZeroI64 = match NonZeroI64::new(1) {
    Some(one) => one,
    None => NonZeroI64::MAX,
};

impl Ratio {
    /// Zero.
    pub const ZERO: Self = Self::whole(0);
    /// One.
    pub const ONE: Self = Self::whole(1);

    /// Returns the whole number `n`.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Self { num: n, den: ONE_DEN }
    }

    /// Returns `num / den` in lowest terms; zero where `den` is zero.
    #[must_use]
    pub fn new(num: i64, den: i64) -> Self {
        Self::from_wide(i128::from(num), i128::from(den))
    }

    /// Returns the simplest fraction that reads as `x`: 0.1 is a tenth, not its binary
    /// neighbour. Infinite and undefined numbers become zero.
    #[must_use]
    pub fn from_f64(x: f64) -> Self {
        if !x.is_finite() {
            return Self::ZERO;
        }
        if x == x.trunc() && x.abs() < 9.0e15 {
            return Self::whole(x as i64);
        }
        let magnitude = x.abs();
        if magnitude >= 9.0e15 {
            return Self::whole(if x < 0.0 { i64::MIN + 1 } else { i64::MAX });
        }
        let (num, den) = simplest(magnitude);
        Self::from_wide(if x < 0.0 { -num } else { num }, den)
    }

    /// Returns the nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den.get() as f64
    }

    /// Returns the numerator.
    #[must_use]
    pub const fn numerator(self) -> i64 {
        self.num
    }

    /// Returns the denominator, always positive.
    #[must_use]
    pub const fn denominator(self) -> i64 {
        self.den.get()
    }

    /// Returns the largest whole number not above this one.
    #[must_use]
    pub fn floor(self) -> Self {
        if self.den == ONE_DEN {
            return self;
        }
        Self::whole(self.num.div_euclid(self.den.get()))
    }

    /// Returns the smallest whole number not below this one.
    #[must_use]
    pub fn ceil(self) -> Self {
        if self.den == ONE_DEN {
            return self;
        }
        Self::whole(self.num.div_euclid(self.den.get()).saturating_add(1))
    }

    /// Returns the part after the whole cycle, 0 (inclusive) to 1.
    #[must_use]
    pub fn fract(self) -> Self {
        if self.den == ONE_DEN {
            return Self::ZERO;
        }
        Self { num: self.num.rem_euclid(self.den.get()), den: self.den }
    }

    /// Returns whether this is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.num == 0
    }

    /// Returns whether this is less than zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.num < 0
    }

    /// Returns the absolute value.
    #[must_use]
    pub fn abs(self) -> Self {
        if self.num < 0 { -self } else { self }
    }

    /// Returns the start of the cycle after this time.
    #[must_use]
    pub fn next_cycle(self) -> Self {
        self.floor() + Self::ONE
    }

    /// Returns the least number both divide, for two positive numbers.
    #[must_use]
    pub fn lcm(self, other: Self) -> Self {
        if self.num <= 0 || other.num <= 0 {
            return Self::ZERO;
        }
        let (a, b) = (i128::from(self.num), i128::from(other.num));
        let num = a / gcd(a, b) * b;
        Self::from_wide(num, gcd(i128::from(self.den.get()), i128::from(other.den.get())))
    }

    fn from_wide(num: i128, den: i128) -> Self {
        if den == 0 {
            return Self::ZERO;
        }
        let divisor = gcd(num, den) * den.signum();
        let (num, den) = (num / divisor, den / divisor);
        // Too fine to hold: give up the lowest bits of both.
        let bits = |x: i128| 128 - x.unsigned_abs().leading_zeros();
        let excess = bits(num).max(bits(den)).saturating_sub(62);
        let (num, den) = (num >> excess, (den >> excess).max(1));
        let reduce = gcd(num, den);
        Self {
            num: i64::try_from(num / reduce).unwrap_or(i64::MAX),
            den: i64::try_from(den / reduce).ok().and_then(NonZeroI64::new).unwrap_or(ONE_DEN),
        }
    }
}

/// The first fraction on the way down the tree of simplest fractions that reads as `x`, or the
/// closest one found when denominators pass the limit. `x` is positive and finite.
fn simplest(x: f64) -> (i128, i128) {
    // Large numbers are scaled to below one first, so that their search is as short.
    let scale: i128 = if x > 1.0 { 10_i128.pow((1.0 + x.log10()).floor() as u32) } else { 1 };
    let x = x / scale as f64;
    let (mut a, mut b, mut c, mut d) = (0_i128, 1_i128, 1_i128, 1_i128);
    let reads_as = |n: i128, m: i128| n as f64 / m as f64;
    let (num, den) = loop {
        if b > MAX_READ_DENOMINATOR {
            break (c, d);
        }
        if d > MAX_READ_DENOMINATOR {
            break (a, b);
        }
        let (mid_num, mid_den) = (a + c, b + d);
        let middle = reads_as(mid_num, mid_den);
        if middle == x {
            break if mid_den <= MAX_READ_DENOMINATOR {
                (mid_num, mid_den)
            } else if d > b {
                (c, d)
            } else {
                (a, b)
            };
        }
        // Take as many steps in one direction as the answer stays on that side.
        if x > middle {
            let steps =
                run_length(|k| x > reads_as(a + k * c, b + k * d) && b + (k - 1) * d <= MAX_READ_DENOMINATOR);
            a += steps * c;
            b += steps * d;
        } else {
            let steps =
                run_length(|k| x < reads_as(c + k * a, d + k * b) && d + (k - 1) * b <= MAX_READ_DENOMINATOR);
            c += steps * a;
            d += steps * b;
        }
    };
    (num * scale, den)
}

/// Returns the largest `k ≥ 1` for which `holds`, which is true for 1 and false from some k on.
fn run_length(holds: impl Fn(i128) -> bool) -> i128 {
    let mut high = 2;
    while holds(high) {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = i128::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn gcd(a: i128, b: i128) -> i128 {
    if let (Ok(a), Ok(b)) = (u64::try_from(a.unsigned_abs()), u64::try_from(b.unsigned_abs())) {
        return i128::from(gcd_u64(a, b).max(1));
    }
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    if a == 0 || b == 0 {
        return i128::try_from(a | b).unwrap_or(1).max(1);
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
    }
    i128::try_from(a << shift).unwrap_or(1).max(1)
}

/// Binary greatest common divisor: no division in the loop.
fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
        if b == 0 {
            return a << shift;
        }
    }
}

/// Makes a fraction of parts that fit; `None` where one is too large or `den` is not positive.
fn narrow(num: Option<i64>, den: Option<i64>) -> Option<Ratio> {
    let (num, den) = (num?, den?);
    if den <= 0 || num == i64::MIN {
        return None;
    }
    if den == 1 {
        return Some(Ratio::whole(num));
    }
    let divisor = gcd_u64(num.unsigned_abs(), den.unsigned_abs()) as i64;
    if divisor <= 1 {
        return Some(Ratio { num, den: NonZeroI64::new(den)? });
    }
    Some(Ratio { num: num / divisor, den: NonZeroI64::new(den / divisor)? })
}

impl Ratio {
    const fn in_lowest_terms(num: i64, den: NonZeroI64) -> Self {
        Self { num, den }
    }

    fn sum(self, other: Self) -> Self {
        let (a, b, c, d) = (self.num, self.den.get(), other.num, other.den.get());
        // With a whole number nothing can cancel, which is most of the sums there are.
        let fast = if d == 1 {
            c.checked_mul(b).and_then(|c| a.checked_add(c)).map(|num| Self::in_lowest_terms(num, self.den))
        } else if b == 1 {
            a.checked_mul(d).and_then(|a| a.checked_add(c)).map(|num| Self::in_lowest_terms(num, other.den))
        } else if b == d {
            narrow(a.checked_add(c), Some(b))
        } else {
            let num = a.checked_mul(d).and_then(|ad| ad.checked_add(c.checked_mul(b)?));
            narrow(num, b.checked_mul(d))
        };
        fast.filter(|sum| sum.num != i64::MIN).unwrap_or_else(|| {
            let (a, b, c, d) = (i128::from(a), i128::from(b), i128::from(c), i128::from(d));
            // The products of 64-bit parts fit; only their sum may not.
            Self::from_wide((a * d).saturating_add(c * b), b * d)
        })
    }

    fn product(self, other: Self) -> Self {
        let (a, b, c, d) = (self.num, self.den.get(), other.num, other.den.get());
        if b == 1
            && d == 1
            && let Some(num) = a.checked_mul(c).filter(|num| *num != i64::MIN)
        {
            return Self::whole(num);
        }
        narrow(a.checked_mul(c), b.checked_mul(d))
            .unwrap_or_else(|| Self::from_wide(i128::from(a) * i128::from(c), i128::from(b) * i128::from(d)))
    }

    /// One over this; zero for zero.
    fn inverse(self) -> Self {
        match NonZeroI64::new(self.num.saturating_abs()) {
            Some(den) => Self::in_lowest_terms(self.den.get() * self.num.signum(), den),
            None => Self::ZERO,
        }
    }
}

impl Add for Ratio {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.sum(other)
    }
}

impl Sub for Ratio {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.sum(-other)
    }
}

impl Neg for Ratio {
    type Output = Self;
    fn neg(self) -> Self {
        Self { num: self.num.saturating_neg(), den: self.den }
    }
}

impl Mul for Ratio {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.product(other)
    }
}

impl Div for Ratio {
    type Output = Self;
    /// The quotient; zero for a zero divisor.
    fn div(self, other: Self) -> Self {
        self.product(other.inverse())
    }
}

impl Rem for Ratio {
    type Output = Self;
    /// The remainder with the sign of the divisor; zero for a zero divisor.
    fn rem(self, other: Self) -> Self {
        if other.is_zero() {
            return Self::ZERO;
        }
        self - other * (self / other).floor()
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.den == other.den {
            return self.num.cmp(&other.num);
        }
        let wide = |r: &Self, s: &Self| i128::from(r.num) * i128::from(s.den.get());
        match (self.num.checked_mul(other.den.get()), other.num.checked_mul(self.den.get())) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => wide(self, other).cmp(&wide(other, self)),
        }
    }
}

impl From<i64> for Ratio {
    fn from(n: i64) -> Self {
        Self::whole(n)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
