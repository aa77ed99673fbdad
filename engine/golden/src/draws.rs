//! Draws of one scenario: the engine's counter-based generator, counted up.

use engine::draw::mix;

/// Draws in order; the same seed and stream give the same ones everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    seed: u64,
    stream: u64,
    index: u64,
}

impl Draws {
    pub(crate) const fn new(seed: u64, stream: u64) -> Self {
        Self { seed, stream, index: 0 }
    }

    /// The next 64 bits.
    pub(crate) const fn bits(&mut self) -> u64 {
        self.index += 1;
        mix(self.seed, self.stream, self.index)
    }

    /// A number below `end`, which is above 0.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// True once in so many.
    pub(crate) const fn once_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// One of these.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let count = u64::try_from(of.len()).unwrap_or(1).max(1);
        of[usize::try_from(self.below(count)).unwrap_or(0)]
    }
}
