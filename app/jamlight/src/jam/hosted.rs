use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sync_hub::RoomHandle;
use sync_protocol::{JoinLink, Role, RoomState, Secret};
use sync_server::{Certificate, Identity, InviteId, Server, Settings, guest_pages};
use sync_store::Store;

use super::advert::Advert;
use super::{JamHome, lan_addresses};

/// How often the machine's addresses are looked at: a laptop that changes its network.
const ADDRESSES_EVERY: Duration = Duration::from_secs(5);

/// How long the link of a jam lets people in: an evening.
const INVITE_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// How many it lets in.
const INVITE_USES: u32 = 500;
/// Events after which a room is kept whole, so that opening it again replays few.
const SNAPSHOT_EVERY: u64 = 2_000;
/// How often who may come in is kept: what a crash may cost is a guest's name typed again.
const DOOR_EVERY: Duration = Duration::from_secs(1);

/// How a room is opened to others.
#[derive(Clone, Debug)]
pub(crate) struct HostOptions {
    /// Port, address, TLS, limits.
    pub server: Settings,
    /// What people of the link may do.
    pub guests: Role,
    /// What the room is called on the network.
    pub name: String,
    /// A real certificate and its key, as PEM; ours otherwise.
    pub certificate: Option<Certificate>,
}

/// A room that others can enter, while this lives.
#[derive(Debug)]
pub(crate) struct Hosted {
    server: Server,
    store: Arc<Store>,
    home: JamHome,
    room: RoomHandle,
    guests: Role,
    link: JoinLink,
    invite: InviteId,
    yjs_url: String,
    token: Secret,
    /// The door's revision that is on the disk.
    door_saved: Option<u64>,
    door_due: Instant,
    snapshot_seq: u64,
    identity: Identity,
    /// Names people were told, which no network changes.
    fixed_hosts: Vec<String>,
    /// This machine's addresses, when it listens on all of them.
    addresses: Option<Vec<IpAddr>>,
    addresses_due: Instant,
    /// Tells others on the network where the room is; silent when dropped.
    _advert: Option<Advert>,
    /// No other process hosts from this folder meanwhile.
    _lock: std::fs::File,
}

impl Hosted {
    /// Opens a room that journals to `store`: `room` lets it be reached through the server, and says
    /// which it is.
    ///
    /// # Errors
    /// A taken port, a damaged key, a wrong setting: one line with the way out.
    pub(crate) fn start(
        home: JamHome,
        store: Arc<Store>,
        room: impl FnOnce(&Server) -> RoomHandle,
        options: HostOptions,
    ) -> anyhow::Result<Self> {
        let HostOptions { mut server, guests, name, certificate } = options;
        let lock = home.lock()?;
        server.certificate = certificate;
        let fixed_hosts = server.hosts.clone();
        let addresses = server.bind.is_unspecified().then(lan_addresses);
        server.hosts.extend(addresses.iter().flatten().map(ToString::to_string));
        server.pages = guest_pages();
        let identity = home.identity()?;
        let server = Server::start_with(server, &identity, Vec::new(), home.door())?;
        let room = room(&server);
        let (invite, link) = server.invite(room.id(), guests, INVITE_USES, INVITE_LIFE)?;
        let yjs_url = server.yjs_url(room.id(), "Editor", guests)?;
        let token = server.host_token(room.id())?;
        if link.fingerprint.is_some() {
            server.open_code(room.id(), guests)?;
        }
        let advert =
            (!link.host.starts_with("127.")).then(|| Advert::start(&name, server.address().port())).flatten();
        let mut hosted = Self {
            server,
            store,
            home,
            room,
            guests,
            link,
            invite: invite.id,
            yjs_url,
            token,
            door_saved: None,
            door_due: Instant::now(),
            snapshot_seq: 0,
            identity,
            fixed_hosts,
            addresses,
            addresses_due: Instant::now() + ADDRESSES_EVERY,
            _advert: advert,
            _lock: lock,
        };
        hosted.keep_door();
        Ok(hosted)
    }

    /// Returns the link that lets people in.
    pub(crate) fn link(&self) -> &JoinLink {
        &self.link
    }

