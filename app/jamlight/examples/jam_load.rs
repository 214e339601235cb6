//! Load on a host, measured: `jam_load CELL [--plain]`, one line of JSON each.
//!
//! | cell | what |
//! |---|---|
//! | `run [--rooms 100] [--sockets 500] [--rate 1000] [--secs 20] [--stalled 0]` | messages through rooms with roles, journal and TLS |
//! | `idle [--sockets 10000]` | memory of members who do nothing |
//! | `resume [--sockets 500]` | everyone comes back at once |
//!
//! The host is a process of its own, so its CPU and memory are its own. Latency counts from the moment
//! a message was due, not from when it was sent. `foreign_cpu` is what other programs took meanwhile:
//! above a few per cent no latency means anything.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for one's own machine: it may end with what went wrong"
)]

#[path = "jam_load/guest.rs"]
mod guest;
#[path = "jam_load/host.rs"]
mod host;
#[path = "jam_load/measure.rs"]
mod measure;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sync_protocol::JoinLink;

use guest::{Guest, Seen, hello};
use measure::{Latencies, Usage, foreign_share, fsyncs};

/// Sockets opened at once: a LAN's burst, not a flood.
const BURST: usize = 25;

struct Options {
    plain: bool,
    numbers: HashMap<String, f64>,
}

impl Options {
    fn get(&self, name: &str, default: f64) -> f64 {
        self.numbers.get(name).copied().unwrap_or(default)
    }
}

struct Host {
    process: Child,
    links: Vec<JoinLink>,
}

