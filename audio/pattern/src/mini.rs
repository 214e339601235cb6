//! Mini-notation: rhythm as text.
//!
//! A sequence is elements side by side, sharing one cycle:
//!
//! ```text
//! list     = sequence { "," sequence } | sequence { "|" sequence } | sequence { "." sequence }
//! sequence = [ "^" ] element { element }
//! element  = ( word | "[" list "]" | "<" list ">" | "{" list "}" [ "%" part ] ) { suffix }
//! suffix   = "*" part | "/" part | "!" [n] | "@" [n] | "_" | "?" [n] | ":" part | ".." part
//!          | "(" sequence "," sequence [ "," sequence ] ")"
//! ```
//!
//! `,` plays at once, `|` picks one each cycle, `.` groups into feet. `<>` plays one element a cycle,
//! `{}` keeps the first list's pace. `~` and `-` rest, `_` holds.

use thiserror::Error;

use crate::build::MAX_SEQUENCE;
use crate::random::random_at;
use crate::{Fault, Join, Pattern, Ratio, SourceSpan, Value};

/// How deep brackets may nest.
const MAX_NESTING: usize = 48;

/// The longest text, in bytes: a long tune is a hundredth of it.
const MAX_TEXT_BYTES: usize = 32_768;

/// The distance between the random streams of one text, in cycles.
const STREAM_OFFSET: f64 = 0.0003;

/// Why a text is no mini-notation.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct MiniError {
    /// What was wrong, in words.
    pub message: String,
    /// The place in the text, in bytes.
    pub at: usize,
}

/// Reads mini-notation.
///
/// # Errors
/// [`MiniError`] with the place of the first thing that is not mini-notation.
pub fn mini(text: &str) -> Result<Pattern, MiniError> {
    mini_at(text, 0)
}