    /// Returns the URL for a stock Yjs client, which appends `/<text>`.
    pub(crate) fn yjs_url(&self) -> &str {
        &self.yjs_url
    }

    /// Returns the root of REST.
    pub(crate) fn api_url(&self) -> String {
        let scheme = if self.link.fingerprint.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/api/v1", self.link.authority())
    }

    /// Returns what programs on this machine act as the host by.
    pub(crate) fn token(&self) -> &Secret {
        &self.token
    }

    /// Returns the room.
    pub(crate) fn room(&self) -> &RoomHandle {
        &self.room
    }

    /// Returns the server.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Takes every invite, token and ticket back, and makes a new link: the panic button. Members are
    /// sent away by the room.
    ///
    /// # Errors
    /// No randomness.
    pub(crate) fn revoke_all(&mut self) -> anyhow::Result<()> {
        self.server.door().revoke_all();
        self.server.close_code();
        if self.link.fingerprint.is_some() {
            self.server.open_code(self.room.id(), self.guests)?;
        }
        self.renew()?;
        self.token = self.server.host_token(self.room.id())?;
        self.yjs_url = self.server.yjs_url(self.room.id(), "Editor", self.guests)?;
        self.keep_door();
        Ok(())
    }

    /// Makes a new link; the one before lets nobody in any more. Who is in stays.
    ///
    /// # Errors
    /// No randomness, too many invites.
    pub(crate) fn replace_link(&mut self) -> anyhow::Result<()> {
        let old = self.invite;
        self.renew()?;
        self.server.door().close_invite(old);
        self.keep_door();
        Ok(())
    }

    fn renew(&mut self) -> anyhow::Result<()> {
        let invited = self.server.invite(self.room.id(), self.guests, INVITE_USES, INVITE_LIFE);
        let (invite, link) = invited.context("no new invite")?;
        (self.invite, self.link) = (invite.id, link);
        Ok(())
    }

    /// Keeps what a restart needs, now and then: who may come in, and the room whole. To be called a
    /// few times a second; may wait for the disk. `state` is asked for only when it is due.
    pub(crate) fn turn(&mut self, seq: u64, state: impl FnOnce() -> RoomState) {
        if Instant::now() >= self.door_due {
            self.keep_door();
        }
        if Instant::now() >= self.addresses_due {
            self.follow_addresses();
        }
        if seq >= self.snapshot_seq + SNAPSHOT_EVERY {
            self.snapshot_seq = seq;
            if let Err(err) = self.store.save_snapshot(self.room.id(), state()) {
                tracing::warn!(%err, "the room is not kept whole; its events are");
            }
        }
    }

    /// Says goodbye to everyone and closes the port, within three seconds. The room goes on; its
    /// store, which it journals to, is returned to be dropped after it.
    pub(crate) fn stop(mut self) -> Arc<Store> {
        self.keep_door();
        self.server.stop();
        self.store
    }

    /// When this machine has come to another network: a certificate and links for it.
    fn follow_addresses(&mut self) {
        self.addresses_due = Instant::now() + ADDRESSES_EVERY;
        let Some(known) = &mut self.addresses else { return };
        let now = lan_addresses();
        if *known == now {
            return;
        }
        known.clone_from(&now);
        let mut hosts = self.fixed_hosts.clone();
        hosts.extend(now.iter().map(ToString::to_string));
        match self.server.set_hosts(hosts, &self.identity) {
            Ok(()) => self.link.host = self.server.public_host(),
            Err(err) => tracing::warn!(%err, "guests cannot come by this machine's new address"),
        }
        // An editor's URL names the address too. The ticket it had is still good.
        match self.server.yjs_url(self.room.id(), "Editor", self.guests) {
            Ok(url) => self.yjs_url = url,
            Err(err) => tracing::warn!(%err, "no URL for editors at the new address"),
        }
    }

    fn keep_door(&mut self) {
        self.door_due = Instant::now() + DOOR_EVERY;
        let door = self.server.door();
        let revision = door.revision();
        if self.door_saved != Some(revision) {
            if let Err(err) = self.home.save_door(&door.save()) {
                tracing::warn!(%err, "after a restart guests need a new invite");
            }
            self.door_saved = Some(revision);
        }
    }
}