impl Host {
    fn start(rooms: usize, plain: bool) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve", "--rooms", &rooms.to_string()]).args(plain.then_some("--plain"));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let links = line["links"].as_array().unwrap().iter();
        let links = links.map(|link| JoinLink::parse(link.as_str().unwrap()).unwrap()).collect();
        Self { process, links }
    }

    fn usage(&self) -> Usage {
        Usage::of(self.process.id())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let cell = words.next().unwrap_or_else(|| "run".to_owned());
    let words: Vec<String> = words.collect();
    let mut options = Options { plain: words.iter().any(|word| word == "--plain"), numbers: HashMap::new() };
    for pair in words.windows(2) {
        if let (Some(name), Ok(number)) = (pair[0].strip_prefix("--"), pair[1].parse()) {
            options.numbers.insert(name.to_owned(), number);
        }
    }
    if cell == "serve" {
        return host::serve(options.get("rooms", 1.0) as usize, options.plain);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(async {
        match cell.as_str() {
            "run" => run(&options).await,
            "idle" => idle(&options).await,
            "resume" => resume(&options).await,
            other => panic!("there is no cell {other:?}"),
        }
    });
    println!("{report}");
}

async fn join_all(host: &Host, num: usize) -> Vec<Guest> {
    let mut guests = Vec::with_capacity(num);
    while guests.len() < num {
        let burst = BURST.min(num - guests.len());
        let joins = (0..burst).map(|n| {
            let n = guests.len() + n;
            let link = host.links[n % host.links.len()].clone();
            tokio::spawn(async move { Guest::join(&link, hello(&link, &format!("guest {n}"))).await })
        });
        for join in joins.collect::<Vec<_>>() {
            guests.push(join.await.unwrap());
        }
    }
    guests
}

async fn run(options: &Options) -> Value {
    let num_rooms = options.get("rooms", 100.0) as usize;
    let num_sockets = options.get("sockets", 500.0) as usize;
    let rate = options.get("rate", 1_000.0);
    let secs = options.get("secs", 20.0);
    let stalled = options.get("stalled", 0.0);
    let host = Host::start(num_rooms, options.plain);
    let guests = join_all(&host, num_sockets).await;
    let seen = Arc::new(Seen::default());
    let start = Instant::now();
    let mut senders = Vec::new();
    for (n, guest) in guests.into_iter().enumerate() {
        // The first sockets of a room write; some of the others never read.
        let is_stalled =
            n >= num_rooms && ((n / num_rooms) as f64) < 1.0 + stalled * (num_sockets / num_rooms) as f64;
        let seen = (!is_stalled).then(|| seen.clone());
        senders.push(guest.run(start, seen, n < num_rooms));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    seen.begin();
    let fsync = fsyncs(Duration::from_secs_f64(secs));
    let ours = [host.process.id(), std::process::id()];
    let (before, cpu_before) = (host.usage(), foreign_share(None, &ours).0);
    let began = start.elapsed();
    let num_sent = AtomicU64::new(0);
    let mut due = began;
    let step = Duration::from_secs_f64(1.0 / rate);
    while due < began + Duration::from_secs_f64(secs) {
        let now = start.elapsed();
        if due > now {
            tokio::time::sleep((due - now).max(Duration::from_millis(1))).await;
        }
        let now = start.elapsed();
        while due <= now {
            let n = num_sent.fetch_add(1, Ordering::Relaxed);
            let room = n as usize % num_rooms;
            // Half are moves, half are kept.
            senders[room].say(n, (n / num_rooms as u64).is_multiple_of(2), due);
            due += step;
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = host.usage();
    let (_, foreign) = foreign_share(Some(cpu_before), &ours);
    let (moves, kept) = seen.end();
    let per_room = (num_sockets / num_rooms) as u64;
    let num_stalled = (0..num_sockets)
        .filter(|n| *n >= num_rooms && ((*n / num_rooms) as f64) < 1.0 + stalled * per_room as f64)
        .count() as u64;
    let num_sent = num_sent.into_inner();
    let readers = num_sockets as u64 - num_stalled;
    // Each message reaches every reader of its room, its sender too.
    let expected = num_sent * readers / num_rooms as u64;
    let delivered = (moves.len() + kept.len()) as u64;
    json!({
        "cell": "run", "tls": !options.plain, "rooms": num_rooms, "sockets": num_sockets, "stalled": num_stalled,
        "rate": rate, "secs": secs, "sent": num_sent, "expected": expected, "delivered": delivered,
        "lost": expected.saturating_sub(delivered),
        "moves_ms": moves.report(), "kept_ms": kept.report(), "fsync_ms": fsync.join().unwrap().report(),
        "host_cpu_us_per_frame": (after.cpu_secs - before.cpu_secs) * 1e6 / delivered.max(1) as f64,
        "host_cores": (after.cpu_secs - before.cpu_secs) / (secs + 2.0),
        "host_rss_mb": after.rss_mb, "foreign_cpu": foreign,
    })
}

async fn idle(options: &Options) -> Value {
    let num_sockets = options.get("sockets", 10_000.0) as usize;
    let host = Host::start(100, options.plain);
    let before = host.usage();
    let guests = join_all(&host, num_sockets).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = host.usage();
    json!({
        "cell": "idle", "tls": !options.plain, "sockets": guests.len(), "rss_before_mb": before.rss_mb,
        "rss_mb": after.rss_mb, "kb_per_socket": (after.rss_mb - before.rss_mb) * 1024.0 / guests.len() as f64,
    })
}

async fn resume(options: &Options) -> Value {
    let num_sockets = options.get("sockets", 500.0) as usize;
    let host = Host::start(100, options.plain);
    let guests = join_all(&host, num_sockets).await;
    let tokens: Vec<(usize, Value)> =
        guests.iter().enumerate().map(|(n, guest)| (n % host.links.len(), guest.hello_again())).collect();
    drop(guests);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    let joins: Vec<_> = tokens
        .into_iter()
        .map(|(room, hello)| {
            let link = host.links[room].clone();
            tokio::spawn(async move {
                Guest::join(&link, hello).await;
                start.elapsed()
            })
        })
        .collect();
    let mut latencies = Latencies::default();
    for join in joins {
        latencies.add(join.await.unwrap().as_secs_f64() * 1e3);
    }
    json!({"cell": "resume", "tls": !options.plain, "sockets": num_sockets, "back_after_ms": latencies.report()})
}
