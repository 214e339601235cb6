//! Methods of texts.

use std::sync::Arc;

use crate::code::At;
use crate::error::Result;
use crate::eval::Eval;
use crate::js::Js;

impl Eval {
    pub(super) fn text_method(&self, text: &Arc<str>, name: &str, arguments: &[Js], at: At) -> Result<Js> {
        let first = arguments.first().map(Js::display).unwrap_or_default();
        let second = arguments.get(1).map(Js::display).unwrap_or_default();
        let count = text.chars().count();
        self.runtime.spend_steps(count / 64, at)?;
        let made = |made: String| -> Result<Js> {
            self.runtime.spend_bytes(made.len(), at)?;
            Ok(Js::text(&made))
        };
        let place = |i: usize, missing: f64, wrap: bool| {
            let x = arguments.get(i).filter(|v| !v.is_nullish()).map_or(missing, Js::number);
            let x = if wrap && x < 0.0 { x + count as f64 } else { x };
            x.clamp(0.0, count as f64) as usize
        };
        let cut = |from: usize, to: usize| {
            text.chars().skip(from).take(to.saturating_sub(from)).collect::<String>()
        };
        let repeat = |unit: &str, times: f64| -> Result<String> {
            let size = unit.len() as f64 * times.max(0.0);
            self.runtime.spend_bytes(if size.is_finite() { size as usize } else { usize::MAX }, at)?;
            Ok(unit.repeat(times.max(0.0) as usize))
        };
        match name {
            "split" => {
                let parts: Vec<Js> = if first.is_empty() {
                    text.chars().map(|c| Js::text(c.encode_utf8(&mut [0; 4]))).collect()
                } else {
                    text.split(&first).map(Js::text).collect()
                };
                self.runtime.spend_bytes(parts.len() * 48 + text.len(), at)?;
                Ok(self.arena.list(parts))
            }
            "replace" => made(text.replacen(&first, &second, 1)),
            "replaceAll" => {
                let matches = if first.is_empty() { count + 1 } else { text.matches(&first).count() };
                self.runtime.spend_bytes(text.len() + matches.saturating_mul(second.len()), at)?;
                made(text.replace(&first, &second))
            }
            "repeat" => repeat(text, arguments.first().map_or(0.0, Js::number)).map(|text| Js::text(&text)),
            "padStart" | "padEnd" => {
                let unit = if arguments.len() > 1 { second } else { " ".into() };
                let missing = arguments.first().map_or(0.0, Js::number) - count as f64;
                let times = (missing / unit.chars().count().max(1) as f64).ceil();
                let pad: String = repeat(&unit, times)?.chars().take(missing.max(0.0) as usize).collect();
                made(if name == "padStart" { pad + text } else { text.to_string() + &pad })
            }
            "toUpperCase" => made(text.to_uppercase()),
            "toLowerCase" => made(text.to_lowercase()),
            "trim" => made(text.trim().to_owned()),
            "slice" => made(cut(place(0, 0.0, true), place(1, count as f64, true))),
            "substring" => {
                let (a, b) = (place(0, 0.0, false), place(1, count as f64, false));
                made(cut(a.min(b), a.max(b)))
            }
            "charAt" => made(cut(place(0, 0.0, false), place(0, 0.0, false) + 1)),
            "charCodeAt" => Ok(Js::Number(
                text.chars().nth(place(0, 0.0, false)).map_or(f64::NAN, |c| f64::from(u32::from(c))),
            )),
            "at" => Ok(text
                .chars()
                .nth(place(0, 0.0, true))
                .map_or(Js::Undefined, |c| Js::text(c.encode_utf8(&mut [0; 4])))),
            "includes" => Ok(Js::Bool(text.contains(&first))),
            "startsWith" => Ok(Js::Bool(text.starts_with(&first))),
            "endsWith" => Ok(Js::Bool(text.ends_with(&first))),
            "indexOf" => {
                let found =
                    text.find(&first).and_then(|at| text.get(..at)).map(|before| before.chars().count());
                Ok(Js::Number(found.map_or(-1.0, |i| i as f64)))
            }
            "concat" => {
                let all: String =
                    std::iter::once(text.to_string()).chain(arguments.iter().map(Js::display)).collect();
                made(all)
            }
            _ => Ok(Js::Text(text.clone())),
        }
    }
}
