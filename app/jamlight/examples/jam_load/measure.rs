//! Times, memory, CPU.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Latencies(Vec<f64>);

impl Latencies {
    pub(crate) fn add(&mut self, millis: f64) {
        self.0.push(millis);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn report(mut self) -> Value {
        self.0.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let idx = (self.0.len() as f64 * share) as usize;
            self.0.get(idx.min(self.0.len().saturating_sub(1))).map(|millis| (millis * 100.0).round() / 100.0)
        };
        json!({"n": self.0.len(), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)})
    }
}

pub(crate) struct Usage {
    pub(crate) cpu_secs: f64,
    pub(crate) rss_mb: f64,
}

impl Usage {
    pub(crate) fn of(process: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let rss = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
        Self { cpu_secs: ticks(process) / 100.0, rss_mb: rss.unwrap_or(0.0) / 1024.0 }
    }
}

fn ticks(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let fields = after_name.split(' ');
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum()
}

/// What the machine and we had used, in ticks.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    busy: f64,
    total: f64,
    ours: f64,
}

/// Returns where the counters stand, and the share of the machine that others took since `before`.
pub(crate) fn foreign_share(before: Option<Before>, ours: &[u32]) -> (Before, f64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let fields: Vec<f64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let total: f64 = fields.iter().take(8).sum();
    let idle: f64 = fields.iter().skip(3).take(2).sum();
    let now = Before { busy: total - idle, total, ours: ours.iter().map(|process| ticks(*process)).sum() };
    let share = before.map_or(0.0, |before| {
        let foreign = (now.busy - before.busy) - (now.ours - before.ours);
        foreign.max(0.0) / (now.total - before.total).max(1.0)
    });
    (now, (share * 1000.0).round() / 1000.0)
}

/// Syncs a small write twenty times a second: what the disk itself takes.
pub(crate) fn fsyncs(time: Duration) -> std::thread::JoinHandle<Latencies> {
    std::thread::spawn(move || {
        let mut file = tempfile::tempfile().unwrap();
        let (mut latencies, start) = (Latencies::default(), Instant::now());
        while start.elapsed() < time {
            file.write_all(&[7; 4_096]).unwrap();
            let at = Instant::now();
            file.sync_data().unwrap();
            latencies.add(at.elapsed().as_secs_f64() * 1e3);
            std::thread::sleep(Duration::from_millis(50));
        }
        latencies
    })
}
