use std::sync::Arc;

use sync_protocol::TextId;

/// The code of the room, and what helps to write it.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The shared texts, by name.
    pub texts: Vec<CodeText>,
    /// Every function of the language, sorted by name.
    pub reference: Arc<[Completion]>,
    /// The names of all sounds, sorted.
    pub sounds: Arc<[String]>,
    /// Pieces to begin with.
    pub examples: Arc<[Example]>,
    /// The last sound, −1–1, oldest first: what a scope shows.
    pub wave: Arc<[f32]>,
}

/// One shared text and what runs of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeText {
    /// Its name.
    pub id: TextId,
    /// What is written.
    pub text: Arc<str>,
    /// What runs, whatever was written since; `None` while nothing of it does.
    pub running: Option<Arc<str>>,
    /// What is wrong with what was evaluated last.
    pub problems: Vec<CodeProblem>,
    /// What sounds now: bytes of `running`.
    pub glows: Vec<(u32, u32)>,
    /// The notes of the last seconds and of those about to sound.
    pub roll: Vec<RollNote>,
}

/// A note of a piano roll. Times in seconds from now: what was is negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RollNote {
    /// When it begins.
    pub from_secs: f32,
    /// When it ends.
    pub until_secs: f32,
    /// Its pitch, as a MIDI number; sounds without one have a row of their own below.
    pub pitch: f32,
}

/// Something wrong with code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeProblem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
    /// Whether it keeps the code from running; else it is worth knowing only.
    pub stops: bool,
}

/// One function of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name.
    pub name: String,
    /// Its arguments: "(n, function)".
    pub signature: String,
    /// One line on what it does.
    pub doc: String,
}

/// A piece to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it is called.
    pub name: String,
    /// "music", "light" or "music and light".
    pub kind: String,
    /// Its code.
    pub code: Arc<str>,
}
