//! Named limits on everything a Command may carry. Chosen for a show of one evening on a LAN.

/// Layers in a Show: more than a person can ride, and what a GPU still composes at 4K.
pub const MAX_LAYERS: usize = 32;
/// Parameters a layer may set: the richest ISF file of the public corpus has 40.
pub const MAX_PARAMS_PER_LAYER: usize = 128;
/// Length of a name or title, in characters.
pub const MAX_NAME_CHARS: usize = 64;
/// Length of a parameter's name, in bytes.
pub const MAX_PARAM_NAME_BYTES: usize = 64;
/// Tempo range, in beats per minute (Ableton Link's TEMPO-4).
pub const TEMPO_BPM_RANGE: std::ops::RangeInclusive<f64> = 20.0..=999.0;
/// Longest transition, in beats: sixteen bars of four.
pub const MAX_TRANSITION_BEATS: f32 = 64.0;
