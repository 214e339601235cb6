//! How long hostile code takes to be refused, and how much memory: each text in a process of its own.
//!
//! `hostile` runs them all and prints a line for each; the status is 1 where one is over its limit.
#![expect(clippy::disallowed_methods, reason = "an example measures with the machine's clock")]

#[path = "../tests/it/hostile.rs"]
mod cases;

use std::process::{Command, ExitCode};
use std::time::Instant;

use app_script::{Settings, evaluate};
use audio_pattern::Span;
use cases::HOSTILE;

/// What each may take at most, in milliseconds.
const MAX_MILLIS: f64 = 100.0;
/// How much the process may grow by, in MB.
const MAX_GROWTH_MB: f64 = 64.0;

fn main() -> ExitCode {
    match std::env::args().nth(1).and_then(|idx| idx.parse::<usize>().ok()) {
        Some(idx) => one(HOSTILE.get(idx).copied().unwrap_or_default()),
        None => all(),
    }
}

/// The most memory this process had, in MB.
fn most_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

fn ends(source: &str) -> Result<usize, String> {
    let program = evaluate(source, &Settings::default()).map_err(|error| error.to_string())?;
    program.query(Span::cycles(0, 4)).map(|haps| haps.len()).map_err(|fault| fault.to_string())
}

fn one(source: &str) -> ExitCode {
    // What is made once in a process is no text's fault.
    let warm = ends("s(\"bd*2\").fmap(x => x)");
    let (before_mb, began) = (most_mb(), Instant::now());
    let ended = ends(source);
    let millis = began.elapsed().as_secs_f64() * 1e3;
    let growth_mb = most_mb() - before_mb;
    let refused = ended.as_ref().err().map(|error| error.lines().next().unwrap_or_default().to_owned());
    println!("{millis:.2}\t{growth_mb:.1}\t{}", refused.unwrap_or_else(|| format!("plays {ended:?}")));
    if warm.is_ok() && ended.is_err() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all() -> ExitCode {
    let Ok(program) = std::env::current_exe() else { return ExitCode::FAILURE };
    let (mut worst_millis, mut worst_mb, mut over) = (0.0f64, 0.0f64, 0);
    for (idx, source) in HOSTILE.iter().enumerate() {
        let Ok(ran) = Command::new(&program).arg(idx.to_string()).output() else { return ExitCode::FAILURE };
        let line = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
        let mut fields = line.split('\t').map(|field| field.parse::<f64>().unwrap_or(f64::INFINITY));
        let (millis, mb) = (fields.next().unwrap_or(f64::INFINITY), fields.next().unwrap_or(f64::INFINITY));
        let bad = !ran.status.success() || millis > MAX_MILLIS || mb > MAX_GROWTH_MB;
        over += usize::from(bad);
        (worst_millis, worst_mb) = (worst_millis.max(millis), worst_mb.max(mb));
        println!("{}{line}\t{}", if bad { "OVER\t" } else { "" }, source.replace('\n', " "));
    }
    println!("{} texts: {over} over; at most {worst_millis:.1} ms and {worst_mb:.1} MB", HOSTILE.len());
    if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
