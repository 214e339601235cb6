//! ACRCloud: a few seconds of sound to its `/v1/identify`, signed with the user's own key.
//!
//! Its status is 200 also for "nothing found": what counts is `status.code` of the answer. Numbers may be
//! strings, and offsets may be missing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ring::hmac;
use serde_json::Value;

use crate::client::{Question, Service, ServiceError, ServiceSettings};
use crate::error::CallError;
use crate::identify::{Identifier, Named, Sample, clean};
use crate::secret::Secret;

const NAME: &str = "ACRCloud";
const PATH: &str = "/v1/identify";
/// Rate of what is sent, in Hz: what its own kits send.
const SENT_RATE_HZ: u32 = 8_000;
/// Longest sample that is sent, in seconds: it looks at no more than twelve.
const MAX_SECS: u32 = 10;

/// The user's account at ACRCloud.
#[derive(Debug)]
pub struct AcrCloud {
    service: Service,
    access_key: Secret,
    access_secret: Secret,
    /// Seconds since 1970.
    clock: fn() -> u64,
}

impl AcrCloud {
    /// Makes it from the account's host and keys.
    ///
    /// # Errors
    /// [`ServiceError::BadAddress`].
    pub fn new(
        address: &str,
        access_key: Secret,
        access_secret: Secret,
        settings: ServiceSettings,
    ) -> Result<Self, ServiceError> {
        let seed = unix_secs();
        let service = Service::new(NAME, address, settings, seed)?;
        Ok(Self { service, access_key, access_secret, clock: unix_secs })
    }

    fn question(&self, wav: Vec<u8>) -> Question {
        let timestamp = (self.clock)().to_string();
        let key = self.access_key.expose();
        let signed = format!("POST\n{PATH}\n{key}\naudio\n1\n{timestamp}");
        let secret =
            hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.access_secret.expose().as_bytes());
        let signature = STANDARD.encode(hmac::sign(&secret, signed.as_bytes()));
        Question {
            path: PATH,
            fields: vec![
                ("access_key", key.to_owned()),
                ("sample_bytes", wav.len().to_string()),
                ("timestamp", timestamp),
                ("signature", signature),
                ("data_type", "audio".to_owned()),
                ("signature_version", "1".to_owned()),
            ],
            file: Some(("sample", "sample.wav", "audio/wav", wav)),
        }
    }
}

impl Identifier for AcrCloud {
    fn service(&self) -> &Service {
        &self.service
    }

    fn takes(&self, sample: &Sample) -> bool {
        matches!(sample, Sample::Snippet { .. })
    }

    fn identify<'a>(&'a self, sample: &'a Sample) -> BoxFuture<'a, Result<Option<Named>, CallError>> {
        async move {
            let Sample::Snippet { samples, rate_hz } = sample else { return Ok(None) };
            self.service.ask(&self.question(wav(samples, *rate_hz)), read).await
        }
        .boxed()
    }
}

/// Reads an answer; `None` for "nothing found".
fn read(answer: &[u8]) -> Result<Option<Named>, CallError> {
    let garbled = |why| CallError::Garbled { service: NAME, why };
    let answer: Value = serde_json::from_slice(answer).map_err(|_| garbled("it is no JSON"))?;
    let code = number(answer.pointer("/status/code")).ok_or_else(|| garbled("it has no status"))?;
    match code as u16 {
        0 => {}
        // Nothing found, or nothing in it to find.
        1001 | 2004 => return Ok(None),
        3001 | 3014 => return Err(CallError::Denied { service: NAME }),
        3003 | 3015 => {
            let retry_in = std::time::Duration::from_secs(60);
            return Err(CallError::TooOften { service: NAME, retry_in });
        }
        status => return Err(CallError::Failed { service: NAME, status }),
    }
    let best = answer
        .pointer("/metadata/music")
        .and_then(Value::as_array)
        .and_then(|all| all.iter().max_by(|one, other| score(one).total_cmp(&score(other))))
        .ok_or_else(|| garbled("it found something and does not say what"))?;
    let text = |pointer: &str| best.pointer(pointer).and_then(Value::as_str).map(clean).unwrap_or_default();
    let title = text("/title");
    if title.is_empty() {
        return Err(garbled("what it found has no title"));
    }
    let artists = best.get("artists").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = artists.iter().filter_map(|artist| artist.get("name")?.as_str()).collect();
    Ok(Some(Named {
        title,
        artist: clean(&names.join(", ")),
        album: text("/album/name"),
        duration_secs: number(best.get("duration_ms")).unwrap_or(0.0) / 1_000.0,
        position_secs: number(best.get("play_offset_ms")).map(|millis| millis / 1_000.0),
        score: (score(best) / 100.0).clamp(0.0, 1.0),
    }))
}

