//! Cursors of Yjs clients, as y-protocols awareness speaks of them: per client a clock and a JSON
//! state, the higher clock wins. The room keeps the latest of each client, so that bursts become one
//! update and newcomers see who is there.
//!
//! An update is `varUint n`, then n times `varUint client, varUint clock, varString state`, where the
//! state `null` says that the client has gone (y-protocols 1.0.7, `awareness.js`). varUint is little-endian base 128.

use std::collections::BTreeMap;

/// Clients in one update: one for each member of the largest room.
const MAX_CLIENTS: u64 = 2_000;
/// Clients one connection may speak for: a browser tab is one; Flok hosts a few.
const MAX_CLIENTS_PER_CONN: usize = 8;
/// One client's state, in bytes: a name, a colour and a selection are 300.
const MAX_STATE_BYTES: usize = 4 * 1024;
const GONE: &str = "null";

/// The cursors in one text.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    clients: BTreeMap<u64, Client>,
}

#[derive(Debug)]
struct Client {
    clock: u64,
    state: String,
    conn: u64,
    is_news: bool,
}

impl Cursors {
    /// Takes an update over; what is malformed, outdated or another connection's changes nothing.
    pub(crate) fn apply(&mut self, conn: u64, update: &[u8]) {
        for (id, clock, state) in decode(update).unwrap_or_default() {
            if let Some(client) = self.clients.get_mut(&id) {
                let is_newer = clock > client.clock || (clock == client.clock && state == GONE);
                if is_newer && (client.conn == conn || client.state == GONE) {
                    client.is_news |= client.state != state;
                    (client.clock, client.state, client.conn) = (clock, state, conn);
                }
            } else if self.clients.values().filter(|client| client.conn == conn).count()
                < MAX_CLIENTS_PER_CONN
            {
                self.clients.insert(id, Client { clock, state, conn, is_news: true });
            }
        }
    }

    /// Says that a connection has gone, and its cursors with it.
    pub(crate) fn leave(&mut self, conn: u64) {
        for client in self.clients.values_mut().filter(|client| client.conn == conn && client.state != GONE) {
            client.clock += 1;
            client.state = GONE.to_owned();
            client.is_news = true;
        }
    }

    pub(crate) fn has_news(&self) -> bool {
        self.clients.values().any(|client| client.is_news)
    }

    /// Returns what has changed since the last call as one update, and forgets who has gone.
    pub(crate) fn take_news(&mut self) -> Option<Vec<u8>> {
        let news: Vec<_> = self.clients.iter().filter(|(_, client)| client.is_news).collect();
        let update = (!news.is_empty()).then(|| encode(&news));
        self.clients.retain(|_, client| {
            client.is_news = false;
            client.state != GONE
        });
        update
    }

    /// Returns all cursors as one update, `None` when there are none.
    pub(crate) fn all(&self) -> Option<Vec<u8>> {
        let all: Vec<_> = self.clients.iter().filter(|(_, client)| client.state != GONE).collect();
        (!all.is_empty()).then(|| encode(&all))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

fn encode(clients: &[(&u64, &Client)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_uint(&mut bytes, clients.len() as u64);
    for (id, client) in clients {
        write_uint(&mut bytes, **id);
        write_uint(&mut bytes, client.clock);
        write_uint(&mut bytes, client.state.len() as u64);
        bytes.extend_from_slice(client.state.as_bytes());
    }
    bytes
}

fn decode(update: &[u8]) -> Option<Vec<(u64, u64, String)>> {
    let mut rest = update;
    let num = read_uint(&mut rest).filter(|num| *num <= MAX_CLIENTS)?;
    (0..num)
        .map(|_| {
            let (id, clock) = (read_uint(&mut rest)?, read_uint(&mut rest)?);
            let size = usize::try_from(read_uint(&mut rest)?).ok().filter(|size| *size <= MAX_STATE_BYTES)?;
            let (state, after) = rest.split_at_checked(size)?;
            rest = after;
            Some((id, clock, std::str::from_utf8(state).ok()?.to_owned()))
        })
        .collect()
}

fn write_uint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads a varUint of at most 53 bits, which is what JavaScript can hold.
fn read_uint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..56).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return (value < 1 << 53).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with y-protocols 1.0.7: client 1, clock 1, `{"a":1}`.
    const HERE: [u8; 11] = [1, 1, 1, 7, b'{', b'"', b'a', b'"', b':', b'1', b'}'];
    /// Client 1 leaves with clock 2.
    const LEAVES: [u8; 8] = [1, 1, 2, 4, b'n', b'u', b'l', b'l'];

    #[test]
    fn what_comes_in_goes_out_byte_for_byte() {
        let mut cursors = Cursors::default();
        cursors.apply(7, &HERE);
        assert_eq!(cursors.all().unwrap(), HERE);
        assert_eq!(cursors.take_news().unwrap(), HERE);
        assert_eq!(cursors.take_news(), None);
        cursors.leave(7);
        assert_eq!(cursors.take_news().unwrap(), LEAVES);
        assert!(cursors.is_empty());
    }

    #[test]
    fn an_older_clock_another_connection_and_broken_bytes_change_nothing() {
        let mut cursors = Cursors::default();
        cursors.apply(7, &HERE);
        cursors.take_news();
        cursors.apply(8, &LEAVES);
        cursors.apply(7, &HERE);
        for size in 0..HERE.len() {
            cursors.apply(7, &HERE[..size]);
        }
        cursors.apply(7, &[0xFF; 64]);
        assert!(!cursors.has_news());
        assert_eq!(cursors.all().unwrap(), HERE);
    }

    #[test]
    fn a_connection_speaks_for_a_few_clients_only() {
        let mut cursors = Cursors::default();
        for id in 0..100 {
            cursors.apply(7, &[1, id, 1, 2, b'{', b'}']);
        }
        assert_eq!(cursors.clients.len(), MAX_CLIENTS_PER_CONN);
    }
}
