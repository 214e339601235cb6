use app_integrations::ServiceSettings;
use serde::{Deserialize, Serialize};

/// Table `names` of the app's settings: whether and how services outside are asked what plays. Their keys
/// are not here, but in a file of their own that only its owner can read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NamesSettings {
    /// Whether services outside are asked at all: a few seconds of what is heard are sent to them.
    pub ask_online: bool,
    /// The host of the person's ACRCloud project, as `https://identify-eu-west-1.acrcloud.com`.
    pub acrcloud_address: String,
    /// Deadline, retries, rate, rest after failures.
    pub terms: ServiceSettings,
}

impl NamesSettings {
    /// Returns what is out of its range, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.terms.problems().into_iter().map(|problem| format!("names.terms: {problem}")).collect()
    }
}
