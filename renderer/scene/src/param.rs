use serde::{Deserialize, Serialize};

/// A parameter as the GPU sees it: one 16-byte slot. Numbers and switches use `x`, points `xy`,
/// colours `xyzw` (as the author's format wants them: sRGB-encoded). A parameter with a clock has
/// its integral over time, in unit-seconds, in `y`.
pub type ParamSlot = [f32; 4];

/// What kind of value a parameter holds, with its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ParamKind {
    /// A number.
    Float {
        /// The lowest value.
        min: f32,
        /// The highest value.
        max: f32,
        /// The value it starts with.
        default: f32,
        /// Whether the director integrates it into a clock: for speeds, so that a change of speed
        /// never jumps.
        #[serde(default)]
        clock: bool,
    },
    /// One of a list.
    Choice {
        /// Value and label of each option; at least one.
        options: Vec<(i32, String)>,
        /// The value it starts with.
        default: i32,
    },
    /// A switch.
    Bool {
        /// The value it starts with.
        default: bool,
    },
    /// A button: true for one frame.
    Event,
    /// A colour: straight RGBA, sRGB-encoded, 0–1.
    Color {
        /// The value it starts with.
        default: [f32; 4],
    },
    /// A point.
    Point {
        /// The lowest x and y.
        min: [f32; 2],
        /// The highest x and y.
        max: [f32; 2],
        /// The value it starts with.
        default: [f32; 2],
    },
    /// A picture. Its slot is unused; the picture comes in [`crate::ProgramInput::images`].
    Image,
}

/// One parameter of a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamSpec {
    /// The name commands and shaders use.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// Its kind and range.
    #[serde(flatten)]
    pub kind: ParamKind,
}

impl ParamSpec {
    /// Returns the slot of the default value.
    pub fn default_slot(&self) -> ParamSlot {
        match &self.kind {
            ParamKind::Float { default, .. } => [*default, 0.0, 0.0, 0.0],
            ParamKind::Choice { default, .. } => [*default as f32, 0.0, 0.0, 0.0],
            ParamKind::Bool { default } => [f32::from(u8::from(*default)), 0.0, 0.0, 0.0],
            ParamKind::Event | ParamKind::Image => [0.0; 4],
            ParamKind::Color { default } => *default,
            ParamKind::Point { default, .. } => [default[0], default[1], 0.0, 0.0],
        }
    }

    /// Returns the slot with every number inside the parameter's range; what is not finite becomes
    /// the default. `y` of a clock is left alone.
    pub fn clamp_slot(&self, slot: ParamSlot) -> ParamSlot {
        let fallback = self.default_slot();
        let finite = |i: usize| if slot[i].is_finite() { slot[i] } else { fallback[i] };
        match &self.kind {
            ParamKind::Float { min, max, .. } => {
                [finite(0).clamp(min.min(*max), max.max(*min)), slot[1], 0.0, 0.0]
            }
            ParamKind::Choice { options, default } => {
                let wanted = finite(0).round() as i32;
                let value = if options.iter().any(|(v, _)| *v == wanted) { wanted } else { *default };
                [value as f32, 0.0, 0.0, 0.0]
            }
            ParamKind::Bool { .. } | ParamKind::Event => {
                [if finite(0) >= 0.5 { 1.0 } else { 0.0 }, 0.0, 0.0, 0.0]
            }
            ParamKind::Color { .. } => std::array::from_fn(|i| finite(i).clamp(0.0, 1.0)),
            ParamKind::Point { min, max, .. } => {
                let axis = |i: usize| finite(i).clamp(min[i].min(max[i]), max[i].max(min[i]));
                [axis(0), axis(1), 0.0, 0.0]
            }
            ParamKind::Image => [0.0; 4],
        }
    }
}
