//! Guessing gets slower: after ten failures of one account from one address every further try has to wait, twice as long
//! each time.
//!
//! - A try counts as failed when it *begins* and is forgiven when it succeeds: a hundred guesses at once are a hundred.
//! - By account *and* address: nobody can lock another out from elsewhere.
//! - Bounded: at most [`KEPT_MAX`] pairs; what was idle longest is forgotten first.

use crate::clock::Wall;
use crate::locked;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Failures that cost nothing. Fewer punishes a tired user; more helps a guesser.
const FREE: u32 = 10;
/// The first wait; it doubles from there.
const WAIT_FIRST: Duration = Duration::from_secs(30);
/// The longest wait, and how long failures are remembered. Longer and a user who erred is out for the day.
const WAIT_MAX: Duration = Duration::from_secs(3_600);
/// Pairs that are remembered: about two megabytes.
const KEPT_MAX: usize = 10_000;
/// Characters of an account or address that are looked at: a key must not be as long as somebody likes.
const KEY_MAX: usize = 64;

/// Who tries from where.
type Pair = (String, String);

#[derive(Debug, Clone, Copy)]
struct Tries {
    failures: u32,
    last: Wall,
}

impl Tries {
    /// No try is looked at before then.
    fn until(self) -> Wall {
        let Some(doublings) = self.failures.checked_sub(FREE) else {
            return self.last;
        };
        let wait = WAIT_FIRST.saturating_mul(1_u32.checked_shl(doublings.min(16)).unwrap_or(u32::MAX));
        self.last.plus(wait.min(WAIT_MAX))
    }
}

/// Who failed how often.
#[derive(Debug, Default)]
pub struct Lockout {
    tries: Mutex<BTreeMap<Pair, Tries>>,
}

impl Lockout {
    /// A try begins and counts as failed until [`Lockout::forgive`].
    ///
    /// # Errors
    /// How long to wait; this try is not looked at and does not count.
    pub fn begin(&self, account: &str, address: &str, now: Wall) -> Result<(), Duration> {
        let mut tries = locked(&self.tries);
        let pair = pair(account, address);
        let known = tries
            .get(&pair)
            .copied()
            .filter(|known| now.since(known.last) < WAIT_MAX);
        let before = known.unwrap_or(Tries { failures: 0, last: now });
        if before.until() > now {
            return Err(before.until().since(now));
        }
        if known.is_none() && tries.len() >= KEPT_MAX {
            make_room(&mut tries, now);
        }
        tries.insert(
            pair,
            Tries {
                failures: before.failures.saturating_add(1),
                last: now,
            },
        );
        Ok(())
    }

    /// The try succeeded: its account is trusted from that address again.
    pub fn forgive(&self, account: &str, address: &str) {
        let mut tries = locked(&self.tries);
        tries.remove(&pair(account, address));
    }
}

fn pair(account: &str, address: &str) -> Pair {
    let cut = |text: &str| text.chars().take(KEY_MAX).collect();
    (cut(account), cut(address))
}

/// Forgets what is over, or else the pair that was idle longest.
fn make_room(tries: &mut BTreeMap<Pair, Tries>, now: Wall) {
    tries.retain(|_, known| now.since(known.last) < WAIT_MAX);
    if tries.len() < KEPT_MAX {
        return;
    }
    let idle = tries
        .iter()
        .min_by_key(|(_, known)| known.last)
        .map(|(pair, _)| pair.clone());
    if let Some(pair) = idle {
        tries.remove(&pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Wall = Wall(1_000_000);

    fn after(seconds: u64) -> Wall {
        START.plus(Duration::from_secs(seconds))
    }

    fn failed(lockout: &Lockout, times: u32, at: Wall) {
        for _ in 0..times {
            lockout.begin("admin", "10.0.0.1", at).expect("free tries");
        }
    }

    #[test]
    fn ten_failures_are_free_then_the_wait_doubles() {
        let lockout = Lockout::default();
        failed(&lockout, 10, START);
        let mut at = START;
        for wait in [30, 60, 120, 240, 480, 960, 1_920, 3_600 - 1] {
            let wait = Duration::from_secs(wait);
            assert!(lockout.begin("admin", "10.0.0.1", at).is_err());
            at = at.plus(wait);
            assert_eq!(
                lockout.begin("admin", "10.0.0.1", at).is_ok(),
                wait < WAIT_MAX - Duration::from_secs(1)
            );
        }
    }

    #[test]
    fn a_try_while_waiting_neither_counts_nor_prolongs() {
        let lockout = Lockout::default();
        failed(&lockout, 10, START);
        for second in 0..30 {
            let left = Duration::from_secs(30 - second);
            assert_eq!(lockout.begin("admin", "10.0.0.1", after(second)), Err(left));
        }
        assert_eq!(lockout.begin("admin", "10.0.0.1", after(30)), Ok(()));
    }

    #[test]
    fn another_account_or_address_is_not_locked_out() {
        let lockout = Lockout::default();
        failed(&lockout, 10, START);
        assert!(lockout.begin("admin", "10.0.0.1", START).is_err());
        assert!(lockout.begin("admin", "10.0.0.2", START).is_ok());
        assert!(lockout.begin("eva", "10.0.0.1", START).is_ok());
    }

    #[test]
    fn success_forgives_and_an_hour_forgets() {
        let lockout = Lockout::default();
        failed(&lockout, 9, START);
        lockout.forgive("admin", "10.0.0.1");
        failed(&lockout, 10, START);
        assert!(lockout.begin("admin", "10.0.0.1", START).is_err());
        failed(&lockout, 10, after(3_600));
    }

    #[test]
    fn a_flood_of_made_up_accounts_stays_bounded() {
        let lockout = Lockout::default();
        for number in 0..KEPT_MAX + 50 {
            assert!(lockout.begin(&format!("user{number}"), "10.0.0.1", START).is_ok());
        }
        assert_eq!(lockout.tries.lock().expect("not poisoned").len(), KEPT_MAX);
    }
}
