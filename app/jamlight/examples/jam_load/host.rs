//! The host under load: rooms with a journal each, one server.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sync_hub::Hub;
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
    let mut hubs = Vec::new();
    for n in 0..num_rooms {
        let journal = Box::new(store.journal());
        hubs.push(
            Hub::solo_with(RoomId(format!("room-{n}")), Session::new(Show::default()), journal).unwrap(),
        );
    }
    let rooms: Vec<_> = hubs.iter().map(|(hub, _)| hub.room().clone()).collect();
    let server = Server::start(settings, &Identity::generate().unwrap(), rooms.clone()).unwrap();
    let links: Vec<String> = rooms
        .iter()
        .map(|room| {
            let invited = server.invite(room.id(), Role::Performer, 100_000, Duration::from_secs(3_600));
            invited.unwrap().1.reveal()
        })
        .collect();
    println!("{}", json!({ "links": links }));
    let _ = std::io::stdin().read(&mut [0]);
    server.stop();
    hubs.into_iter().for_each(|(hub, _)| hub.stop());
}
