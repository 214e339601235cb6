use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sync_hub::RoomHandle;
use sync_protocol::{JoinLink, Role, RoomState, Secret};
use sync_server::{Certificate, InviteId, Server, Settings, guest_pages};
use sync_store::Store;

use super::advert::Advert;
use super::{JamHome, lan_addresses};

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
    /// Tells others on the network where the room is; silent when dropped.
    _advert: Option<Advert>,
    /// No other process hosts from this folder meanwhile.
    _lock: std::fs::File,
}

impl Hosted {
    /// Opens a room that journals to `store` already.
    ///
    /// # Errors
    /// A taken port, a damaged key, a wrong setting: one line with the way out.
    pub(crate) fn start(
        home: JamHome,
        store: Arc<Store>,
        room: RoomHandle,
        options: HostOptions,
    ) -> anyhow::Result<Self> {
        let HostOptions { mut server, guests, name, certificate } = options;
        let lock = home.lock()?;
        server.certificate = certificate;
        if server.bind.is_unspecified() {
            server.hosts.extend(lan_addresses().iter().map(ToString::to_string));
        }
        server.pages = guest_pages();
        let identity = home.identity()?;
        let server = Server::start_with(server, &identity, vec![room.clone()], home.door())?;
        let (invite, link) = server.invite(room.id(), guests, INVITE_USES, INVITE_LIFE)?;
        let yjs_url = server.yjs_url(room.id(), "Editor", guests)?;
        let token = server.host_token(room.id())?;
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
