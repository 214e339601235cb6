//! Times patterns: `events_per_second PATTERNS.json [CYCLES]`, a list of `{id, code}`. Queries each
//! cycle by cycle and prints events per second of this thread's time.
#![expect(clippy::disallowed_methods, reason = "a timing needs a clock and a file")]

use std::time::Instant;

use app_script::{Settings, evaluate};
use audio_pattern::Span;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().unwrap_or_default();
    let cycles: i64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => return eprintln!("{error}: {file}"),
    };
    let patterns: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let (mut all_events, mut all_seconds) = (0_usize, 0.0);
    for pattern in patterns.as_array().into_iter().flatten() {
        let field = |name: &str| pattern.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        let program = match evaluate(field("code"), &Settings::default()) {
            Ok(program) => program,
            Err(error) => {
                eprintln!("{}: {error}", field("id"));
                continue;
            }
        };
        let start = Instant::now();
        let mut events = 0;
        for cycle in 0..cycles {
            match program.query(Span::cycles(cycle, cycle + 1)) {
                Ok(haps) => events += haps.iter().filter(|hap| hap.has_onset()).count(),
                Err(fault) => return eprintln!("{}: {fault}", field("id")),
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{:12} {events:8} events {seconds:7.3} s {:10.0} events/s",
            field("id"),
            events as f64 / seconds
        );
        all_events += events;
        all_seconds += seconds;
    }
    println!(
        "{:12} {all_events:8} events {all_seconds:7.3} s {:10.0} events/s",
        "all",
        all_events as f64 / all_seconds
    );
}
