//! The way of a guest: into another machine's room, and back.

use std::sync::atomic::Ordering;

use app_desktop::{CardKind, Place, Visiting};
use sync_client::{Client, State};

use super::{Porter, Worker};
use crate::jam::link_of;
use crate::live::desk::capitalised;

impl Worker {
    pub(super) fn join(&mut self, link: &str, name: &str) {
        if self.hosted.is_some() || self.guest.is_some() {
            return;
        }
        let joined = link_of(link).and_then(|link| {
            let visiting =
                Visiting {
                    address: link.authority(), state: "Knocking…".to_owned(), ..Visiting::default()
                };
            Ok((Client::join(link, name)?, visiting))
        });
        match joined {
            Ok(guest) => {
                self.guest = Some(guest);
                self.sound(self.start.settings.guest_sounds);
            }
            Err(err) => self.view.room.problem = Some(capitalised(&format!("{err:#}"))),
        }
    }

    /// Lets this machine sound as a guest, or not.
    pub(super) fn sound(&mut self, sounds: bool) {
        let Some((_, visiting)) = &mut self.guest else { return };
        visiting.sounds = sounds;
        self.start.board.guest_sounds.store(sounds, Ordering::Relaxed);
    }

    /// Follows the way of a guest; returns whether anything changed.
    pub(super) fn watch_guest(&mut self) -> bool {
        let Some((client, visiting)) = &mut self.guest else { return false };
        let state = client.state();
        if self.last_state.as_ref() == Some(&state) {
            return false;
        }
        visiting.connected = state == State::Joined;
        match &state {
            State::Connecting => {}
            State::Joined => {
                visiting.state = "Connected.".to_owned();
                if !visiting.seated {
                    visiting.seated = true;
                    // Its scenes are fetched before the show is taken over: no black in between.
                    let start = &self.start;
                    self.porter = Porter::start(
                        client.clone(),
                        start.library.clone(),
                        start.board.clone(),
                        &start.paths,
                        start.samples.clone(),
                    );
                    self.start.member.sit(Some(client.clone()));
                    self.view.renew();
                }
            }
            State::Waiting { why, .. } => {
                visiting.state = format!("{} The show goes on; trying again.", capitalised(why));
            }
            State::Refused(err) => {
                let sentence = capitalised(&err.message);
                self.leave();
                self.view.room.problem = Some(sentence.clone());
                self.start.board.card(CardKind::Warning, sentence, None);
                return true;
            }
            _ => {
                self.leave();
                return true;
            }
        }
        self.last_state = Some(state);
        true
    }

    /// The own show comes back as it was.
    pub(super) fn leave(&mut self) {
        self.start.member.sit(None);
        self.porter = None;
        if let Some((client, _)) = self.guest.take() {
            client.leave();
        }
        self.last_state = None;
        self.view.renew();
        self.view.room.place = Place::Alone;
    }
}
