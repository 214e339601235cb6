//! Names from services outside, for what the library does not know.
//!
//! ```text
//! library → what was answered before → services, in order → the show goes by what is heard alone
//! ```
//! Nothing is sent unless a person switched it on and gave keys. The thread owns the services and a small
//! index of what they answered, so that the same passage is asked about once. It answers every question
//! within the services' deadline, if only with why there is no name.

mod asker;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::Context as _;
use app_desktop::{Online, OnlineService};
use app_integrations::{
    AcrCloud, BreakerState, CallError, Identifier, Keys, Named, Sample, Secret, ServiceError, identify,
};
use app_library::{Paths, write_atomic};
use audio_recognition::{Library, Peak, TrackInfo};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::board::Board;
use super::files::unix_millis;

pub(crate) use asker::{Asker, Heard, Verdict};
pub(crate) use settings::NamesSettings;

/// How often it looks whether the app ends, and how the services are.
const TURN: Duration = Duration::from_millis(250);
/// Answers remembered; the oldest go. Six kilobytes each.
const MAX_REMEMBERED: usize = 2_000;
/// The section of ACRCloud in the keys file, and its two keys.
pub(crate) const ACRCLOUD: (&str, [&str; 2]) = ("acrcloud", ["access_key", "access_secret"]);

/// A question: a few seconds of what is heard.
pub(crate) struct Ask {
    /// Mono.
    pub samples: Arc<[f32]>,
    pub rate_hz: u32,
    /// The peaks of the same seconds.
    pub peaks: Vec<Peak>,
    /// The wall clock when they began, in milliseconds since 1970.
    pub began_millis: u64,
}

/// What came of it.
pub(crate) struct Answer {
    /// Who named it, and the name.
    pub named: Option<(String, Named)>,
    /// Whether nobody could be asked.
    pub failed: bool,
    pub began_millis: u64,
}

/// The recogniser's end.
pub(crate) struct Names {
    /// One question at a time (`DropNewest`): a second one would be about other music by its turn.
    asks: SyncSender<Ask>,
    answers: Receiver<Answer>,
}

impl Names {
    /// Asks. Never waits; returns whether the question is on its way.
    pub(crate) fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }

    /// Returns an answer that came.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

/// Starts the thread. It ends with the board, or with its other end.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(paths: &Paths, board: Arc<Board>) -> anyhow::Result<Names> {
    let (asks, inbox) = sync_channel(1);
    let (outbox, answers) = sync_channel(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the system gives no timers or sockets")?;
    let thread = Thread {
        board,
        runtime,
        keys_file: paths.keys_file(),
        state_file: paths.names_state_file(),
        folder: paths.names(),
        memory: None,
        made_of: None,
        services: Vec::new(),
        problem: String::new(),
        last_failure: None,
        written: None,
    };
    std::thread::Builder::new()
        .name("names".to_owned())
        .spawn(move || thread.run(&inbox, &outbox))
        .context("the thread that asks services cannot start")?;
    Ok(Names { asks, answers })
}

struct Thread {
    board: Arc<Board>,
    runtime: Runtime,
    keys_file: PathBuf,
    state_file: PathBuf,
    folder: PathBuf,
    /// What was answered before; opened with the first question.
    memory: Option<Library>,
    /// The settings and keys that the services were made of.
    made_of: Option<(NamesSettings, Keys)>,
    services: Vec<Box<dyn Identifier>>,
    /// Why there is no service.
    problem: String,
    last_failure: Option<CallError>,
    written: Option<Vec<OnlineService>>,
}

