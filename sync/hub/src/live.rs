use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sync_protocol::{Blob, MemberId, Presence, RoomTransport, SignalDigest, TextId, ToMember};

use crate::awareness::Cursors;

/// Cursors and presence leave a room at most ten times a second: what a hand can tell from smooth.
const NEWS_INTERVAL: Duration = Duration::from_millis(100);
/// The host's beat is passed on at most so often; it sends four a second.
const TRANSPORT_INTERVAL: Duration = Duration::from_millis(50);
/// The host's signal is passed on at most so often: a little above its thirty a second.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(25);

/// What is true now and never journaled: cursors, presence, the beat, the host's signal. The latest
/// of each wins.
#[derive(Debug)]
pub(crate) struct Live {
    opened_at: Instant,
    presence: BTreeMap<MemberId, (Presence, bool)>,
    cursors: BTreeMap<TextId, Cursors>,
    news_free_at: Instant,
    transport: Option<RoomTransport>,
    transport_free_at: Instant,
    signal_free_at: Instant,
}

impl Live {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            opened_at: now,
            presence: BTreeMap::new(),
            cursors: BTreeMap::new(),
            news_free_at: now,
            transport: None,
            transport_free_at: now,
            signal_free_at: now,
        }
    }

    /// Returns room time, in seconds since the room opened.
    pub(crate) fn room_secs(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.opened_at).as_secs_f64()
    }

    /// Returns the beat at a room time, 0 while nobody has said where it is.
    pub(crate) fn beat_at(&self, room_secs: f64) -> f64 {
        self.transport.map_or(0.0, |transport| transport.beat_at(room_secs))
    }

    /// Returns how long a bar is, in seconds.
    pub(crate) fn bar_secs(&self) -> f64 {
        self.transport
            .map_or(2.0, |transport| f64::from(transport.beats_per_bar) * 60.0 / transport.tempo_bpm)
    }

    pub(crate) fn set_presence(&mut self, member: MemberId, presence: Presence) {
        let known = self.presence.entry(member).or_default();
        if known.0 != presence {
            *known = (presence, true);
        }
    }

    pub(crate) fn set_cursors(&mut self, conn: u64, text: TextId, update: &[u8]) {
        self.cursors.entry(text).or_default().apply(conn, update);
    }

    /// Takes the host's beat; returns what is to be passed on now.
    pub(crate) fn set_transport(&mut self, transport: RoomTransport, now: Instant) -> Option<ToMember> {
        if !transport.is_valid() {
            return None;
        }
        self.transport = Some(transport);
        if now < self.transport_free_at {
            return None;
        }
        self.transport_free_at = now + TRANSPORT_INTERVAL;
        Some(ToMember::Transport { transport })
    }

    /// Takes the host's signal; returns what is to be passed on now.
    pub(crate) fn set_signal(&mut self, signal: SignalDigest, now: Instant) -> Option<ToMember> {
        if now < self.signal_free_at {
            return None;
        }
        self.signal_free_at = now + SIGNAL_INTERVAL;
        Some(ToMember::Signal { signal })
    }

    pub(crate) fn conn_left(&mut self, conn: u64) {
        self.cursors.values_mut().for_each(|cursors| cursors.leave(conn));
    }

    pub(crate) fn member_left(&mut self, member: MemberId) {
        self.presence.remove(&member);
    }

    /// Returns what a newcomer should know.
    pub(crate) fn all(&self) -> Vec<ToMember> {
        let presence = self.presence.iter().map(|(member, (presence, _))| ToMember::Presence {
            member: *member,
            presence: presence.clone(),
        });
        let cursors = self.cursors.iter().filter_map(|(text, cursors)| {
            Some(ToMember::Awareness { text: text.clone(), update: Blob(cursors.all()?) })
        });
        let transport = self.transport.map(|transport| ToMember::Transport { transport });
        presence.chain(cursors).chain(transport).collect()
    }

    /// Returns when news of cursors and presence may go out next, `None` when there is none.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let has_news = self.presence.values().any(|(_, is_news)| *is_news)
            || self.cursors.values().any(|cursors| cursors.has_news());
        has_news.then_some(self.news_free_at)
    }

    /// Takes the news of cursors and presence when they are due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<ToMember> {
        if now < self.news_free_at {
            return Vec::new();
        }
        self.news_free_at = now + NEWS_INTERVAL;
        let mut news = Vec::new();
        for (member, (presence, is_news)) in &mut self.presence {
            if std::mem::take(is_news) {
                news.push(ToMember::Presence { member: *member, presence: presence.clone() });
            }
        }
        self.cursors.retain(|text, cursors| {
            if let Some(update) = cursors.take_news() {
                news.push(ToMember::Awareness { text: text.clone(), update: Blob(update) });
            }
            !cursors.is_empty()
        });
        news
    }
}
