//! The one way out: every call to a third party goes through a [`Service`].
//!
//! ```text
//! leave of the breaker → leave of the bucket → attempts with jittered pauses → one answer within the deadline
//! ```
//! The deadline covers all of it. Nothing here waits for leave: who may not ask now is told when.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize};

use crate::breaker::{Breaker, BreakerState};
use crate::bucket::Bucket;
use crate::error::CallError;

/// Largest answer that is read, in bytes: a page of names is a hundredth of it.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// First pause before a question is asked again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest quiet a service may ask for.
const MAX_QUIET: Duration = Duration::from_secs(3_600);
/// Quiet after "too many requests" that names no time.
const DEFAULT_QUIET: Duration = Duration::from_secs(2);

/// How patient we are with a service. May change at any time; the next call obeys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSettings {
    /// Time for an answer, retries included, in milliseconds, 100–30,000.
    pub deadline_millis: u64,
    /// Times a question is asked again within the deadline, 0–5.
    pub retries: u32,
    /// Questions a second, 0.01–10.
    pub per_sec: f64,
    /// Questions at once, 1–20.
    pub burst: u32,
    /// Failures in a row after which it is left alone, 1–100.
    pub failures_until_rest: u32,
    /// How long it is left alone, in seconds, 1–3,600.
    pub rest_secs: u64,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            deadline_millis: 1_500,
            retries: 2,
            per_sec: 1.0,
            burst: 3,
            failures_until_rest: 5,
            rest_secs: 30,
        }
    }
}

impl ServiceSettings {
    /// Returns what is out of its range, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |ok: bool, sentence: String| {
            if !ok {
                wrong.push(sentence);
            }
        };
        let millis = self.deadline_millis;
        check((100..=30_000).contains(&millis), format!("deadline_millis is {millis}, choose 100 to 30000"));
        check(self.retries <= 5, format!("retries is {}, choose 0 to 5", self.retries));
        check(
            (0.01..=10.0).contains(&self.per_sec),
            format!("per_sec is {}, choose 0.01 to 10", self.per_sec),
        );
        check((1..=20).contains(&self.burst), format!("burst is {}, choose 1 to 20", self.burst));
        let failures = self.failures_until_rest;
        check((1..=100).contains(&failures), format!("failures_until_rest is {failures}, choose 1 to 100"));
        let rest = self.rest_secs;
        check((1..=3_600).contains(&rest), format!("rest_secs is {rest}, choose 1 to 3600"));
        wrong
    }
}

/// A question: a form that is posted.
pub(crate) struct Question {
    pub(crate) path: &'static str,
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Name, file name, type and bytes of an attached file.
    pub(crate) file: Option<(&'static str, &'static str, &'static str, Vec<u8>)>,
}

/// A third party, and the terms on which it is asked.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    base: Url,
    http: reqwest::Client,
    settings: Mutex<ServiceSettings>,
    /// Held for a decision, never across a wait.
    gate: Mutex<Gate>,
    begin: Instant,
}

#[derive(Debug)]
struct Gate {
    breaker: Breaker,
    bucket: Bucket,
    random: u64,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The address is not one.
    #[error("{service} has no usable address: give it as https://HOST")]
    BadAddress {
        /// Which service.
        service: &'static str,
    },
    /// The system gives no TLS.
    #[error("no secure connections on this system")]
    NoTls,
}

