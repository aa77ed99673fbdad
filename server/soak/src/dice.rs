//! Draws in a row out of one seed.

use engine::draw::mix;

/// Draws, one after the other.
#[derive(Debug, Clone)]
pub struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    /// Of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.drawn += 1;
        mix(self.seed, self.drawn, 0)
    }

    /// Between the two, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.bits() % (most.saturating_sub(least) + 1)
    }

    /// The same of a smaller number.
    pub fn small(&mut self, least: u32, most: u32) -> u32 {
        u32::try_from(self.between(u64::from(least), u64::from(most))).unwrap_or(least)
    }

    /// Seconds.
    pub fn secs(&mut self, least: i64, most: i64) -> i64 {
        let room = u64::try_from(most.saturating_sub(least)).unwrap_or(0);
        least.saturating_add(i64::try_from(self.between(0, room)).unwrap_or(0))
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.bits() % 100 < percent
    }

    /// One of them.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let place = self.bits() % u64::try_from(of.len()).unwrap_or(1).max(1);
        of[usize::try_from(place).unwrap_or(0)]
    }
}
