//! The one way out to third parties, and the services that name music.
//!
//! A [`Service`] is asked within a deadline, again after transient failures, no more often than it allows,
//! and not at all while it rests after failures; its [`BreakerState`] is there to be shown. Answers have a
//! size limit and are read as foreign bytes. [`Secret`]s print as `…`; [`Keys`] keeps them in a file of
//! their own that only its owner can read. [`AcrCloud`] and [`AcoustId`] stand behind [`Identifier`], and
//! [`identify`] asks them in order.
//!
//! Everything is opt-in: without a key nothing is asked. It owns no thread and no runtime: calls are futures.
//!
//! ```
//! use app_integrations::{AcrCloud, Identifier, Sample, Secret, ServiceSettings};
//! let keys = (Secret::new("k-123"), Secret::new("s-456"));
//! let service = AcrCloud::new("https://identify.example.org", keys.0, keys.1, ServiceSettings::default())?;
//! assert!(service.takes(&Sample::Snippet { samples: [0.0; 8].into(), rate_hz: 8_000 }));
//! assert!(!format!("{service:?}").contains("s-456"));
//! # Ok::<(), app_integrations::ServiceError>(())
//! ```
#![expect(clippy::disallowed_methods, reason = "calls need a clock, keys need a file")]

mod breaker;
mod bucket;
mod client;
mod error;
mod secret;

mod identify;

mod acoustid;
mod acrcloud;

pub use acoustid::AcoustId;
pub use acrcloud::AcrCloud;
pub use breaker::BreakerState;
pub use client::{Service, ServiceError, ServiceSettings};
pub use error::CallError;
pub use identify::{Identifier, Named, Outcome, Sample, identify};
pub use secret::{Keys, KeysError, Secret};