/// Reads mini-notation that starts at byte `offset` of a larger source, so that events know where
/// they were written.
///
/// # Errors
/// As [`mini`]; the place counts from the start of `text`.
pub fn mini_at(text: &str, offset: u32) -> Result<Pattern, MiniError> {
    let mut parser = Parser { text, at: 0, offset, streams: 0, nesting: 0 };
    if text.len() > MAX_TEXT_BYTES {
        return Err(parser.error(format!("the text is longer than {MAX_TEXT_BYTES} bytes")));
    }
    parser.skip_space();
    if parser.peek().is_none() {
        return Ok(Pattern::silence());
    }
    let list = parser.list()?;
    match parser.peek() {
        None => Ok(list.into_pattern(&mut parser)),
        Some(c) if matches!(c, ',' | '|' | '.') => {
            Err(parser.error(format!("{c:?} cannot be mixed with the other separator here; use brackets")))
        }
        Some(c) => Err(parser.error(format!("did not expect {c:?}"))),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    offset: u32,
    /// The next random stream: each `?`, `|` list and `.` list takes one when it is read.
    streams: u32,
    nesting: usize,
}

/// A sequence and the sum of its weights.
struct Sequence {
    pattern: Pattern,
    weight: Ratio,
}

/// What stands between brackets.
enum List {
    Together(Vec<Sequence>),
    OneOf(Vec<Sequence>, u32),
    Feet(Vec<Sequence>),
}

struct Element {
    pattern: Pattern,
    weight: Ratio,
}

enum Suffix {
    Fast(Pattern),
    Slow(Pattern),
    Replicate(i64),
    Degrade(f64, u32),
    Tail(Pattern),
    Range(Pattern),
    Euclid(Vec<Pattern>),
}

impl List {
    fn into_pattern(self, _parser: &mut Parser<'_>) -> Pattern {
        match self {
            Self::Together(mut all) if all.len() == 1 => all.pop().map(|one| one.pattern).unwrap_or_default(),
            Self::Together(all) => Pattern::stack(all.into_iter().map(|one| one.pattern).collect()),
            Self::OneOf(all, stream) => {
                let choices = all.into_iter().map(|one| one.pattern).collect();
                Pattern::choose_with(&stream_of(stream).segment(Ratio::ONE), choices).inner_join()
            }
            Self::Feet(all) => Pattern::fastcat(all.into_iter().map(|one| one.pattern).collect()),
        }
    }

    /// The sequences that play at once; one for the other kinds of list.
    fn into_sequences(self, parser: &mut Parser<'_>) -> Vec<Sequence> {
        match self {
            Self::Together(all) => all,
            Self::Feet(all) => {
                let weight = Ratio::whole(all.len() as i64);
                vec![Sequence { pattern: Self::Feet(all).into_pattern(parser), weight }]
            }
            one_of @ Self::OneOf(..) => {
                vec![Sequence { pattern: one_of.into_pattern(parser), weight: Ratio::ONE }]
            }
        }
    }
}

/// The random numbers of stream `k`.
fn stream_of(k: u32) -> Pattern {
    let shift = Ratio::from_f64(STREAM_OFFSET * f64::from(k));
    Pattern::signal(|state, t| Value::Number(random_at(state, t))).early(shift)
}

impl Parser<'_> {
    fn error(&self, message: impl Into<String>) -> MiniError {
        MiniError { message: message.into(), at: self.at }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, c: char, after: &str) -> Result<(), MiniError> {
        self.skip_space();
        if self.eat(c) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(found) => self.error(format!("expected {c:?} to close {after}, found {found:?}")),
            None => self.error(format!("{after} is not closed with {c:?}")),
        })
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    fn stream(&mut self) -> u32 {
        self.streams += 1;
        self.streams - 1
    }

    fn list(&mut self) -> Result<List, MiniError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(format!("brackets nest deeper than {MAX_NESTING}")));
        }
        let mut all = vec![self.sequence()?];
        let separator = self.peek().filter(|c| matches!(c, ',' | '|' | '.'));
        if let Some(separator) = separator {
            while self.eat(separator) {
                all.push(self.sequence()?);
            }
        }
        self.nesting -= 1;
        Ok(match separator {
            Some('|') => List::OneOf(all, self.stream()),
            Some('.') => {
                self.stream();
                List::Feet(all)
            }
            _ => List::Together(all),
        })
    }

    fn sequence(&mut self) -> Result<Sequence, MiniError> {
        let mut elements: Vec<(Ratio, Pattern)> = Vec::new();
        self.skip_space();
        if self.peek() == Some('^') {
            self.bump();
        }
        while let Some(element) = self.element()? {
            if elements.len() >= MAX_SEQUENCE {
                return Err(self.error(format!("a sequence has more than {MAX_SEQUENCE} elements")));
            }
            elements.push((element.weight, element.pattern));
        }
        if elements.is_empty() {
            return Err(match self.peek() {
                Some(c) => self.error(format!("expected something to play, found {c:?}")),
                None => self.error("expected something to play, found the end"),
            });
        }
        let weight = elements.iter().fold(Ratio::ZERO, |sum, (weight, _)| sum + *weight);
        let single = elements.len() == 1;
        let mut pattern = Pattern::timecat(elements);
        if single {
            pattern = pattern.with_steps(Some(weight));
        }
        Ok(Sequence { pattern, weight })
    }

    fn element(&mut self) -> Result<Option<Element>, MiniError> {
        let Some(pattern) = self.part()? else { return Ok(None) };
        let mut weight = Ratio::ONE;
        let mut replicas = 1;
        let mut suffixes = Vec::new();
        loop {
            match self.peek() {
                Some('*') => {
                    self.bump();
                    suffixes.push(Suffix::Fast(self.operand("*")?));
                    continue;
                }
                Some('/') => {
                    self.bump();
                    suffixes.push(Suffix::Slow(self.operand("/")?));
                    continue;
                }
                Some('?') => {
                    self.bump();
                    let amount = self.amount().unwrap_or(0.5);
                    suffixes.push(Suffix::Degrade(amount, self.stream()));
                    continue;
                }
                Some(':') => {
                    self.bump();
                    suffixes.push(Suffix::Tail(self.operand(":")?));
                    continue;
                }
                Some('(') => {
                    suffixes.push(Suffix::Euclid(self.euclid()?));
                    continue;
                }
                _ => {}
            }
            let before = self.at;
            self.skip_space();
            if self.eat('@') || self.eat('_') {
                let by = self.amount().unwrap_or(2.0);
                weight = weight + Ratio::from_f64(by) - Ratio::ONE;
            } else if self.eat('!') {
                let by = self.amount().unwrap_or(2.0).ceil();
                replicas += by.clamp(-1.0, MAX_SEQUENCE as f64 + 1.0) as i64 - 1;
                if replicas > MAX_SEQUENCE as i64 {
                    return Err(self.error(format!("an element repeats more than {MAX_SEQUENCE} times")));
                }
                suffixes.retain(|suffix| !matches!(suffix, Suffix::Replicate(_)));
                suffixes.push(Suffix::Replicate(replicas));
                weight = Ratio::whole(replicas);
            } else if self.rest().starts_with("..") {
                self.at += 2;
                self.skip_space();
                suffixes.push(Suffix::Range(self.operand("..")?));
            } else {
                // The space belongs to whatever follows, but only a bracket needs to know.
                let _ = before;
                break;
            }
        }
        let pattern = suffixes.into_iter().fold(pattern, apply);
        Ok(Some(Element { pattern, weight }))
    }

    fn operand(&mut self, after: &str) -> Result<Pattern, MiniError> {
        self.part()?.ok_or_else(|| self.error(format!("expected a value after {after:?}")))
    }

    fn part(&mut self) -> Result<Option<Pattern>, MiniError> {
        match self.peek() {
            Some('[') => {
                self.bump();
                let list = self.list()?;
                self.expect(']', "\"[\"")?;
                Ok(Some(list.into_pattern(self)))
            }
            Some('<') => {
                self.bump();
                let list = self.list()?;
                self.expect('>', "\"<\"")?;
                let slowed = list.into_sequences(self).into_iter().map(|one| one.pattern.slow(one.weight));
                Ok(Some(Pattern::stack(slowed.collect())))
            }
            Some('{') => {
                self.bump();
                let list = self.list()?;
                self.expect('}', "\"{\"")?;
                let steps = if self.eat('%') { Some(self.operand("%")?) } else { None };
                let sequences = list.into_sequences(self);
                let pace = sequences.first().map_or(Ratio::ONE, |first| first.weight);
                let steps = steps.unwrap_or_else(|| Pattern::pure(pace.to_f64()));
                let paced = sequences.into_iter().map(|Sequence { pattern, weight }| {
                    let paced = Pattern::with_arguments(std::slice::from_ref(&steps), move |values| {
                        pattern.fast(crate::time::ratio_of(values.first()) / weight)
                    });
                    // The pace is joined anew each cycle, and cuts what crosses into it.
                    paced.cut_at_cycles()
                });
                Ok(Some(Pattern::stack(paced.collect())))
            }
            Some(c) if is_word(c) => Ok(self.word()),
            _ => Ok(None),
        }
    }

    fn word(&mut self) -> Option<Pattern> {
        let start = self.at;
        let length = self.rest().find(|c| !is_word(c)).unwrap_or(self.rest().len());
        let word = self.rest().get(..length).unwrap_or_default();
        if matches!(word, "." | "_" | "..") {
            return None;
        }
        let pattern = match word {
            "~" | "-" => Pattern::silence(),
            word => {
                let value = js_number(word).map_or_else(|| Value::text(word), Value::Number);
                let start = self.offset.saturating_add(start as u32);
                let source = SourceSpan { start, end: start.saturating_add(length as u32) };
                Pattern::pure_at(value, source)
            }
        };
        self.at += length;
        Some(pattern)
    }

    /// The number after a sign such as `@`. One without a digit before its point is the next step.
    fn amount(&mut self) -> Option<f64> {
        if self.rest().starts_with('.') { None } else { self.number() }
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with('-'));
        let digits = rest.get(length..)?;
        let count = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        length += count;
        let number = rest.get(..length)?.parse().ok()?;
        self.at += length;
        Some(number)
    }

    fn euclid(&mut self) -> Result<Vec<Pattern>, MiniError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(format!("brackets nest deeper than {MAX_NESTING}")));
        }
        self.bump();
        let mut arguments = vec![self.sequence()?.pattern];
        while self.eat(',') {
            arguments.push(self.sequence()?.pattern);
        }
        if !(2..=3).contains(&arguments.len()) {
            return Err(self.error("a rhythm needs (beats, steps) or (beats, steps, rotation)"));
        }
        self.expect(')', "\"(\"")?;
        self.nesting -= 1;
        Ok(arguments)
    }
}

