//! AcoustID: the fingerprint of a whole file to its `/v2/lookup`. Excerpts of what is heard fail there, so
//! it is asked about the user's own files only.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::client::{Question, Service, ServiceError, ServiceSettings};
use crate::error::CallError;
use crate::identify::{Identifier, Named, Sample, clean};
use crate::secret::Secret;

const NAME: &str = "AcoustID";
const ADDRESS: &str = "https://api.acoustid.org";
/// Questions a second: what its terms allow at most.
const PER_SEC: f64 = 3.0;
/// Answers less sure than this are no answers.
const MIN_SCORE: f64 = 0.5;

/// AcoustID, with the user's own application key. Free for uses that earn nothing.
#[derive(Debug)]
pub struct AcoustId {
    service: Service,
    client: Secret,
}

impl AcoustId {
    /// Makes it; `address` is its own unless a test has another.
    ///
    /// # Errors
    /// [`ServiceError::BadAddress`].
    pub fn new(
        address: Option<&str>,
        client: Secret,
        settings: ServiceSettings,
    ) -> Result<Self, ServiceError> {
        let settings = ServiceSettings { per_sec: settings.per_sec.min(PER_SEC), ..settings };
        Ok(Self { service: Service::new(NAME, address.unwrap_or(ADDRESS), settings, 7)?, client })
    }
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    error: Option<Problem>,
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Problem {
    code: u16,
}

#[derive(Deserialize)]
struct Found {
    score: f64,
    #[serde(default)]
    recordings: Vec<Recording>,
}

#[derive(Deserialize)]
struct Recording {
    title: Option<String>,
    #[serde(default)]
    artists: Vec<Artist>,
    duration: Option<f64>,
}

#[derive(Deserialize)]
struct Artist {
    name: String,
}

impl Identifier for AcoustId {
    fn service(&self) -> &Service {
        &self.service
    }

    fn takes(&self, sample: &Sample) -> bool {
        matches!(sample, Sample::File { .. })
    }

    fn identify<'a>(&'a self, sample: &'a Sample) -> BoxFuture<'a, Result<Option<Named>, CallError>> {
        async move {
            let Sample::File { fingerprint, secs } = sample else { return Ok(None) };
            let question = Question {
                path: "/v2/lookup",
                fields: vec![
                    ("client", self.client.expose().to_owned()),
                    ("format", "json".to_owned()),
                    ("meta", "recordings".to_owned()),
                    ("duration", secs.to_string()),
                    ("fingerprint", fingerprint.clone()),
                ],
                file: None,
            };
            self.service.ask(&question, read).await
        }
        .boxed()
    }
}

fn read(answer: &[u8]) -> Result<Option<Named>, CallError> {
    let garbled = |why| CallError::Garbled { service: NAME, why };
    let answer: Answer =
        serde_json::from_slice(answer).map_err(|_| garbled("it is no answer of its kind"))?;
    if answer.status != "ok" {
        return Err(match answer.error.map(|error| error.code) {
            // Its numbers for an unknown application or user key.
            Some(4 | 6) => CallError::Denied { service: NAME },
            Some(status) => CallError::Failed { service: NAME, status },
            None => garbled("it failed and does not say how"),
        });
    }
    let sure = answer.results.into_iter().filter(|found| found.score.is_finite() && found.score >= MIN_SCORE);
    let Some(best) = sure.max_by(|one, other| one.score.total_cmp(&other.score)) else { return Ok(None) };
    let named = best.recordings.into_iter().find_map(|recording| {
        let title = clean(&recording.title?);
        let names: Vec<&str> = recording.artists.iter().map(|artist| artist.name.as_str()).collect();
        (!title.is_empty()).then(|| Named {
            title,
            artist: clean(&names.join(", ")),
            duration_secs: recording.duration.filter(|secs| secs.is_finite() && *secs >= 0.0).unwrap_or(0.0),
            score: best.score.min(1.0),
            ..Named::default()
        })
    });
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_the_surest_recording_or_nothing() {
        let answer = br#"{"status":"ok","results":[{"id":"a","score":0.6,"recordings":[{"title":"No"}]},
            {"id":"b","score":0.97,"recordings":[{"id":"x"},{"title":"Sea","artists":[{"id":"1","name":"Ana"}],"duration":201}]}]}"#;
        let named = read(answer).expect("an answer").expect("a name");
        assert_eq!((named.title.as_str(), named.artist.as_str(), named.duration_secs), ("Sea", "Ana", 201.0));
        assert_eq!(read(br#"{"status":"ok","results":[]}"#), Ok(None));
        assert_eq!(
            read(br#"{"status":"ok","results":[{"score":0.1,"recordings":[{"title":"x"}]}]}"#),
            Ok(None)
        );
        let denied = br#"{"status":"error","error":{"code":4,"message":"invalid API key"}}"#;
        assert!(matches!(read(denied), Err(CallError::Denied { .. })));
        assert!(matches!(read(b"[]"), Err(CallError::Garbled { .. })));
    }
}
