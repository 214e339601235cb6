//! Named limits on everything a Command may carry. Chosen for a show of one evening on a LAN.

/// Layers in a Show: more than a person can ride, and what a GPU still composes at 4K.
pub const MAX_LAYERS: usize = 32;
/// Parameters a layer may set: the richest ISF file of the public corpus has 40.
pub const MAX_PARAMS_PER_LAYER: usize = 128;
/// Length of a name or title, in characters.
pub const MAX_NAME_CHARS: usize = 64;
/// Length of a parameter's name, in bytes.
pub const MAX_PARAM_NAME_BYTES: usize = 64;
/// Length of a recognised track's title, artist or album, in characters.
pub const MAX_TRACK_CHARS: usize = 200;
/// Longest recognised track, in seconds: a day.
pub const MAX_TRACK_SECS: f64 = 86_400.0;
/// Speeds at which a recognised track may be played.
pub const TRACK_RATE_RANGE: std::ops::RangeInclusive<f64> = 0.5..=2.0;
/// Tempo range, in beats per minute (Ableton Link's TEMPO-4).
pub const TEMPO_BPM_RANGE: std::ops::RangeInclusive<f64> = 20.0..=999.0;
/// Longest transition, in beats: sixteen bars of four.
pub const MAX_TRANSITION_BEATS: f32 = 64.0;
/// Length of a scene's id, in bytes: a path of a few folders.
pub const MAX_SCENE_ID_BYTES: usize = 256;
/// Beats in a bar.
pub const BEATS_PER_BAR_RANGE: std::ops::RangeInclusive<u8> = 1..=16;
/// Stops of a palette.
pub const PALETTE_STOPS_RANGE: std::ops::RangeInclusive<usize> = 2..=5;
/// Brightest master, as a linear gain.
pub const MAX_BRIGHTNESS: f32 = 2.0;
/// Undo steps kept for one member; older ones are forgotten. An evening's worth of second thoughts.
pub const MAX_UNDO_STEPS: usize = 200;
/// Moves of one key within so many milliseconds of each other are one undo step: one gesture.
pub const MOVE_GESTURE_MILLIS: u64 = 1_000;
/// Moves of one key a second that leave a room: what an eye can follow.
pub const MAX_MOVES_PER_SEC: u32 = 30;
/// Commands of one member that the room has not answered; more are refused on the spot. Half a
/// minute of hard work without a network.
pub const MAX_PENDING: usize = 1_024;
/// Members a room remembers: forty times the largest jam anybody reported.
pub const MAX_MEMBERS: usize = 2_000;
/// Length of a chat message, in characters.
pub const MAX_CHAT_CHARS: usize = 2_000;
/// Messages a room keeps at hand; older ones are in the journal.
pub const MAX_CHAT_KEPT: usize = 500;
/// Length of a vote's question, in characters.
pub const MAX_QUESTION_CHARS: usize = 200;
/// Answers of a vote.
pub const VOTE_OPTIONS_RANGE: std::ops::RangeInclusive<usize> = 2..=8;
/// Votes a room keeps at hand.
pub const MAX_VOTES_KEPT: usize = 16;
/// Shared texts of a room.
pub const MAX_TEXTS: usize = 64;
/// One update of a shared text, in bytes: a long paste.
pub const MAX_TEXT_UPDATE_BYTES: usize = 256 * 1024;
/// A shared text with its past, in bytes: an evening of typing is a tenth of it.
pub const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// The name of the shared type in a Yjs document that holds the code.
pub const ROOT_TEXT: &str = "code";
/// One sample, in bytes: two minutes in stereo at 48 kHz as 32-bit floats, and its head.
pub const MAX_SAMPLE_BYTES: usize = 48 << 20;
/// Samples that running code may name, over all names: a quarter of an instrument's bank.
pub const MAX_SOUND_FILES: usize = 1_024;
/// One evaluated block of code, in bytes.
pub const MAX_CODE_BYTES: usize = 64 * 1024;
/// Blocks of code that run at once.
pub const MAX_RUNNING: usize = 64;
/// Coarsest quantum of an evaluation, in beats.
pub const MAX_QUANTUM_BEATS: f64 = 64.0;
/// Parameters a host may open to viewers at once: what fits on a phone.
pub const MAX_OPEN_PARAMS: usize = 64;
/// One awareness update, in bytes: a hundred cursors.
pub const MAX_AWARENESS_BYTES: usize = 32 * 1024;
/// Guests who see small pictures of the show at once: each is 8 JPEGs of 10 kB a second.
pub const MAX_WATCHERS: usize = 30;
/// One small picture of the show, in bytes.
pub const MAX_PICTURE_BYTES: usize = 128 * 1024;
/// Small pictures of the show a second.
pub const MAX_PICTURES_PER_SEC: u32 = 8;
/// The name under which a layer's opacity is modulated: no scene's parameter is called so.
pub const OPACITY: &str = "@opacity";
/// Modulations of one layer or effect: as many as anyone can keep apart.
pub const MAX_MODULATIONS: usize = 32;
/// Steps of a sequence.
pub const MAX_STEPS: usize = 32;
/// Length of a wave, step or phase, in beats.
pub const MOD_BEATS_RANGE: std::ops::RangeInclusive<f32> = 0.125..=64.0;
/// Slowest smoothing, attack or release of a modulation, in seconds.
pub const MAX_MOD_SECS: f32 = 10.0;
/// Steepest curve of a modulation, as a power of two in the exponent.
pub const MAX_MOD_CURVE: f32 = 3.0;
/// Filters of one chain: each is a full-screen pass.
pub const MAX_EFFECTS: usize = 8;
/// Scenes of a playlist: a night of them.
pub const MAX_PLAYLIST: usize = 500;
/// Time a scene stays with the autopilot, in beats.
pub const AUTOPILOT_BEATS_RANGE: std::ops::RangeInclusive<f32> = 1.0..=1024.0;
/// Tags of the autopilot.
pub const MAX_AUTOPILOT_TAGS: usize = 16;
/// Cues of a show: each keeps all its layers.
pub const MAX_CUES: usize = 64;
/// Longest wait for a cue, in seconds: a day.
pub const MAX_CUE_SECS: f64 = 86_400.0;
/// Longest wait for a cue, in beats.
pub const MAX_CUE_BEATS: f64 = 65_536.0;
/// Length of the name of a track that brings a cue, in characters: artist, dash, title.
pub const MAX_CUE_TRACK_CHARS: usize = 2 * MAX_TRACK_CHARS + 3;
/// Length of a text layer, in characters.
pub const MAX_LAYER_TEXT_CHARS: usize = 500;
/// Pictures of one slide show.
pub const MAX_SLIDES: usize = 256;
/// Time a slide is seen, in beats.
pub const SLIDE_BEATS_RANGE: std::ops::RangeInclusive<f32> = 0.25..=256.0;