impl Service {
    /// Makes a service at an address: `https://`, or `http://` on this machine only. `seed` is for the
    /// jitter of pauses.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn new(
        name: &'static str,
        address: &str,
        settings: ServiceSettings,
        seed: u64,
    ) -> Result<Self, ServiceError> {
        // Set once by whoever comes first; a later one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let bad = || ServiceError::BadAddress { service: name };
        let base = Url::parse(address).map_err(|_| bad())?;
        let is_local = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let is_usable = base.scheme() == "https" || (base.scheme() == "http" && is_local);
        if !is_usable || !base.username().is_empty() || base.password().is_some() {
            return Err(bad());
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("Jamlight/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the key to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| ServiceError::NoTls)?;
        let gate = Gate { breaker: Breaker::new(), bucket: Bucket::new(settings.burst), random: seed | 1 };
        Ok(Self {
            name,
            base,
            http,
            settings: Mutex::new(settings),
            gate: Mutex::new(gate),
            begin: Instant::now(),
        })
    }

    /// Returns its name, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Changes the terms; the next call obeys.
    pub fn set_settings(&self, settings: ServiceSettings) {
        *lock(&self.settings) = settings;
    }

    /// Returns whether it is asked, for a panel.
    pub fn state(&self) -> BreakerState {
        lock(&self.gate).breaker.state(self.begin.elapsed())
    }

    /// Asks, and reads the answer: one that cannot be read counts against the service like none.
    pub(crate) async fn ask<T>(
        &self,
        question: &Question,
        read: impl FnOnce(&[u8]) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let settings = lock(&self.settings).clone();
        self.enter(&settings)?;
        // From here on the breaker must hear how it went, also when the caller gives up.
        let mut leave = Leave { service: self, settings: &settings, told: false };
        let deadline = Duration::from_millis(settings.deadline_millis);
        let answer = match tokio::time::timeout(deadline, self.attempts(question, &settings)).await {
            Ok(answer) => answer.and_then(|bytes| read(&bytes)),
            Err(_) => Err(CallError::Late { service: self.name, deadline }),
        };
        if let Err(err) = &answer {
            tracing::debug!(service = self.name, %err, "no answer");
        }
        leave.tell(answer.as_ref().map(|_| ()));
        answer
    }

    fn enter(&self, settings: &ServiceSettings) -> Result<(), CallError> {
        let now = self.begin.elapsed();
        let mut gate = lock(&self.gate);
        gate.breaker.enter(now).map_err(|retry_in| CallError::Resting { service: self.name, retry_in })?;
        if let Err(retry_in) = gate.bucket.take(now, settings.per_sec, settings.burst) {
            gate.breaker.let_go();
            return Err(CallError::TooOften { service: self.name, retry_in });
        }
        Ok(())
    }

    async fn attempts(&self, question: &Question, settings: &ServiceSettings) -> Result<Vec<u8>, CallError> {
        let mut pause = FIRST_PAUSE;
        for _ in 0..settings.retries {
            match self.attempt(question).await {
                Err(err) if err.is_transient() => {}
                answer => return answer,
            }
            tokio::time::sleep(pause.mul_f64(self.jitter())).await;
            pause *= 2;
        }
        self.attempt(question).await
    }

    async fn attempt(&self, question: &Question) -> Result<Vec<u8>, CallError> {
        let service = self.name;
        let garbled = |why| CallError::Garbled { service, why };
        let url = self.base.join(question.path).map_err(|_| CallError::Unreachable { service })?;
        let request = match &question.file {
            Some((name, file_name, kind, bytes)) => {
                let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name(*file_name);
                let part = part.mime_str(kind).map_err(|_| garbled("its own question"))?;
                let form =
                    question.fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| {
                        form.text(*name, value.clone())
                    });
                self.http.post(url).multipart(form.part(*name, part))
            }
            None => {
                let kind = "application/x-www-form-urlencoded";
                let request = self.http.post(url).header(reqwest::header::CONTENT_TYPE, kind);
                request.body(url_encoded(&question.fields))
            }
        };
        // reqwest's errors hold the address: they end here.
        let sent = request.send().await;
        let mut answer = sent.map_err(|_| CallError::Unreachable { service })?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let asked =
                answer.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let secs = asked.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            let retry_in = secs.unwrap_or(DEFAULT_QUIET).min(MAX_QUIET);
            lock(&self.gate).bucket.quiet_until(self.begin.elapsed() + retry_in);
            return Err(CallError::TooOften { service, retry_in });
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(CallError::Denied { service });
        }
        if !status.is_success() {
            return Err(CallError::Failed { service, status: status.as_u16() });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| garbled("it breaks off"))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(garbled("it is too long"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Half to one and a half: a room full of machines must not knock in step.
    fn jitter(&self) -> f64 {
        let mut gate = lock(&self.gate);
        gate.random =
            gate.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.5 + (gate.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Fields as a form without a file is posted.
fn url_encoded(fields: &[(&str, String)]) -> String {
    let encode = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// Tells the breaker how a call went, at the latest when the call is dropped.
struct Leave<'a> {
    service: &'a Service,
    settings: &'a ServiceSettings,
    told: bool,
}

impl Leave<'_> {
    fn tell(&mut self, answer: Result<(), &CallError>) {
        self.told = true;
        let now = self.service.begin.elapsed();
        let breaker = &mut lock(&self.service.gate).breaker;
        match answer {
            Ok(()) => breaker.succeeded(),
            Err(err) if err.is_fault() => {
                let rest = Duration::from_secs(self.settings.rest_secs);
                breaker.failed(now, self.settings.failures_until_rest, rest);
            }
            Err(_) => breaker.let_go(),
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if !self.told {
            lock(&self.service.gate).breaker.let_go();
        }
    }
}

/// Takes a lock. What it guards is whole at every moment, so a holder's panic does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
