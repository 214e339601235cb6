use std::time::Duration;

/// Why a service gave no answer. Never holds a key, an address with a key in it, or what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It did not answer in time.
    #[error("{service} did not answer within {} ms", deadline.as_millis())]
    Late {
        /// Which service.
        service: &'static str,
        /// The time it had.
        deadline: Duration,
    },
    /// It cannot be reached.
    #[error("{service} cannot be reached: check the network")]
    Unreachable {
        /// Which service.
        service: &'static str,
    },
    /// It failed several times, and is left alone for a while.
    #[error("{service} failed several times: it is tried again in {} s", retry_in.as_secs())]
    Resting {
        /// Which service.
        service: &'static str,
        /// How long it is still left alone.
        retry_in: Duration,
    },
    /// It was asked as often as it allows.
    #[error("{service} takes no more questions for {} ms", retry_in.as_millis())]
    TooOften {
        /// Which service.
        service: &'static str,
        /// When it may be asked again.
        retry_in: Duration,
    },
    /// It does not know this key, or the key may not do this.
    #[error("{service} does not accept the key: check it in the keys file")]
    Denied {
        /// Which service.
        service: &'static str,
    },
    /// It says that it is broken, or that the question is.
    #[error("{service} refuses with status {status}")]
    Failed {
        /// Which service.
        service: &'static str,
        /// The HTTP status, or the service's own number.
        status: u16,
    },
    /// It answered with something else than it promises.
    #[error("{service} answers something that cannot be read: {why}")]
    Garbled {
        /// Which service.
        service: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl CallError {
    /// Whether the same question may get an answer at once.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { status: 500..=599, .. })
    }

    /// Whether it says that the service, not the question, is at fault.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            Self::Late { .. } | Self::Unreachable { .. } | Self::Garbled { .. } => true,
            Self::Failed { status, .. } => *status >= 500,
            _ => false,
        }
    }
}
