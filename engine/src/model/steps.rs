//! What a plan asks the loop to do. Register, drain, signal, delete are separate steps; each may be repeated.

use super::{InstanceId, LeaveCause, VServerId};
use serde::{Deserialize, Serialize};

/// One step. The loop writes it as intent before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// Mint an id and launch one instance.
    Launch {
        /// Whether a rise of desired covers it, or it replaces a member.
        why: LaunchWhy,
    },
    /// The create of an open launch again: its answer was lost, or the server died.
    CreateAgain {
        /// Which.
        id: InstanceId,
    },
    /// The driver says running: the record goes from `Launching` to `Serving`.
    MarkRunning {
        /// Which.
        id: InstanceId,
    },
    /// First time in service: the launch succeeded.
    MarkInService {
        /// Which.
        id: InstanceId,
    },
    /// Join a VServer (forced down until its first check passes).
    Register {
        /// Which.
        id: InstanceId,
        /// Where.
        vserver: VServerId,
    },
    /// Leave one VServer it is no longer bound to; the instance lives on.
    Deregister {
        /// Which.
        id: InstanceId,
        /// Where.
        vserver: VServerId,
    },
    /// Begin a removal: drain in every VServer.
    Drain {
        /// Which.
        id: InstanceId,
        /// Why it leaves.
        cause: LeaveCause,
    },
    /// Back from drain into service: still healthy and not yet signalled.
    TakeBack {
        /// Which.
        id: InstanceId,
    },
    /// Out of every VServer; SIGTERM, at most 90 s, SIGKILL.
    Signal {
        /// Which.
        id: InstanceId,
        /// Why it leaves.
        cause: LeaveCause,
    },
    /// Delete the machine; repeated until gone.
    Delete {
        /// Which.
        id: InstanceId,
        /// Why it leaves.
        cause: LeaveCause,
    },
    /// The driver said gone: the record ends.
    Forget {
        /// Which.
        id: InstanceId,
        /// Why it left.
        cause: LeaveCause,
    },
    /// A stray that matches and is wanted becomes a member.
    Adopt {
        /// Which.
        id: InstanceId,
    },
    /// A stray that is not wanted is destroyed.
    DestroyStray {
        /// Which.
        id: InstanceId,
    },
    /// A user's own instance leaves the group and lives on: its record here ends (design 4.9).
    Detach {
        /// Which.
        id: InstanceId,
    },
}

/// What a launch is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaunchWhy {
    /// Fewer than desired because desired rose.
    Growth,
    /// Fewer than desired because a member left or is unhealthy.
    Replacement,
    /// A trial while the breaker is open or the hold is on.
    Trial,
}

impl Step {
    /// Whether this step *begins* a launch or a removal (forbidden while disabled, I5); the others finish or report.
    pub const fn begins(&self) -> bool {
        matches!(
            self,
            Self::Launch { .. }
                | Self::Drain { .. }
                | Self::Adopt { .. }
                | Self::DestroyStray { .. }
                | Self::Detach { .. }
        )
    }
}
