use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What `/metrics` counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) conns: AtomicI64,
    pub(crate) conns_total: AtomicU64,
    pub(crate) conns_refused: AtomicU64,
    pub(crate) sockets: AtomicI64,
    pub(crate) watchers: AtomicI64,
    pub(crate) messages_in: AtomicU64,
    pub(crate) messages_out: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) evicted: AtomicU64,
    pub(crate) auth_failed: AtomicU64,
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, num: u64) {
        counter.fetch_add(num, Ordering::Relaxed);
    }

    /// Returns everything in Prometheus' text format 0.0.4.
    pub(crate) fn render(&self) -> String {
        let gauge = |value: &AtomicI64| value.load(Ordering::Relaxed).to_string();
        let count = |value: &AtomicU64| value.load(Ordering::Relaxed).to_string();
        let mut text = String::new();
        for (name, kind, help, value) in [
            ("connections", "gauge", "TCP connections now.", gauge(&self.conns)),
            ("connections_total", "counter", "TCP connections so far.", count(&self.conns_total)),
            ("connections_refused_total", "counter", "Connections over a limit.", count(&self.conns_refused)),
            ("sockets", "gauge", "WebSockets now.", gauge(&self.sockets)),
            ("watchers", "gauge", "Guests who see pictures now.", gauge(&self.watchers)),
            ("messages_in_total", "counter", "WebSocket messages received.", count(&self.messages_in)),
            ("messages_out_total", "counter", "WebSocket messages sent.", count(&self.messages_out)),
            ("bytes_out_total", "counter", "Bytes of messages sent.", count(&self.bytes_out)),
            ("messages_malformed_total", "counter", "Messages that made no sense.", count(&self.malformed)),
            ("members_evicted_total", "counter", "Connections closed for being slow.", count(&self.evicted)),
            ("auth_failed_total", "counter", "Wrong secrets.", count(&self.auth_failed)),
        ] {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "# HELP jamlight_{name} {help}\n# TYPE jamlight_{name} {kind}\njamlight_{name} {value}"
            );
        }
        text
    }
}