impl Thread {
    fn run(mut self, inbox: &Receiver<Ask>, outbox: &SyncSender<Answer>) {
        self.show();
        while !self.board.is_ending() {
            match inbox.recv_timeout(TURN) {
                Ok(ask) => {
                    let answer = self.answer(&ask);
                    self.show();
                    // Its other end has gone with the app.
                    let _ = outbox.try_send(answer);
                }
                Err(RecvTimeoutError::Timeout) => self.show(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        let began_millis = ask.began_millis;
        if !self.is_wanted() {
            return Answer { named: None, failed: true, began_millis };
        }
        if let Some(named) = self.remembered(&ask.peaks) {
            return Answer { named: Some(named), failed: false, began_millis };
        }
        self.make_services();
        let sample = Sample::Snippet { samples: ask.samples.clone(), rate_hz: ask.rate_hz };
        let outcome = self.runtime.block_on(identify(&self.services, &sample));
        let failed = self.services.is_empty() || !outcome.failed.is_empty();
        self.last_failure = outcome.failed.into_iter().next_back();
        let named = outcome.named.map(|(service, named)| (service.to_owned(), named));
        if let Some((service, named)) = &named {
            self.remember(service, named, &ask.peaks);
        }
        Answer { named, failed, began_millis }
    }

    fn is_wanted(&self) -> bool {
        self.board.names.get().ask_online
    }

    /// Makes the services anew where settings or keys have changed: else their breakers would forget.
    fn make_services(&mut self) {
        let settings = (*self.board.names.get()).clone();
        let keys = match Keys::read(&self.keys_file) {
            Ok(keys) => keys,
            Err(err) => {
                (self.services, self.made_of, self.problem) = (Vec::new(), None, err.to_string());
                return;
            }
        };
        let made_of = Some((settings, keys));
        if self.made_of == made_of {
            return;
        }
        self.made_of = made_of;
        self.services.clear();
        self.last_failure = None;
        let Some((settings, keys)) = &self.made_of else { return };
        match acrcloud(settings, keys) {
            Ok(Some(service)) => self.services.push(Box::new(service)),
            Ok(None) => {
                self.problem = "no keys: `jamlight keys set acrcloud` takes those of your account".to_owned();
            }
            Err(err) => self.problem = err.to_string(),
        }
    }

    fn remembered(&mut self, peaks: &[Peak]) -> Option<(String, Named)> {
        let found = self.memory()?.recognize(peaks).ok()??;
        let (service, position_millis) = read_place(&found.track)?;
        let position_secs = position_millis.map(|millis| millis / 1_000.0 + found.position_secs);
        let TrackInfo { title, artist, album, secs, .. } = found.track;
        let named = Named { title, artist, album, duration_secs: secs, position_secs, score: 1.0 };
        Some((service, named))
    }

    fn remember(&mut self, service: &str, named: &Named, peaks: &[Peak]) {
        let mut hash = Sha256::new();
        for peak in peaks {
            hash.update(peak.tick.to_le_bytes());
            hash.update(peak.pitch.to_le_bytes());
        }
        let begin = peaks.first().map_or(0, |first| first.tick);
        let peaks: Vec<Peak> = peaks.iter().map(|peak| Peak { tick: peak.tick - begin, ..*peak }).collect();
        let track = TrackInfo {
            content: hash.finalize().into(),
            path: place(service, named.position_secs, unix_millis()),
            secs: named.duration_secs,
            title: named.title.clone(),
            artist: named.artist.clone(),
            album: named.album.clone(),
            ..TrackInfo::default()
        };
        let Some(memory) = self.memory() else { return };
        let mut keep = || {
            let mut ids: Vec<_> = memory.tracks()?.iter().map(|track| track.id).collect();
            ids.sort_unstable();
            let mut change = memory.change()?;
            let old = ids.len().saturating_sub(MAX_REMEMBERED - 1);
            change.remove(ids.get(..old).unwrap_or_default())?;
            change.add(track.clone(), &peaks)?;
            change.finish()
        };
        if let Err(err) = keep() {
            tracing::warn!(%err, "a service's answer is not remembered");
        }
    }

    fn memory(&mut self) -> Option<&mut Library> {
        if self.memory.is_none() {
            match Library::open(&self.folder) {
                Ok(memory) => self.memory = Some(memory),
                // Asked again instead: it costs a question, not the name.
                Err(err) => tracing::warn!(%err, "what services answered before cannot be read"),
            }
        }
        self.memory.as_mut()
    }

    /// Tells the panel, and `jamlight doctor` through a file.
    fn show(&mut self) {
        let wanted = self.is_wanted();
        if wanted && self.made_of.is_none() && self.problem.is_empty() {
            self.make_services();
        }
        let mut services: Vec<OnlineService> = self
            .services
            .iter()
            .map(|service| state_of(service.as_ref(), self.last_failure.as_ref()))
            .collect();
        if services.is_empty() {
            services.push(OnlineService {
                name: "ACRCloud".to_owned(),
                state: self.problem.clone(),
                well: false,
            });
        }
        let services = if wanted { services } else { Vec::new() };
        // Every second of a rest is for the panel, not for the disk.
        let changed = self.written.as_ref().is_none_or(|written| {
            written.len() != services.len()
                || written.iter().zip(&services).any(|(was, is)| was.well != is.well)
        });
        if changed && (wanted || self.written.is_some()) {
            let state = serde_json::json!({ "at_millis": unix_millis(), "services": services.iter().map(
                |service| serde_json::json!({ "name": service.name, "well": service.well, "state": service.state })
            ).collect::<Vec<_>>() });
            if let Err(err) = write_atomic(&self.state_file, state.to_string().as_bytes()) {
                tracing::debug!(%err, "the services' state is not written");
            }
            self.written = Some(services.clone());
        }
        self.board.online.set(Online { wanted, services: services.into() });
    }
}

fn acrcloud(settings: &NamesSettings, keys: &Keys) -> Result<Option<AcrCloud>, ServiceError> {
    let (section, names) = ACRCLOUD;
    let [access_key, access_secret]: [Secret; 2] = names.map(|name| keys.get(section, name));
    if access_key.is_empty() || access_secret.is_empty() {
        return Ok(None);
    }
    let address = &settings.acrcloud_address;
    AcrCloud::new(address, access_key, access_secret, settings.terms.clone()).map(Some)
}

/// How a service is, in a sentence.
fn state_of(service: &dyn Identifier, failure: Option<&CallError>) -> OnlineService {
    let (well, state) = match (service.service().state(), failure) {
        (BreakerState::Open { retry_in }, _) => {
            (false, format!("failed several times, is asked again in {} s", retry_in.as_secs().max(1)))
        }
        (BreakerState::HalfOpen, _) => (false, "is asked whether it is back".to_owned()),
        (BreakerState::Closed, Some(failure)) => (false, failure.to_string()),
        (BreakerState::Closed, None) => (true, "ready".to_owned()),
    };
    OnlineService { name: service.name().to_owned(), state, well }
}

/// Where an answer is from, as its path in the memory: the service, where in the track its seconds begin
/// (in milliseconds; `-` where nobody says), and when it was given.
fn place(service: &str, position_secs: Option<f64>, at_millis: u64) -> PathBuf {
    let position = position_secs.map_or("-".to_owned(), |secs| format!("{:.0}", secs * 1_000.0));
    PathBuf::from(format!("{service}/{position}/{at_millis}"))
}

fn read_place(track: &TrackInfo) -> Option<(String, Option<f64>)> {
    let place = track.path.to_str()?;
    let mut parts = place.split('/');
    Some((parts.next()?.to_owned(), parts.next()?.parse().ok()))
}
