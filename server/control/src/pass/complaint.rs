//! How trouble that lasts is told in the log: when it begins, then once a minute for how long it has lasted, and when it is
//! over.
//!
//! What fails is tried again at every slot. A line at each would bury what else happens in an outage, and fill the disk that
//! may be what it is about.

use super::chores::is_due;
use crate::clock::Wall;
use std::time::Duration;

/// Between two lines about the same trouble, real time. Shorter, and an outage of a night is a log of its own; longer, and
/// whoever opens the log does not see that it still lasts.
const AGAIN_EVERY: Duration = Duration::from_secs(60);

/// One kind of trouble, and what has been said of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Complaint {
    /// Since when it lasts, and when that was last said.
    open: Option<(Wall, Wall)>,
}

impl Complaint {
    /// It is there. For how long already, if that is to be said now: zero at its beginning.
    pub(super) fn there(&mut self, wall: Wall) -> Option<Duration> {
        let (since, said) = self.open.unwrap_or((wall, wall));
        if self.open.is_some() && !is_due(wall, said, AGAIN_EVERY) {
            return None;
        }
        self.open = Some((since, wall));
        Some(wall.since(since))
    }

    /// It is not there. For how long it was, once.
    pub(super) fn over(&mut self, wall: Wall) -> Option<Duration> {
        self.open.take().map(|(since, _)| wall.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_when_it_begins_once_a_minute_and_when_it_is_over() {
        let mut complaint = Complaint::default();
        let at = |seconds: i64| Wall(seconds * 1_000);
        assert_eq!(complaint.over(at(0)), None, "there was none");
        let told: Vec<(i64, u64)> = (1..150)
            .filter_map(|second| Some((second, complaint.there(at(second))?.as_secs())))
            .collect();
        assert_eq!(told, [(1, 0), (61, 60), (121, 120)]);
        assert_eq!(complaint.over(at(150)), Some(Duration::from_secs(149)));
        assert_eq!(complaint.over(at(151)), None);
        assert_eq!(complaint.there(at(152)), Some(Duration::ZERO), "it is another one");
    }

    #[test]
    fn a_clock_that_was_set_back_hides_no_trouble() {
        let mut complaint = Complaint::default();
        assert!(complaint.there(Wall(100_000)).is_some());
        assert_eq!(complaint.there(Wall(50_000)), Some(Duration::ZERO));
    }
}
