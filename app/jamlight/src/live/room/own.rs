//! This machine's own room at the start: a new one, or the one that was open when the process died.

use std::sync::Arc;

use app_library::Paths;
use serde::{Deserialize, Serialize};
use sync_hub::{Hub, HubError, Member};
use sync_protocol::{RoomId, Show};
use sync_session::{MemoryJournal, Session};
use sync_store::{Store, Until};

use crate::jam::JamHome;
use crate::live::files::unix_millis;

/// A room that is open to others, as a restart finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenRoom {
    /// Which.
    pub room: RoomId,
    /// On which port.
    pub port: u16,
}

/// The own room, and what it needs to be opened to others.
pub(crate) struct OwnRoom {
    pub hub: Hub,
    pub member: Member,
    /// The journal it writes to already.
    pub store: Option<Arc<Store>>,
    /// Where it was open when the process died.
    pub open: Option<OpenRoom>,
}

impl OwnRoom {
    /// Goes on with the room that was open when the process died, or begins a new one with a show.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn begin(paths: &Paths, show: Show) -> Result<Self, HubError> {
        if let Some((store, session, open)) = left_open(paths) {
            let (hub, member) = Hub::solo_with(open.room.clone(), session, Box::new(store.journal()))?;
            return Ok(Self { hub, member, store: Some(Arc::new(store)), open: Some(open) });
        }
        let (hub, member) =
            Hub::solo_with(new_id(unix_millis()), Session::new(show), Box::new(MemoryJournal))?;
        Ok(Self { hub, member, store: None, open: None })
    }
}

fn left_open(paths: &Paths) -> Option<(Store, Session, OpenRoom)> {
    // Nothing is made here: most people never open a room.
    if !JamHome::database_file(paths).is_file() {
        return None;
    }
    let home = JamHome::open(paths).ok()?;
    let open: OpenRoom = serde_json::from_str(&home.open_room()?).ok()?;
    let loaded = home.store().and_then(|store| {
        let session = store.load(&open.room, Until::Now)?;
        Ok((store, session))
    });
    match loaded {
        Ok((store, session)) => Some((store, session?, open)),
        Err(err) => {
            tracing::error!(%err, "the room that was open cannot be read");
            None
        }
    }
}

/// A room's id: when it began, in base 36.
fn new_id(mut millis: u64) -> RoomId {
    let mut digits = Vec::new();
    while millis > 0 {
        digits.push(char::from_digit((millis % 36) as u32, 36).unwrap_or('0'));
        millis /= 36;
    }
    RoomId(format!("jam-{}", digits.iter().rev().collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_was_open_when_the_process_died_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        let home = JamHome::open(&paths).unwrap();
        let open = OpenRoom { room: new_id(1_795_272_788_375), port: 7_700 };
        {
            let store = home.store().unwrap();
            let mut session = Session::new(Show { title: "Friday".into(), ..Show::default() });
            let origin = sync_session::Origin::default();
            session
                .join(origin, sync_protocol::Member::new(sync_hub::HOST, "Host", sync_protocol::Role::Host))
                .unwrap();
            store.save_snapshot(&open.room, session.state(None)).unwrap();
        }
        home.save_open(Some(&serde_json::to_string(&open).unwrap())).unwrap();
        let own = OwnRoom::begin(&paths, Show::default()).unwrap();
        assert_eq!(own.open, Some(open));
        assert_eq!(own.member.show().title, "Friday");
        own.hub.stop();
        home.save_open(None).unwrap();
        let own = OwnRoom::begin(&paths, Show::default()).unwrap();
        assert!(own.open.is_none() && own.member.show().title != "Friday");
        own.hub.stop();
    }
}
