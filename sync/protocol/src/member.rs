use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{MemberId, TextId};

/// What a member is in the room.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A screen: sees everything, asks for nothing.
    Display,
    /// Watches, talks, votes, and plays what the host opened.
    #[default]
    Viewer,
    /// Plays the show and writes code, while the write switch is on.
    Performer,
    /// Does what the host does, but for roles, recording and opening another show.
    CoHost,
    /// Whose machine the room lives on.
    Host,
}

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Role; 5] = [Self::Display, Self::Viewer, Self::Performer, Self::CoHost, Self::Host];

    /// Returns whether the role has a right at all. The write switch, a mute and opened parameters
    /// refine it, see `sync-session`.
    pub fn has(self, right: Right) -> bool {
        match right {
            Right::TakePart | Right::Speak => self >= Self::Viewer,
            Right::Param | Right::Perform => self >= Self::Performer,
            Right::Moderate => self >= Self::CoHost,
            Right::Rule => self == Self::Host,
        }
    }
}

/// What a Command needs, see [`Command::right`](crate::Command::right).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Vote, and change one's own name.
    TakePart,
    /// Chat.
    Speak,
    /// Move a parameter: viewers too, where the host opened it.
    Param,
    /// Change the show, write and run code.
    Perform,
    /// Mute, kick, open parameters and votes.
    Moderate,
    /// Give roles, open another show, record the room.
    Rule,
}

/// Somebody in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// What it calls itself, 1–64 characters.
    pub name: String,
    /// Its colour: straight RGB, sRGB-encoded.
    pub color: [u8; 3],
    /// What it is.
    pub role: Role,
    /// The write switch: a performer without it only watches.
    #[serde(default = "yes")]
    pub may_write: bool,
    /// Whether it asked to be let write.
    #[serde(default)]
    pub wants_write: bool,
    /// Whether it is kept out of the chat.
    #[serde(default)]
    pub muted: bool,
    /// Whether it is there now.
    #[serde(default = "yes")]
    pub online: bool,
    /// Whether it may not come back.
    #[serde(default)]
    pub banned: bool,
}

impl Member {
    /// Makes a member that has just come in.
    pub fn new(id: MemberId, name: impl Into<String>, role: Role) -> Self {
        Self {
            id,
            name: name.into(),
            color: color_of(id),
            role,
            may_write: true,
            wants_write: false,
            muted: false,
            online: true,
            banned: false,
        }
    }
}

fn yes() -> bool {
    true
}

/// A colour for an id: hues a golden angle apart, so neighbours differ, and light enough to read on
/// black (contrast of at least 4.5:1, which a test checks).
fn color_of(id: MemberId) -> [u8; 3] {
    const GOLDEN_TURN: f64 = 0.618_033_988_749_895;
    let hue = (f64::from(id.0) * GOLDEN_TURN).fract() * 6.0;
    let channel = |offset: f64| {
        let distance = ((hue + offset).rem_euclid(6.0) - 3.0).abs() - 1.0;
        // The darkest channel is 120: the darkest hue, blue, still has a contrast of 5.3:1.
        (120.0 + distance.clamp(0.0, 1.0) * 135.0) as u8
    };
    [channel(0.0), channel(4.0), channel(2.0)]
}

/// What a member is doing now. Never journaled; the latest counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// The text its cursor is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextId>,
    /// Where its selection starts and its cursor is, in UTF-16 units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<[u32; 2]>,
    /// Whether it writes in the chat.
    #[serde(default)]
    pub typing: bool,
    /// Whether it has touched nothing for five minutes.
    #[serde(default)]
    pub idle: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_members_have_sixteen_colours_that_can_be_read_on_black() {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let mut seen = Vec::new();
        for id in 1..=16 {
            let [r, g, b] = color_of(MemberId(id));
            let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
            assert!((luminance + 0.05) / 0.05 >= 4.5, "{id}: {r} {g} {b}");
            assert!(!seen.contains(&[r, g, b]));
            seen.push([r, g, b]);
        }
    }
}
