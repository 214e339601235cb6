use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

/// Between two writes to one socket: nobody's screen shows more than sixty changes a second. What comes
/// sooner goes with the next write, which in a busy room saves most of them.
const INTERVAL: Duration = Duration::from_millis(16);
/// The longest interval, on a host that would otherwise do nothing but write.
const MAX_INTERVAL: Duration = Duration::from_millis(100);
/// Messages a second, to all sockets, that cost a host a few hundredths of a core. Above it the host is
/// busy: the interval grows, by a millisecond for each five hundred more, and what members say is taken in
/// when they are written to.
const EASY_MESSAGES_PER_SEC: u64 = 10_000;
const MESSAGES_PER_MILLI: u64 = 500;
/// How long messages are counted before the interval follows, in microseconds: a few turns of the rooms.
const WINDOW_MICROS: u64 = 500_000;

/// Messages of one member that are taken in in one turn, if they are there; then others have theirs.
pub(crate) const MAX_HEARD_AT_ONCE: usize = 64;

/// How much the host writes, to all sockets.
#[derive(Debug)]
pub(crate) struct Load {
    started_at: Instant,
    window_began_micros: AtomicU64,
    num_messages: AtomicU64,
    /// Of the last whole window.
    messages_per_sec: AtomicU64,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            started_at: Instant::now(),
            window_began_micros: AtomicU64::new(0),
            num_messages: AtomicU64::new(0),
            messages_per_sec: AtomicU64::new(0),
        }
    }

    /// Whether it is so much that what may wait a moment is better gathered.
    pub(crate) fn is_busy(&self) -> bool {
        self.messages_per_sec.load(Ordering::Relaxed) > EASY_MESSAGES_PER_SEC
    }

    /// Counts a write of so many messages; returns how long its socket waits until the next.
    fn wrote(&self, num: usize, now: Instant) -> Duration {
        let now_micros = now.duration_since(self.started_at).as_micros() as u64;
        let began_micros = self.window_began_micros.load(Ordering::Relaxed);
        let elapsed_micros = now_micros.saturating_sub(began_micros);
        // Whoever moves the window on first says how busy it was; a write that is counted into the
        // wrong one changes nothing that matters.
        if elapsed_micros >= WINDOW_MICROS
            && self
                .window_began_micros
                .compare_exchange(began_micros, now_micros, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let num_messages = self.num_messages.swap(0, Ordering::Relaxed);
            self.messages_per_sec.store(num_messages * 1_000_000 / elapsed_micros, Ordering::Relaxed);
        }
        self.num_messages.fetch_add(num as u64, Ordering::Relaxed);
        interval(self.messages_per_sec.load(Ordering::Relaxed))
    }
}

fn interval(messages_per_sec: u64) -> Duration {
    let more = messages_per_sec.saturating_sub(EASY_MESSAGES_PER_SEC) / MESSAGES_PER_MILLI;
    (INTERVAL + Duration::from_millis(more)).min(MAX_INTERVAL)
}

/// A socket's queue, taken out in batches. What comes to a socket at rest goes at once.
pub(crate) struct Paced<T> {
    queue: mpsc::Receiver<T>,
    /// Came too soon after the last batch.
    held: Option<T>,
    free_at: Instant,
    /// Whether more than one came for the last batch: then nobody is woken for what comes too soon.
    is_busy: bool,
}

impl<T> Paced<T> {
    pub(crate) fn new(queue: mpsc::Receiver<T>) -> Self {
        Self { queue, held: None, free_at: Instant::now(), is_busy: false }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_none() && self.queue.is_empty()
    }

    /// Waits for the next batch, `None` when the queue has ended. Nothing is lost when the caller
    /// gives up waiting.
    pub(crate) async fn next(&mut self, load: &Load) -> Option<Vec<T>> {
        if self.held.is_none() && self.is_busy {
            self.until_free().await;
        }
        if self.held.is_none() {
            self.held = Some(self.queue.recv().await?);
        }
        self.until_free().await;
        let mut batch: Vec<T> = self.held.take().into_iter().collect();
        while let Ok(next) = self.queue.try_recv() {
            batch.push(next);
        }
        self.is_busy = batch.len() > 1;
        let now = Instant::now();
        self.free_at = now + load.wrote(batch.len(), now);
        Some(batch)
    }

    /// Returns when to listen to the member again: at once, but on a busy host when it is written to, so
    /// that one turn does both.
    pub(crate) fn hears_at(&self, load: &Load) -> Option<Instant> {
        load.is_busy().then_some(self.free_at)
    }

    async fn until_free(&self) {
        if Instant::now() < self.free_at {
            tokio::time::sleep_until(self.free_at).await;
        }
    }
}

/// Waits for something, at the earliest until a moment.
pub(crate) async fn not_before<F: Future>(at: Option<Instant>, wait: F) -> F::Output {
    if let Some(at) = at.filter(|at| Instant::now() < *at) {
        tokio::time::sleep_until(at).await;
    }
    wait.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_goes_at_once_and_what_follows_goes_together() {
        let (sender, receiver) = mpsc::channel(16);
        let (mut queue, load, start) = (Paced::new(receiver), Load::new(), Instant::now());
        sender.try_send(1).unwrap();
        assert_eq!(queue.next(&load).await, Some(vec![1]));
        assert_eq!(start.elapsed(), Duration::ZERO);
        sender.try_send(2).unwrap();
        // Whoever gives up waiting loses nothing.
        assert!(tokio::time::timeout(Duration::from_millis(1), queue.next(&load)).await.is_err());
        assert!(!queue.is_empty());
        sender.try_send(3).unwrap();
        assert_eq!(queue.next(&load).await, Some(vec![2, 3]));
        assert_eq!(start.elapsed(), INTERVAL);
        drop(sender);
        assert_eq!(queue.next(&load).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_writes_much_writes_seldomer_to_each() {
        let load = Load::new();
        for _ in 0..1_500 {
            tokio::time::advance(Duration::from_millis(1)).await;
            load.wrote(40, Instant::now());
        }
        let busy = load.wrote(1, Instant::now());
        assert!(load.is_busy() && busy > Duration::from_millis(60) && busy <= MAX_INTERVAL, "{busy:?}");
        tokio::time::advance(Duration::from_secs(1)).await;
        load.wrote(1, Instant::now());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(load.wrote(1, Instant::now()), INTERVAL);
        assert!(!load.is_busy());
    }
}
