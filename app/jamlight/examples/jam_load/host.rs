//! The host under load: rooms with a journal each, one server.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sync_protocol::{Role, RoomId, Show};
use sync_server::{Identity, Server, Settings};
use sync_session::Session;
use sync_store::Store;

/// Prints its links and serves until its input ends.
pub(crate) fn serve(num_rooms: usize, plain: bool) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("rooms.db")).unwrap());
    let settings = Settings {
        bind: std::net::Ipv4Addr::LOCALHOST.into(),
        port: 0,
        tls: !plain,
        max_conns_per_address: 10_000,
        max_conns: 20_000,
        ..Settings::default()
    };
    let server = Server::start(settings, &Identity::generate().unwrap(), Vec::new()).unwrap();
    let links: Vec<String> = (0..num_rooms)
        .map(|n| {
            let (id, begin) = (RoomId(format!("room-{n}")), Session::new(Show::default()));
            let room = server.open_room(id, begin, Box::new(store.journal()));
            let invited = server.invite(room.id(), Role::Performer, 100_000, Duration::from_secs(3_600));
            invited.unwrap().1.reveal()
        })
        .collect();
    println!("{}", json!({ "links": links }));
    let _ = std::io::stdin().read(&mut [0]);
    server.stop();
}
