use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sync_protocol::SceneId;

use crate::files::{read_limited, write_atomic};

/// Largest file of marks read, in bytes: tens of thousands of scenes.
const MAX_MARKS_BYTES: u64 = 4 << 20;

/// What a person thinks of scenes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Scenes to find again.
    pub favourites: BTreeSet<SceneId>,
    /// Stars, 1–5; what is not in it has none.
    pub ratings: BTreeMap<SceneId, u8>,
}

impl Marks {
    /// Reads them; a missing or broken file holds none.
    pub fn read(path: &Path) -> Self {
        let bytes = read_limited(path, MAX_MARKS_BYTES).ok().flatten().unwrap_or_default();
        let mut marks: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        marks.ratings.retain(|_, stars| (1..=5).contains(stars));
        marks
    }

    /// Writes them.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        write_atomic(path, &serde_json::to_vec_pretty(self)?)
    }
}
