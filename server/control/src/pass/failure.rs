//! Why an activity failed, as stored with it: JSON of the engine's word, so that each reader gets it in their language,
//! or the driver's own words.

use engine::model::LaunchFailure;

/// The stored text of a failed launch: the driver's words when there are any, else the engine's word as JSON.
pub fn failure_text(why: LaunchFailure, words: Option<String>) -> String {
    words.unwrap_or_else(|| serde_json::to_string(&why).unwrap_or_else(|_| format!("{why:?}")))
}
