//! Connections to the sound system that nothing uses at the moment.
//!
//! PulseAudio's live as long as the process: dropping one ends neither its thread nor its place among the
//! 64 programs that the server takes. So each that still answers is used again, whatever came of its last
//! use. A device that is looked for all evening takes one.

use std::sync::{Mutex, PoisonError};

use cpal::{Host, HostId, traits::HostTrait};

use crate::{AudioError, devices::open_host};

/// The process's own: the last user's connection is the next one's.
static IDLE: Idle<Host> = Idle::new();

/// Calls `call` with a connection: one that nothing uses, or else a new one. Returns it beside what came of it,
/// to be given back by [`keep`]; after a refusal that is done here.
///
/// `call` may be called several times: connections that nothing uses may be dead.
pub(crate) fn connected<T>(
    wanted: Option<HostId>,
    call: impl FnMut(&Host) -> Result<T, AudioError>,
) -> Result<(Host, T), AudioError> {
    let wanted_id = wanted.or_else(|| cpal::available_hosts().first().copied());
    let fits = |host: &Host| Some(host.id()) == wanted_id;
    IDLE.call(fits, || open_host(wanted), |host| host.devices().is_ok(), call)
}

/// Gives a connection back.
pub(crate) fn keep(host: Host) {
    IDLE.keep(host);
}

/// What lies there to be used again. Guards a take and a put; never held while the sound system is called.
struct Idle<H>(Mutex<Vec<H>>);

impl<H> Idle<H> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn keep(&self, host: H) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(host);
    }

    fn take(&self, fits: impl Fn(&H) -> bool) -> Option<H> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle.iter().position(fits)?;
        Some(idle.swap_remove(found))
    }

    fn call<T, E>(
        &self,
        fits: impl Fn(&H) -> bool,
        open: impl FnOnce() -> Result<H, E>,
        answers: impl Fn(&H) -> bool,
        mut call: impl FnMut(&H) -> Result<T, E>,
    ) -> Result<(H, T), E> {
        while let Some(host) = self.take(&fits) {
            match call(&host) {
                Ok(value) => return Ok((host, value)),
                Err(err) if answers(&host) => {
                    self.keep(host);
                    return Err(err);
                }
                // Dead: the next one, or a new one.
                Err(_) => {}
            }
        }
        let host = open()?;
        match call(&host) {
            Ok(value) => Ok((host, value)),
            Err(err) => {
                if answers(&host) {
                    self.keep(host);
                }
                Err(err)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_looked_for_all_evening_takes_one_connection() {
        let idle = Idle::new();
        let opened = std::cell::Cell::new(0);
        let open = || {
            opened.set(opened.get() + 1);
            Ok(opened.get())
        };
        for _ in 0..1_000 {
            let found = idle.call(|_| true, open, |_| true, |_| Err::<(), _>("there is no such device"));
            assert!(found.is_err());
        }
        assert_eq!(opened.get(), 1);
        let (host, found) = idle.call(|_| true, open, |_| true, |_| Ok::<_, &str>("there it is")).unwrap();
        assert_eq!((host, found, opened.get()), (1, "there it is", 1));
        // While that one is in use, another is opened; a dead one is not used again.
        idle.keep(idle.call(|_| true, open, |_| true, |_| Ok::<_, &str>(())).unwrap().0);
        assert_eq!(opened.get(), 2);
        let alive = |host: &i32| *host > 2;
        let call = |host: &i32| if *host > 2 { Ok(()) } else { Err("the server is gone") };
        assert_eq!(idle.call(|_| true, open, alive, call), Ok((3, ())));
        assert_eq!(idle.take(|_| true), None, "the dead one is let go");
    }
}
