//! The switch of the host: a take is made while it is on.

use std::sync::Arc;
use std::time::Instant;

use app_desktop::CardKind;
use sync_protocol::{Command, Recording};

use super::Worker;
use crate::jam::{Listens, Moment, digest};
use crate::live::board::Board;
use crate::live::tap::SoundUser;

/// What this machine hears.
struct Ears {
    board: Arc<Board>,
    sound: Option<SoundUser>,
}

impl Listens for Ears {
    fn listen(&mut self) -> Moment {
        let heard = self.board.heard.get();
        Moment {
            transport: heard.transport,
            stream_secs: heard.stream_secs(Instant::now()),
            signal: digest(&heard.frame),
            sound: self.sound.as_ref().map(SoundUser::take).unwrap_or_default(),
        }
    }
}

impl Worker {
    /// Begins or ends a take as the room's switch says; returns whether the panels have something new.
    pub(super) fn follow_recording(&mut self) -> bool {
        self.tell_guest();
        let own = self.start.member.own();
        let wanted = self.hosted.as_ref().and_then(|_| own.with_session(|session| session.recording()));
        let board = self.start.board.clone();
        let followed = self.recordings.follow(wanted, |recording| Ears {
            sound: (recording == Recording::Sound).then(|| board.sound.listen()),
            board,
        });
        if let Err(err) = followed {
            let sentence = format!("The room is not recorded any more: {err:#}.");
            self.start.board.card(CardKind::Warning, sentence, None);
            self.send(Command::SetRecording { recording: None });
        }
        let recorded_mib = self.recordings.num_bytes() >> 20;
        std::mem::replace(&mut self.hosting.recorded_mib, recorded_mib) != recorded_mib
    }

    /// Closes the take before the room: its guests see the end of it.
    pub(super) fn end_recording(&mut self) {
        if self.start.member.own().with_session(|session| session.recording()).is_some() {
            self.send(Command::SetRecording { recording: None });
        }
        self.recordings.end();
    }

    /// Says to a guest what is kept of it, when it comes in and when that changes.
    fn tell_guest(&mut self) {
        let seated = self.guest.as_ref().is_some_and(|(_, visiting)| visiting.seated);
        let recording =
            if seated { self.start.member.with_session(|session| session.recording()) } else { None };
        if std::mem::replace(&mut self.told_recording, recording) != recording && seated {
            let sentence = recording.map_or("This jam is not recorded any more.", Recording::sentence);
            self.start.board.card(CardKind::Info, sentence, None);
        }
    }

    /// Puts the takes of the room beside its exported history, under the room's name.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn export_takes(&self, folder: &std::path::Path) -> std::io::Result<usize> {
        let files = self.recordings.shelf().files();
        for file in &files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let to = folder.join(format!("{}.{name}", self.start.room.id()));
            if to.exists() {
                std::fs::remove_file(&to)?;
            }
            // One file under two names costs nothing; another disk wants a copy.
            std::fs::hard_link(file, &to).or_else(|_| std::fs::copy(file, &to).map(|_| ()))?;
        }
        Ok(files.len())
    }
}
