use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use sync_protocol::{Blob, Credential, Envelope, ErrorCode, Member, MemberId, Role, RoomId, Secret};

use crate::identity::random_bytes;

/// Invites open at once; more are a mistake.
const MAX_INVITES: usize = 1_000;
/// Tokens and tickets a host remembers; the oldest go.
const MAX_KEYS: usize = 20_000;
/// How long a token lets its member come back.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a ticket works.
const TICKET_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Longest life of anything stored: a month.
const MAX_LIFE_SECS: u64 = 31 * 24 * 60 * 60;
/// Wrong secrets from one address before it must wait, and how long.
const MAX_WRONG: u32 = 10;
const WRONG_WAIT: Duration = Duration::from_secs(300);

/// Names an invite to those who manage it; lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct InviteId(pub u32);

/// An open invite, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invite {
    /// Its name.
    pub id: InviteId,
    /// Into which room.
    pub room: RoomId,
    /// What its guests are.
    pub role: Role,
    /// How many may still come.
    pub uses_left: u32,
    /// Seconds until it ends.
    pub secs_left: u64,
}

/// Who is let in. Keeps hashes of secrets only, and compares them in constant time.
#[derive(Debug, Default)]
pub struct Door {
    /// Held for microseconds; nothing else is locked under it.
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    invites: Vec<OpenInvite>,
    tokens: BTreeMap<Hash, Key>,
    tickets: BTreeMap<Hash, Key>,
    last_invite: u32,
    last_member: u32,
    wrong: BTreeMap<std::net::IpAddr, (u32, Instant)>,
    /// Counts changes worth storing.
    revision: u64,
}

type Hash = [u8; 32];

#[derive(Debug)]
struct OpenInvite {
    invite: Invite,
    hash: Hash,
    ends_at: Instant,
}

#[derive(Clone, Debug)]
struct Key {
    room: RoomId,
    who: Member,
    invite: Option<InviteId>,
    ends_at: Instant,
    /// The token this one replaces: good until somebody has shown that this one arrived.
    replaces: Option<Hash>,
    /// Given before this process began.
    is_old: bool,
}

/// Somebody who was let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) room: RoomId,
    pub(crate) who: Member,
    /// Its copy of the room is of another run of the host. What that one had sent and not written was
    /// lost with it, so the numbers of its last events mean others now.
    pub(crate) is_of_another_run: bool,
}

/// A [`Door`] as it is stored: hashes, and how long each is still good.
#[derive(Serialize, Deserialize)]
struct Saved {
    saved_at_millis: u64,
    last_invite: u32,
    last_member: u32,
    invites: Vec<(Invite, Blob)>,
    tokens: Vec<SavedKey>,
    tickets: Vec<SavedKey>,
}

#[derive(Serialize, Deserialize)]
struct SavedKey {
    hash: Blob,
    room: RoomId,
    who: Member,
    invite: Option<InviteId>,
    secs_left: u64,
}

