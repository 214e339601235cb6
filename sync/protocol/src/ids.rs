use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

text_id!(
    /// A room on one host.
    RoomId
);
text_id!(
    /// A scene in the library, as people and files name it: `ink`, `packs/venue/tunnel`.
    SceneId
);
text_id!(
    /// A foreign file by content: the lower-case hexadecimal SHA-256 of its bytes.
    AssetId
);
text_id!(
    /// A shared text of a room.
    TextId
);
number_id!(
    /// A member of a room, from 1. Stable for an installation; 32 bits, because Yjs clients are.
    MemberId(u32)
);
number_id!(
    /// The number of an event in its room, from 1. Gapless; the truth about order.
    Seq(u64)
);
number_id!(
    /// A layer of the Show. Never reused within a Show.
    LayerId(u32)
);
