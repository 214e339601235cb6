//! Rooms on this network, by multicast DNS. A hint and nothing more: what it says opens no door, and
//! a client believes only the key of its link or the words it was told.

use std::collections::BTreeMap;

use mdns_sd::{Receiver, ServiceDaemon, ServiceEvent, ServiceInfo};

use super::lan_addresses;

/// What rooms are listed as.
const SERVICE: &str = "_jamlight._tcp.local.";
/// Longest name of a service, in bytes (RFC 6763).
const MAX_INSTANCE_BYTES: usize = 63;
/// Rooms listed at most: what a panel can show.
const MAX_ROOMS: usize = 32;

/// Tells the network where a room is, while it lives.
pub(crate) struct Advert {
    daemon: ServiceDaemon,
    name: String,
}

impl std::fmt::Debug for Advert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Advert({:?})", self.name)
    }
}

impl Advert {
    /// Starts to tell it; `None` where the network takes no multicast, which is no reason not to host.
    pub(crate) fn start(name: &str, port: u16) -> Option<Self> {
        let addresses = lan_addresses();
        let told = || -> Result<Self, mdns_sd::Error> {
            let daemon = ServiceDaemon::new()?;
            let host = format!("jamlight-{port}-{}.local.", std::process::id());
            let info = ServiceInfo::new(
                SERVICE,
                &instance(name),
                &host,
                addresses.as_slice(),
                port,
                &[("v", "1")][..],
            )?;
            let name = info.get_fullname().to_owned();
            daemon.register(info)?;
            Ok(Self { daemon, name })
        };
        told().inspect_err(|err| tracing::info!(%err, "the room is not listed on the network")).ok()
    }
}

impl Drop for Advert {
    fn drop(&mut self) {
        // Whoever does not hear the goodbye forgets it by itself.
        let _ = self.daemon.unregister(&self.name);
        let _ = self.daemon.shutdown();
    }
}

/// Listens for rooms, while it lives.
pub(crate) struct Browse {
    daemon: Option<(ServiceDaemon, Receiver<ServiceEvent>)>,
    /// By the service's full name: what it calls itself, and where it is.
    found: BTreeMap<String, (String, String)>,
}

impl Browse {
    /// Starts to listen; hears nothing where the network takes no multicast.
    pub(crate) fn start() -> Self {
        let listening = || -> Result<_, mdns_sd::Error> {
            let daemon = ServiceDaemon::new()?;
            let events = daemon.browse(SERVICE)?;
            Ok((daemon, events))
        };
        let daemon =
            listening().inspect_err(|err| tracing::info!(%err, "rooms of the network are not listed")).ok();
        Self { daemon, found: BTreeMap::new() }
    }

    /// Returns the rooms as name and `host:port`, if they changed since the last call. Never blocks.
    pub(crate) fn news(&mut self) -> Option<Vec<(String, String)>> {
        let (_, events) = self.daemon.as_ref()?;
        let mut changed = false;
        while let Ok(event) = events.try_recv() {
            match event {
                ServiceEvent::ServiceResolved(room) => {
                    let Some(address) = room.get_addresses_v4().into_iter().min() else { continue };
                    let fullname = room.get_fullname().to_owned();
                    if self.found.len() >= MAX_ROOMS && !self.found.contains_key(&fullname) {
                        continue;
                    }
                    let found = (shown(&fullname), format!("{address}:{}", room.get_port()));
                    changed |= self.found.insert(fullname, found.clone()) != Some(found);
                }
                ServiceEvent::ServiceRemoved(_, fullname) => {
                    changed |= self.found.remove(&fullname).is_some()
                }
                _ => {}
            }
        }
        changed.then(|| self.found.values().cloned().collect())
    }
}

impl Drop for Browse {
    fn drop(&mut self) {
        if let Some((daemon, _)) = &self.daemon {
            // It ends with the process at the latest.
            let _ = daemon.shutdown();
        }
    }
}

/// A room's name as a service's: no dots, not too long.
fn instance(name: &str) -> String {
    let mut instance = String::new();
    for c in name.chars().map(|c| if c == '.' || c.is_control() { ' ' } else { c }) {
        if instance.len() + c.len_utf8() > MAX_INSTANCE_BYTES {
            break;
        }
        instance.push(c);
    }
    instance
}

/// What a stranger's service is shown as: a short line without control characters.
fn shown(fullname: &str) -> String {
    let name = fullname.strip_suffix(SERVICE).unwrap_or(fullname).trim_end_matches('.');
    name.chars().filter(|c| !c.is_control()).take(sync_protocol::MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_a_service_and_any_service_a_short_line() {
        assert_eq!(instance("Dr. Beat"), "Dr  Beat");
        assert!(instance(&"ä".repeat(64)).len() <= MAX_INSTANCE_BYTES);
        assert_eq!(shown("Friday night._jamlight._tcp.local."), "Friday night");
        assert_eq!(shown("\u{1b}[2Jx._jamlight._tcp.local."), "[2Jx");
    }
}