impl Door {
    /// Returns everything as text, to be stored where only this user can read it. It holds hashes,
    /// no secret.
    pub fn save(&self) -> String {
        let now = Instant::now();
        let book = self.book();
        let keys = |keys: &BTreeMap<Hash, Key>| {
            let saved = |(hash, key): (&Hash, &Key)| SavedKey {
                hash: Blob(hash.to_vec()),
                room: key.room.clone(),
                who: key.who.clone(),
                invite: key.invite,
                secs_left: key.ends_at.saturating_duration_since(now).as_secs(),
            };
            keys.iter().map(saved).collect()
        };
        let invite = |open: &OpenInvite| {
            let secs_left = open.ends_at.saturating_duration_since(now).as_secs();
            (Invite { secs_left, ..open.invite.clone() }, Blob(open.hash.to_vec()))
        };
        let saved = Saved {
            saved_at_millis: wall_millis(),
            last_invite: book.last_invite,
            last_member: book.last_member,
            invites: book.invites.iter().map(invite).collect(),
            tokens: keys(&book.tokens),
            tickets: keys(&book.tickets),
        };
        // Plain data always has a JSON form.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Returns a number that changes with everything [`Door::save`] would store, but for the time that
    /// passes.
    pub fn revision(&self) -> u64 {
        self.book().revision
    }

    /// Makes a door again from [`Door::save`]'s text. Time that has passed counts; a clock that was
    /// set back brings nothing back to life.
    ///
    /// # Errors
    /// `Malformed` when it is no such text.
    pub fn restore(saved: &str) -> Result<Self, Envelope> {
        let saved: Saved = serde_json::from_str(saved).map_err(|error| {
            Envelope::new(ErrorCode::Malformed, format!("the stored invites are damaged: {error}"))
        })?;
        let gone_secs = wall_millis().saturating_sub(saved.saved_at_millis) / 1_000;
        let now = Instant::now();
        let ends_at = |secs_left: u64| {
            now + Duration::from_secs(secs_left.min(MAX_LIFE_SECS).saturating_sub(gone_secs))
        };
        let keys = |keys: Vec<SavedKey>| {
            let key = |one: SavedKey| {
                let key = Key {
                    room: one.room,
                    who: one.who,
                    invite: one.invite,
                    ends_at: ends_at(one.secs_left),
                    replaces: None,
                    is_old: true,
                };
                Some((Hash::try_from(one.hash.0).ok()?, key))
            };
            keys.into_iter().filter_map(key).collect()
        };
        let invite = |(invite, hash): (Invite, Blob)| {
            let ends_at = ends_at(invite.secs_left);
            Some(OpenInvite { invite, hash: Hash::try_from(hash.0).ok()?, ends_at })
        };
        let book = Book {
            invites: saved.invites.into_iter().filter_map(invite).collect(),
            tokens: keys(saved.tokens),
            tickets: keys(saved.tickets),
            last_invite: saved.last_invite,
            last_member: saved.last_member,
            wrong: BTreeMap::new(),
            revision: 0,
        };
        Ok(Self { book: Mutex::new(book) })
    }

    /// Sees to it that nobody new gets the id of somebody a room knows.
    pub(crate) fn reserve(&self, last_member: MemberId) {
        let mut book = self.book();
        book.last_member = book.last_member.max(last_member.0);
    }

    /// Opens an invite, and returns it with its secret, which is nowhere else.
    ///
    /// # Errors
    /// `LimitReached` when there are too many; `Internal` when the system gives no randomness.
    pub fn invite(
        &self,
        room: &RoomId,
        role: Role,
        uses: u32,
        life: Duration,
    ) -> Result<(Invite, Secret), Envelope> {
        let secret = new_secret()?;
        let now = Instant::now();
        let mut book = self.book();
        book.revision += 1;
        book.invites.retain(|open| open.ends_at > now && open.invite.uses_left > 0);
        if book.invites.len() >= MAX_INVITES {
            let message = format!("{MAX_INVITES} invites are open already: take some back");
            return Err(Envelope::new(ErrorCode::LimitReached, message));
        }
        // A host is made by opening a room, never by an invite.
        let role = role.min(Role::CoHost);
        book.last_invite += 1;
        let id = InviteId(book.last_invite);
        let invite = Invite { id, room: room.clone(), role, uses_left: uses, secs_left: life.as_secs() };
        book.invites.push(OpenInvite { invite: invite.clone(), hash: hash(&secret), ends_at: now + life });
        Ok((invite, secret))
    }

    /// Returns the invites of a room that are open.
    pub fn invites(&self, room: &RoomId) -> Vec<Invite> {
        let now = Instant::now();
        let book = self.book();
        let open = book.invites.iter().filter(|open| open.ends_at > now && open.invite.uses_left > 0);
        open.filter(|open| open.invite.room == *room)
            .map(|open| Invite { secs_left: (open.ends_at - now).as_secs(), ..open.invite.clone() })
            .collect()
    }

    /// Takes an invite back, and all that came of it: the members it let in cannot come back.
    /// Returns them, so that they can be sent away.
    pub fn revoke(&self, id: InviteId) -> Vec<MemberId> {
        let mut book = self.book();
        book.revision += 1;
        book.invites.retain(|open| open.invite.id != id);
        let members =
            book.tokens.values().filter(|key| key.invite == Some(id)).map(|key| key.who.id).collect();
        book.tokens.retain(|_, key| key.invite != Some(id));
        book.tickets.retain(|_, key| key.invite != Some(id));
        members
    }

    /// Lets nobody in by an invite any more; the members it let in stay.
    pub fn close_invite(&self, id: InviteId) {
        let mut book = self.book();
        book.revision += 1;
        book.invites.retain(|open| open.invite.id != id);
    }

    /// Takes everything back: invites, tokens, tickets. The panic button.
    pub fn revoke_all(&self) {
        let mut book = self.book();
        book.revision += 1;
        book.invites.clear();
        book.tokens.clear();
        book.tickets.clear();
    }

    /// Makes a ticket: a URL that lets a stock Yjs client edit texts of a room.
    ///
    /// # Errors
    /// `Internal` when the system gives no randomness.
    pub fn ticket(&self, room: &RoomId, name: &str, role: Role) -> Result<Secret, Envelope> {
        let secret = new_secret()?;
        let mut book = self.book();
        let who = book.new_member(name, role.min(Role::CoHost));
        book.add_ticket(
            &secret,
            Key {
                room: room.clone(),
                who,
                invite: None,
                ends_at: Instant::now() + TICKET_LIFE,
                replaces: None,
                is_old: false,
            },
        );
        Ok(secret)
    }

    /// Makes a token for programs that act as the host of a room.
    pub(crate) fn host_token(&self, room: &RoomId, host: MemberId) -> Result<Secret, Envelope> {
        let secret = new_secret()?;
        let who = Member::new(host, "Host", Role::Host);
        let key = Key {
            room: room.clone(),
            who,
            invite: None,
            ends_at: Instant::now() + TOKEN_LIFE,
            replaces: None,
            is_old: false,
        };
        let mut book = self.book();
        book.revision += 1;
        book.tokens.insert(hash(&secret), key);
        Ok(secret)
    }

    /// Says who somebody is, and gives it a token to come back with and a ticket for its editors. A
    /// token works once: it is replaced by the new one as soon as that has arrived, see
    /// [`Door::confirm`].
    pub(crate) fn admit(
        &self,
        address: std::net::IpAddr,
        room: &RoomId,
        credential: &Credential,
        name: &str,
    ) -> Result<(Admitted, Secret, Secret), Envelope> {
        let (token, ticket) = (new_secret()?, new_secret()?);
        let now = Instant::now();
        let mut book = self.book();
        book.may_try(address, now)?;
        let found = match credential {
            Credential::Invite(secret) => book.use_invite(&hash(secret), room, name, now),
            Credential::Token(secret) => book.use_token(hash(secret), room, now),
        };
        let Some(mut key) = found else {
            return Err(book.wrong_try(address, now));
        };
        book.revision += 1;
        key.who.name = name.to_owned();
        key.ends_at = now + TOKEN_LIFE;
        let is_of_another_run = std::mem::take(&mut key.is_old);
        book.tokens.insert(hash(&token), key.clone());
        book.add_ticket(&ticket, Key { ends_at: now + TICKET_LIFE, replaces: None, ..key.clone() });
        shrink(&mut book.tokens);
        Ok((Admitted { room: key.room, who: key.who, is_of_another_run }, token, ticket))
    }

    /// Notes that a token has arrived: the one before it is good for nobody any more.
    pub(crate) fn confirm(&self, token: &Secret) {
        let mut book = self.book();
        let replaced = book.tokens.get_mut(&hash(token)).and_then(|key| key.replaces.take());
        if let Some(replaced) = replaced {
            book.revision += 1;
            book.tokens.remove(&replaced);
        }
    }

    /// Says whose token this is; it stays good. For requests that carry it each time.
    pub(crate) fn bearer(&self, address: std::net::IpAddr, secret: &Secret) -> Result<Admitted, Envelope> {
        self.look(address, |book| &book.tokens, secret)
    }

    /// Says whose ticket this is.
    pub(crate) fn ticket_holder(
        &self,
        address: std::net::IpAddr,
        secret: &Secret,
    ) -> Result<Admitted, Envelope> {
        self.look(address, |book| &book.tickets, secret)
    }

    fn look(
        &self,
        address: std::net::IpAddr,
        keys: impl Fn(&Book) -> &BTreeMap<Hash, Key>,
        secret: &Secret,
    ) -> Result<Admitted, Envelope> {
        let now = Instant::now();
        let mut book = self.book();
        book.may_try(address, now)?;
        // A map by hash leaks at most how much of a hash of 256 bits somebody guessed.
        match keys(&book).get(&hash(secret)).filter(|key| key.ends_at > now) {
            Some(key) => {
                let (room, who) = (key.room.clone(), key.who.clone());
                Ok(Admitted { room, who, is_of_another_run: key.is_old })
            }
            None => Err(book.wrong_try(address, now)),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Every change of it is whole before anything can panic.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn use_invite(&mut self, secret: &Hash, room: &RoomId, name: &str, now: Instant) -> Option<Key> {
        let mut found = None;
        for (idx, open) in self.invites.iter().enumerate() {
            // All of them, whether found or not.
            if bool::from(open.hash.ct_eq(secret)) {
                found = Some(idx);
            }
        }
        let open = self.invites.get_mut(found?)?;
        if open.ends_at <= now || open.invite.uses_left == 0 || open.invite.room != *room {
            return None;
        }
        open.invite.uses_left -= 1;
        let (role, id, room) = (open.invite.role, open.invite.id, open.invite.room.clone());
        let who = self.new_member(name, role);
        Some(Key { room, who, invite: Some(id), ends_at: now, replaces: None, is_old: false })
    }

    /// The answer to a token may be lost with its connection, so the token stays good until its
    /// successor is confirmed. A successor that never arrived is good for nobody.
    fn use_token(&mut self, token: Hash, room: &RoomId, now: Instant) -> Option<Key> {
        let key = self.tokens.get(&token).filter(|key| key.ends_at > now && key.room == *room)?.clone();
        self.tokens.retain(|_, key| key.replaces != Some(token));
        Some(Key { replaces: Some(token), ..key })
    }

    fn new_member(&mut self, name: &str, role: Role) -> Member {
        // 1 is the host.
        self.last_member = self.last_member.max(1) + 1;
        Member::new(MemberId(self.last_member), name, role)
    }

    fn add_ticket(&mut self, secret: &Secret, key: Key) {
        self.revision += 1;
        self.tickets.insert(hash(secret), key);
        shrink(&mut self.tickets);
    }

    fn may_try(&mut self, address: std::net::IpAddr, now: Instant) -> Result<(), Envelope> {
        self.wrong.retain(|_, (_, since)| now.duration_since(*since) < WRONG_WAIT);
        match self.wrong.get(&address) {
            Some((num, since)) if *num >= MAX_WRONG => Err(Envelope {
                retry_after: Some((WRONG_WAIT - now.duration_since(*since)).as_secs_f64()),
                ..Envelope::new(
                    ErrorCode::RateLimited,
                    "too many wrong keys from this address: wait five minutes",
                )
            }),
            _ => Ok(()),
        }
    }

    fn wrong_try(&mut self, address: std::net::IpAddr, now: Instant) -> Envelope {
        self.wrong.entry(address).or_insert((0, now)).0 += 1;
        Envelope::new(ErrorCode::Unauthorized, "this invite or key is not good any more: ask for a new one")
    }
}

/// Forgets what ends first.
fn shrink(keys: &mut BTreeMap<Hash, Key>) {
    if keys.len() > MAX_KEYS
        && let Some(first) = keys.iter().min_by_key(|(_, key)| key.ends_at).map(|(hash, _)| *hash)
    {
        keys.remove(&first);
    }
}

fn wall_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

fn hash(secret: &Secret) -> Hash {
    Sha256::digest(secret.bytes()).into()
}

pub(crate) fn new_secret() -> Result<Secret, Envelope> {
    random_bytes()
        .map(Secret::from_random)
        .map_err(|error| Envelope::new(ErrorCode::Internal, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    const GUEST: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
    const HOUR: Duration = Duration::from_secs(3_600);

    fn room() -> RoomId {
        "r".into()
    }

    fn code<T>(answer: Result<T, Envelope>) -> ErrorCode {
        answer.err().map(|refusal| refusal.code).unwrap()
    }

    #[test]
    fn an_invite_is_good_so_often_so_long_and_for_its_room_only() {
        let door = Door::default();
        let (_, secret) = door.invite(&room(), Role::Performer, 2, HOUR).unwrap();
        let by = |secret: &Secret| Credential::Invite(secret.clone());
        assert_eq!(code(door.admit(GUEST, &"other".into(), &by(&secret), "ana")), ErrorCode::Unauthorized);
        let (first, ..) = door.admit(GUEST, &room(), &by(&secret), "ana").unwrap();
        let (second, ..) = door.admit(GUEST, &room(), &by(&secret), "ben").unwrap();
        assert_ne!(first.who.id, second.who.id);
        assert_eq!((first.who.role, first.who.name.as_str()), (Role::Performer, "ana"));
        assert_eq!(code(door.admit(GUEST, &room(), &by(&secret), "cy")), ErrorCode::Unauthorized);
        let (_, late) = door.invite(&room(), Role::Viewer, 1, Duration::ZERO).unwrap();
        assert_eq!(code(door.admit(GUEST, &room(), &by(&late), "di")), ErrorCode::Unauthorized);
        let forged = Secret::from_random([1; 16]);
        assert_eq!(code(door.admit(GUEST, &room(), &by(&forged), "ed")), ErrorCode::Unauthorized);
    }

    #[test]
    fn a_token_brings_the_same_member_back_once() {
        let door = Door::default();
        let (_, secret) = door.invite(&room(), Role::Viewer, 1, HOUR).unwrap();
        let (first, token, _) = door.admit(GUEST, &room(), &Credential::Invite(secret), "ana").unwrap();
        let back = Credential::Token(token.clone());
        let (again, next, _) = door.admit(GUEST, &room(), &back, "ana").unwrap();
        assert_eq!(again.who.id, first.who.id);
        // The answer was lost with its connection: the same token again, and what was lost is void.
        let (third, arrived, _) = door.admit(GUEST, &room(), &back, "ana").unwrap();
        assert_eq!(third.who.id, first.who.id);
        assert!(door.bearer(GUEST, &next).is_err());
        door.confirm(&arrived);
        assert_eq!(code(door.admit(GUEST, &room(), &back, "ana")), ErrorCode::Unauthorized, "a replay");
        assert!(door.bearer(GUEST, &token).is_err() && door.bearer(GUEST, &arrived).is_ok());
    }

    #[test]
    fn revoking_an_invite_ends_its_members_tokens_and_tickets() {
        let door = Door::default();
        let (invite, secret) = door.invite(&room(), Role::Host, 5, HOUR).unwrap();
        assert_eq!(invite.role, Role::CoHost, "nobody is invited as host");
        let (who, token, ticket) =
            door.admit(GUEST, &room(), &Credential::Invite(secret.clone()), "ana").unwrap();
        assert_eq!(door.revoke(invite.id), [who.who.id]);
        assert!(door.bearer(GUEST, &token).is_err() && door.ticket_holder(GUEST, &ticket).is_err());
        assert!(door.admit(GUEST, &room(), &Credential::Invite(secret), "ana").is_err());
        assert!(door.invites(&room()).is_empty());
    }

    #[test]
    fn an_address_that_guesses_must_wait_and_others_need_not() {
        let door = Door::default();
        let (_, secret) = door.invite(&room(), Role::Viewer, 5, HOUR).unwrap();
        let guess = Credential::Invite(Secret::from_random([1; 16]));
        for _ in 0..MAX_WRONG {
            assert_eq!(code(door.admit(GUEST, &room(), &guess, "x")), ErrorCode::Unauthorized);
        }
        let good = Credential::Invite(secret);
        let refusal = door.admit(GUEST, &room(), &good, "x").unwrap_err();
        assert!(refusal.code == ErrorCode::RateLimited && refusal.retry_after.unwrap() > 250.0);
        assert!(door.admit(Ipv4Addr::LOCALHOST.into(), &room(), &good, "y").is_ok());
    }

    #[test]
    fn what_is_stored_lets_the_same_people_in_and_holds_no_secret() {
        let door = Door::default();
        let (_, secret) = door.invite(&room(), Role::Viewer, 5, HOUR).unwrap();
        let (_, late) = door.invite(&room(), Role::Viewer, 5, Duration::ZERO).unwrap();
        let invited = Credential::Invite(secret.clone());
        let (ana, token, ticket) = door.admit(GUEST, &room(), &invited, "ana").unwrap();
        let saved = door.save();
        for one in [&secret, &token, &ticket] {
            assert!(!saved.contains(&one.reveal()));
        }
        let door = Door::restore(&saved).unwrap();
        assert!(door.admit(GUEST, &room(), &Credential::Invite(late), "x").is_err());
        let (again, next, _) = door.admit(GUEST, &room(), &Credential::Token(token), "ana").unwrap();
        assert!(again.is_of_another_run, "its last event may be one that a crash took");
        let (later, ..) = door.admit(GUEST, &room(), &Credential::Token(next), "ana").unwrap();
        assert!(!later.is_of_another_run);
        let (ben, ..) = door.admit(GUEST, &room(), &invited, "ben").unwrap();
        assert!(again.who.id == ana.who.id && ben.who.id != ana.who.id);
        assert!(Door::restore("{}").is_err());
    }
}
