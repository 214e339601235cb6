/// Why a device cannot be used. All of them are retried; none ends the app.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// No sound system answers.
    #[error("no sound system answers: {why}")]
    NoSystem {
        /// What the last one said.
        why: String,
    },
    /// There is no device of that kind.
    #[error("this machine has no {what}")]
    NoDevice {
        /// What was looked for.
        what: &'static str,
    },
    /// The chosen device is not there.
    #[error("the device {name:?} is not there; `jamlight devices` lists those that are")]
    NotFound {
        /// The name or id that was chosen.
        name: String,
    },
    /// The device refused.
    #[error("the device refused: {why}")]
    Refused {
        /// What the sound system says.
        why: String,
    },
    /// A mixer has all the sources or taps it can hold.
    #[error("the mixer holds {max} {what} already")]
    MixerFull {
        /// How many it can hold.
        max: usize,
        /// Sources or taps.
        what: &'static str,
    },
    /// The operating system would not give a thread.
    #[error("cannot start the {name:?} thread: {source}")]
    Thread {
        /// The thread's name.
        name: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
}

impl From<cpal::Error> for AudioError {
    fn from(err: cpal::Error) -> Self {
        Self::Refused { why: err.to_string() }
    }
}
