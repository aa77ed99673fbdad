//! The clock of a running server: the wall clock, anchored in the store.
//!
//! Product time is read off the anchor but never runs back: not when somebody sets the wall clock back, and not over a
//! restart. A start holds at the stored mark until the formula passes it.

use super::{Anchor, Clock, TimeScale, Wall};
use crate::store::Db;
use crate::store::clock::{ClockError, StoredTime, agree, mark};
use async_trait::async_trait;
use engine::model::Timestamp;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How often the mark is stored, and how far ahead of now it lies. Longer and a restart holds product time longer;
/// shorter and the disk is written more often.
pub const MARK_EVERY: Duration = Duration::from_secs(10);

/// The wall clock now; before 1970 is 1970.
#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
pub fn wall_now() -> Wall {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Microseconds since this process first asked; never runs back, whatever is done to the wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the monotonic clock is read"
)]
fn ticks_us() -> u64 {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let begun = *BEGUN.get_or_init(Instant::now);
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Real time, and product time anchored in the store.
#[derive(Debug)]
pub struct SystemClock {
    anchor: Anchor,
    /// The latest product instant anybody was told.
    latest: AtomicI64,
}

impl SystemClock {
    /// A clock that begins at `mark` if the anchor's formula is not past it.
    pub const fn new(anchor: Anchor, mark: Timestamp) -> Self {
        Self {
            anchor,
            latest: AtomicI64::new(mark.0),
        }
    }

    /// The clock of this server's start: anchored anew if the scale is another than the stored one. Call it after
    /// [`crate::store::first_start`]; then store [`SystemClock::mark`] every [`MARK_EVERY`]. `server` is who owns its leases.
    ///
    /// # Errors
    /// The store's answer, or another server that lives runs at another scale; nothing is stored then.
    pub async fn start(db: &Db, scale: TimeScale, server: &str) -> Result<Self, ClockError> {
        let stored = agree(db, server, scale, wall_now()).await?;
        let clock = Self::new(stored.anchor, stored.mark);
        mark(db, clock.mark()).await?;
        Ok(clock)
    }

    /// What to store as the mark: a little ahead of now, so that whatever is told until the next one is covered.
    pub fn mark(&self) -> Timestamp {
        self.now().plus(self.anchor.scaled(MARK_EVERY))
    }
}

impl StoredTime {
    /// The anchor to go on with: the stored one, or a new one from where product time stands if the scale changed.
    pub fn anchored(self, wall: Wall, scale: TimeScale) -> Anchor {
        if scale == self.anchor.scale {
            return self.anchor;
        }
        Anchor {
            wall,
            product: self.anchor.product(wall).max(self.mark),
            scale,
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn wall(&self) -> Wall {
        wall_now()
    }

    fn anchor(&self) -> Anchor {
        self.anchor
    }

    fn now(&self) -> Timestamp {
        let formula = self.anchor.product(self.wall()).0;
        Timestamp(self.latest.fetch_max(formula, Ordering::AcqRel).max(formula))
    }

    fn ticks_us(&self) -> u64 {
        ticks_us()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where real time is waited for")]
    async fn wait(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(product: i64, scale: u32) -> Anchor {
        Anchor {
            wall: Wall(1_000),
            product: Timestamp(product),
            scale: TimeScale(scale),
        }
    }

    #[test]
    fn a_start_holds_at_the_mark_until_the_formula_passes_it() {
        let far = Timestamp(i64::MAX - 1);
        let clock = SystemClock::new(anchor(1_000, 1), far);
        assert_eq!(clock.now(), far);
        assert_eq!(clock.now(), far);
    }

    #[test]
    fn product_time_is_the_wall_clock_while_the_scale_is_one() {
        let clock = SystemClock::new(anchor(1_000, 1), Timestamp(0));
        let before = wall_now().0;
        let now = clock.now().0;
        assert!((before..=wall_now().0).contains(&now), "{now}");
    }

    #[test]
    fn another_scale_anchors_anew_where_product_time_stands() {
        let stored = StoredTime {
            anchor: anchor(1_000, 1),
            mark: Timestamp(5_000),
        };
        assert_eq!(stored.anchored(Wall(9_000), TimeScale(1)), stored.anchor);
        let faster = stored.anchored(Wall(9_000), TimeScale(20));
        assert_eq!(
            faster,
            Anchor {
                wall: Wall(9_000),
                product: Timestamp(9_000),
                scale: TimeScale(20)
            }
        );
        let held = stored.anchored(Wall(2_000), TimeScale(20));
        assert_eq!(held.product, Timestamp(5_000));
    }
}
