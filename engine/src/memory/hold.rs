//! The hold: over half DOWN at once is the check's fault until an instance launched since proves it right (design 4.5).

use super::Memory;
use crate::census::{Cohorts, Look, Moment, Role};
use crate::model::{GroupSpec, Guard, Observation, Span, Timestamp};

/// Fewest warmed members for a hold. Of two, one DOWN is no majority and both DOWN says little of the check.
pub const HOLD_MEMBERS: u32 = 3;
/// How long a hold waits for proof before members are removed one at a time. Shorter kills what a long outage of the
/// check would have spared; longer leaves a truly broken group down.
pub const HOLD_PATIENCE: Span = Span::mins(10);

/// Whether the checks themselves are doubted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hold {
    /// No.
    #[default]
    Off,
    /// Yes: nothing is removed for health.
    On {
        /// Since then.
        since: Timestamp,
    },
    /// Over half are DOWN, but an instance launched since is in service: the check is right, the brake alone governs.
    Proven,
}

impl Hold {
    /// Whether members are held.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On { .. })
    }

    /// Whether the hold has waited long enough for its proof.
    pub fn timed_out(self, now: Timestamp) -> bool {
        matches!(self, Self::On { since } if now.since(since) >= HOLD_PATIENCE)
    }

    /// After a closed cycle. While fewer than half of the members have a reading nothing is learned.
    pub(super) fn judged(self, cohorts: &Cohorts, now: Timestamp) -> Self {
        let (warmed, down) = (u64::from(cohorts.warmed), u64::from(cohorts.down));
        let read = down + u64::from(cohorts.up);
        if cohorts.warmed < HOLD_MEMBERS {
            return Self::Off;
        }
        if read * 2 < warmed || read < u64::from(HOLD_MEMBERS) {
            return self;
        }
        match self {
            _ if down * 2 <= read => Self::Off,
            Self::Off => Self::On { since: now },
            other => other,
        }
    }
}

/// Ends the hold as soon as one launched after it began is in service.
pub(super) fn prove(memory: &mut Memory, spec: &GroupSpec, seen: &Observation, moment: Moment) {
    if spec.hold == Guard::Off {
        memory.hold = Hold::Off;
        return;
    }
    let Hold::On { since } = memory.hold else {
        return;
    };
    let proven = seen
        .members
        .iter()
        .filter(|member| member.created_at >= since)
        .any(|member| {
            let look = Look::with(spec, memory.memo(member.id), member, moment);
            look.role == Role::Healthy && look.in_service
        });
    if proven {
        memory.hold = Hold::Proven;
        memory.news.hold_ended = true;
    }
}
