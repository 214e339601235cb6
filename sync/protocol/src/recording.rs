use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the host keeps of a room beside its journal, while it records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    /// Where the beat is and how loud the music is, in few numbers thirty times a second. No sound.
    Signal,
    /// Where the beat is, and the sound that the host's machine listens to.
    Sound,
}

impl Recording {
    /// Returns what is kept, as a sentence for everyone who is there.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Signal => {
                "This jam is recorded: what everyone changes, writes and says, and how loud the music is. No sound is kept."
            }
            Self::Sound => {
                "This jam is recorded with sound: what everyone changes, writes and says, and what the host's machine hears."
            }
        }
    }
}