fn score(track: &Value) -> f64 {
    number(track.get("score")).unwrap_or(0.0)
}

/// A number, also one that came as a string; none that is not finite or below zero.
fn number(value: Option<&Value>) -> Option<f64> {
    let value = value?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// The newest seconds as a WAV file: 16 bits, mono, 8 kHz.
fn wav(samples: &[f32], rate_hz: u32) -> Vec<u8> {
    let rate_hz = rate_hz.max(SENT_RATE_HZ);
    let most = (MAX_SECS * rate_hz) as usize;
    let newest = samples.get(samples.len().saturating_sub(most)..).unwrap_or_default();
    let num_sent = newest.len() as u64 * u64::from(SENT_RATE_HZ) / u64::from(rate_hz);
    let step = f64::from(rate_hz) / f64::from(SENT_RATE_HZ);
    let data_bytes = num_sent as u32 * 2;
    let mut wav = Vec::with_capacity(44 + data_bytes as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + data_bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16, 1].iter().flat_map(|number| number.to_le_bytes()));
    wav.extend([SENT_RATE_HZ, SENT_RATE_HZ * 2].iter().flat_map(|number| number.to_le_bytes()));
    wav.extend([2_u16, 16].iter().flat_map(|number| number.to_le_bytes()));
    wav.extend(b"data");
    wav.extend(data_bytes.to_le_bytes());
    for i in 0..num_sent {
        // The mean of what one sample stands for: enough of a low-pass for a telephone's band.
        let from = (i as f64 * step) as usize;
        let end = ((i + 1) as f64 * step) as usize;
        let these = newest.get(from..end.max(from + 1)).unwrap_or_default();
        let mean = these.iter().sum::<f32>() / these.len().max(1) as f32;
        wav.extend(((mean.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes());
    }
    wav
}

fn unix_secs() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_documented_one() {
        let settings = ServiceSettings::default();
        let service = AcrCloud {
            clock: || 1_700_000_000,
            ..AcrCloud::new("https://example.org", Secret::new("key"), Secret::new("secret"), settings)
                .expect("an address")
        };
        let question = service.question(vec![0; 3]);
        let field =
            |name| question.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        // printf 'POST\n/v1/identify\nkey\naudio\n1\n1700000000' | openssl dgst -sha1 -hmac secret -binary | base64
        assert_eq!(field("signature"), Some("tWbqxXkbyadGeaHIJS/OzfF+KdU="));
        assert_eq!(field("sample_bytes"), Some("3"));
    }

    #[test]
    fn an_answer_is_read_whether_its_numbers_are_numbers_or_not() {
        let answer = br#"{"status":{"code":0},"metadata":{"music":[
            {"title":"Other","score":"71"},
            {"title":" Sea\u202e\n","artists":[{"name":"Ana"},{"name":"Bo"}],"album":{"name":"Tides"},
             "duration_ms":"200500","play_offset_ms":12000,"score":99}]}}"#;
        let named = read(answer).expect("an answer").expect("a name");
        assert_eq!(
            (named.title.as_str(), named.artist.as_str(), named.album.as_str()),
            ("Sea", "Ana, Bo", "Tides")
        );
        assert_eq!((named.duration_secs, named.position_secs, named.score), (200.5, Some(12.0), 0.99));
        assert_eq!(read(br#"{"status":{"code":1001,"msg":"No result"}}"#), Ok(None));
        assert!(matches!(read(br#"{"status":{"code":3001}}"#), Err(CallError::Denied { .. })));
        assert!(matches!(read(br#"{"status":{"code":3015}}"#), Err(CallError::TooOften { .. })));
        assert!(matches!(read(br#"{"status":{"code":0},"metadata":{}}"#), Err(CallError::Garbled { .. })));
        assert!(matches!(read(b"<html>"), Err(CallError::Garbled { .. })));
    }

    #[test]
    fn a_snippet_becomes_at_most_ten_seconds_at_8_khz() {
        let wav = wav(&vec![0.5; 48_000 * 20], 48_000);
        assert_eq!(wav.len(), 44 + 10 * 8_000 * 2);
        assert_eq!(wav.get(44..46), Some(&16_383_i16.to_le_bytes()[..]));
    }
}
