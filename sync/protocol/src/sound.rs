use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AssetId;

/// Samples of the host's own that the running code names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sound {
    /// The name they go by, lower case: `kick`.
    pub name: String,
    /// Their files by content, in the order of their numbers: `kick:0`, `kick:1`, ….
    pub files: Vec<AssetId>,
}
