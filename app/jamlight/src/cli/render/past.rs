use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use app_library::Paths;
use sync_protocol::{Event, RoomId, SceneId, Seq, Show};
use sync_session::Session;
use sync_store::{Store, Until};

use crate::cli::host;
use crate::jam::{JamHome, Take, TakeShelf};

/// How long the picture stays after the last thing that happened, in seconds.
const LAST_LOOK_SECS: f64 = 5.0;

/// What happened in a room, to be seen again as it was: each event at its moment.
#[derive(Clone)]
pub(super) struct Past {
    session: Session,
    /// What has not happened yet, oldest first.
    events: VecDeque<Event>,
    began_millis: u64,
    secs: f64,
    takes: Arc<[Take]>,
}

impl Past {
    /// Takes a room from the journal of this installation, or of the one under `home`.
    ///
    /// # Errors
    /// There is no such room, or its journal cannot be read.
    pub(super) fn open(home: Option<&Path>, name: &str) -> Result<Self> {
        let paths = host::paths(home)?;
        let path = JamHome::database_file(&paths);
        if !path.is_file() {
            bail!("no room was ever open here, path: {}", path.display());
        }
        let store = Store::open(&path).with_context(|| format!("path: {}", path.display()))?;
        Self::of(&store, &paths, &host::room_id(name)?)
    }

    fn of(store: &Store, paths: &Paths, room: &RoomId) -> Result<Self> {
        let events = store.events(room, Seq(0), usize::MAX)?;
        let Some(first) = events.first() else {
            let known: Vec<String> = store.rooms()?.iter().map(RoomId::to_string).collect();
            bail!("nothing ever happened in a room {:?}; there are: {}", room.as_str(), known.join(", "));
        };
        let (began_millis, before) = (first.at_millis, Seq(first.seq.0.saturating_sub(1)));
        let session = store.load(room, Until::Seq(before))?.context("the room has no beginning")?;
        let last_millis = events.iter().map(|event| event.at_millis).max().unwrap_or(began_millis);
        let mut secs = last_millis.saturating_sub(began_millis) as f64 / 1_000.0 + LAST_LOOK_SECS;
        let takes: Arc<[Take]> = TakeShelf::of(paths, room).takes().into();
        for take in &*takes {
            secs = secs.max(take.began_millis.saturating_sub(began_millis) as f64 / 1_000.0 + take.secs);
        }
        Ok(Self { session, events: events.into(), began_millis, secs, takes })
    }

    /// Returns how long it is, in seconds.
    pub(super) fn secs(&self) -> f64 {
        self.secs
    }

    /// Returns the takes, oldest first, each with the second at which it began.
    pub(super) fn takes(&self) -> impl Iterator<Item = (f64, &Take)> {
        let from_secs = |millis: u64| (millis as f64 - self.began_millis as f64) / 1_000.0;
        self.takes.iter().map(move |take| (from_secs(take.began_millis), take))
    }

    /// Returns the show as it was so many seconds after the first event. Time only goes on.
    ///
    /// # Errors
    /// The journal has a gap.
    pub(super) fn show_at(&mut self, secs: f64) -> Result<Arc<Show>> {
        let now_millis = self.began_millis + (secs.max(0.0) * 1_000.0) as u64;
        // The host's wall clock may have been set back: the numbers are the order.
        while let Some(event) = self.events.pop_front_if(|event| event.at_millis <= now_millis) {
            self.session.replay(&event)?;
        }
        Ok(self.session.show().clone())
    }

    /// Returns every scene that is on stage or comes between at any time.
    ///
    /// # Errors
    /// The journal has a gap.
    pub(super) fn scenes(&self) -> Result<BTreeSet<SceneId>> {
        let mut session = self.session.clone();
        let mut scenes = BTreeSet::new();
        let mut note = |show: &Show| scenes.extend(show.scenes().cloned());
        note(session.show());
        for event in &self.events {
            session.replay(event)?;
            note(session.show());
        }
        Ok(scenes)
    }
}