/// Reads a word as JavaScript's `Number()` would.
fn js_number(word: &str) -> Option<f64> {
    match word.strip_prefix('-').unwrap_or(word) {
        "Infinity" => return Some(if word.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        rest if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') => return None,
        _ => {}
    }
    if let Some(hex) = word.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok().map(f64::from);
    }
    word.parse().ok()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '~' | '-' | '#' | '.' | '^' | '_' | '\'' | '+' | '=' | '$')
}

fn apply(pattern: Pattern, suffix: Suffix) -> Pattern {
    match suffix {
        Suffix::Fast(by) => {
            Pattern::with_arguments(&[by], move |values| match values.first().map(Value::numeral) {
                Some(Ok(by)) => pattern.fast(Ratio::from_f64(by)),
                Some(Err(fault)) => Pattern::fault(fault),
                None => Pattern::silence(),
            })
        }
        Suffix::Slow(by) => {
            Pattern::with_arguments(&[by], move |values| match values.first().map(Value::numeral) {
                Some(Ok(by)) => pattern.slow(Ratio::from_f64(by)),
                Some(Err(fault)) => Pattern::fault(fault),
                None => Pattern::silence(),
            })
        }
        Suffix::Replicate(n) => pattern.repeat_cycles(n).fast(Ratio::whole(n)),
        Suffix::Degrade(amount, stream) => pattern.degrade_by_with(&stream_of(stream), amount),
        Suffix::Tail(tail) => pattern.apply_left(&tail, |head, tail| {
            let mut list = match head {
                Value::List(list) => list.to_vec(),
                head => vec![head.clone()],
            };
            list.push(tail.clone());
            Ok(Some(Value::list(list)))
        }),
        Suffix::Range(end) => pattern.bind(Join::Squeeze, move |from| {
            let from = from.clone();
            Ok(end.bind(Join::Mix, move |to| counted(&from, to)))
        }),
        Suffix::Euclid(arguments) => Pattern::with_arguments(&arguments, move |values| {
            let numbers: Result<Vec<f64>, Fault> = values.iter().map(Value::numeral).collect();
            match numbers.as_deref() {
                Ok([beats, steps]) => checked_euclid(&pattern, *beats, *steps, 0.0),
                Ok([beats, steps, rotation]) => checked_euclid(&pattern, *beats, *steps, *rotation),
                Ok(_) => Pattern::silence(),
                Err(fault) => Pattern::fault(fault.clone()),
            }
        }),
    }
}

fn checked_euclid(pattern: &Pattern, beats: f64, steps: f64, rotation: f64) -> Pattern {
    if beats.abs() > steps {
        return Pattern::fault(Fault::value(format!(
            "({beats},{steps}) asks for more beats than there are steps"
        )));
    }
    if steps > MAX_SEQUENCE as f64 {
        return Pattern::fault(Fault::value(format!("({beats},{steps}) has more than {MAX_SEQUENCE} steps")));
    }
    pattern.euclid(beats as i64, steps as i64, rotation as i64)
}

fn counted(from: &Value, to: &Value) -> Result<Pattern, Fault> {
    let (from, to) = (from.numeral()?, to.numeral()?);
    let count = (to - from).abs().floor() + 1.0;
    if count.is_nan() || count > MAX_SEQUENCE as f64 {
        return Err(Fault::value(format!("{from} .. {to} has more than {MAX_SEQUENCE} numbers")));
    }
    let step = if from < to { 1.0 } else { -1.0 };
    let numbers = (0..count as i64).map(|i| Pattern::pure(from + step * i as f64));
    Ok(Pattern::fastcat(numbers.collect()))
}
