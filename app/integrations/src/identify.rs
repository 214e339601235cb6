use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::client::Service;
use crate::error::CallError;

/// What a service is given to name.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    /// A few seconds of what is heard, mono.
    Snippet {
        /// −1–1.
        samples: Arc<[f32]>,
        /// Their rate, in Hz, 8,000–384,000.
        rate_hz: u32,
    },
    /// A whole file, as its Chromaprint fingerprint.
    File {
        /// As `fpcalc` prints it.
        fingerprint: String,
        /// Its length, in seconds.
        secs: u32,
    },
}

/// What a service says it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named {
    /// Its title.
    pub title: String,
    /// Who plays, joined by commas.
    pub artist: String,
    /// Where it is from. Empty when it does not say.
    pub album: String,
    /// Its length, in seconds. 0 when it does not say.
    pub duration_secs: f64,
    /// Where in the track the sample begins, in seconds. `None` when it does not say.
    pub position_secs: Option<f64>,
    /// How sure it is, 0–1.
    pub score: f64,
}

/// A service that names music.
///
/// Rules for who implements it: an answer comes, or an error does, within the deadline of its settings;
/// `Ok(None)` means that it does not know the music; nothing of a key is in any error or log.
pub trait Identifier: Send + Sync {
    /// Its terms and its state.
    fn service(&self) -> &Service;

    /// Its name, for people.
    fn name(&self) -> &'static str {
        self.service().name()
    }

    /// Whether it takes this kind of sample.
    fn takes(&self, sample: &Sample) -> bool;

    /// Asks it.
    fn identify<'a>(&'a self, sample: &'a Sample) -> BoxFuture<'a, Result<Option<Named>, CallError>>;
}

/// What came of asking the services in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The first name, and whose it is.
    pub named: Option<(&'static str, Named)>,
    /// Who gave no answer, and why. One that does not know the music is not among them.
    pub failed: Vec<CallError>,
}

/// Asks the services in order until one names the sample. Without a name the show goes on by what is
/// heard alone.
pub async fn identify(services: &[Box<dyn Identifier>], sample: &Sample) -> Outcome {
    let mut outcome = Outcome::default();
    for service in services.iter().filter(|service| service.takes(sample)) {
        match service.identify(sample).await {
            Ok(Some(named)) => {
                outcome.named = Some((service.name(), named));
                break;
            }
            Ok(None) => {}
            Err(err) => outcome.failed.push(err),
        }
    }
    outcome
}

/// Longest text that is taken from a service, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// Text from outside: one line, without control characters, not too long.
pub(crate) fn clean(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    // Marks that turn the direction of the text after them would reach into the panel.
    let turns =
        |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    line.chars().filter(|c| !turns(*c)).take(MAX_TEXT_CHARS).collect()
}
