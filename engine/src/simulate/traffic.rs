//! What comes in: a rate that is constant, waves, steps or spikes, with noise.

use super::{Lot, WHOLE};
use crate::draw::mix;
use crate::model::{Span, Timestamp};

/// How long one draw of the noise stands.
const NOISE_MS: i64 = 5_000;

/// How the rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Not at all.
    Constant,
    /// Up and down by so many thousandths, once a period.
    Wave {
        /// From crest to crest.
        period: Span,
        /// Thousandths of the base, above and below.
        depth: u32,
    },
    /// From an instant on it is so many thousandths of the base.
    Step {
        /// When.
        at: Timestamp,
        /// How much.
        to: u32,
    },
    /// For a while it is so many thousandths of the base.
    Spike {
        /// From when.
        at: Timestamp,
        /// How long.
        lasts: Span,
        /// How much; 10,000 is a tenfold flash.
        to: u32,
    },
}

/// Requests that come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Requests a second, in thousandths.
    pub base: u64,
    /// Noise in thousandths of the rate, above and below.
    pub noise: u32,
    /// How it changes.
    pub shape: Shape,
}

impl Traffic {
    /// Requests a second at that instant, in thousandths.
    pub fn rate(&self, seed: u64, now: Timestamp) -> u64 {
        scaled(self.shaped(now), self.noisy(seed, now))
    }

    fn shaped(&self, now: Timestamp) -> u64 {
        let factor = match self.shape {
            Shape::Constant => WHOLE,
            Shape::Wave { period, depth } => wave(now, period, u64::from(depth)),
            Shape::Step { at, to } if now >= at => u64::from(to),
            Shape::Spike { at, lasts, to } if now >= at && now < at.plus(lasts) => u64::from(to),
            Shape::Step { .. } | Shape::Spike { .. } => WHOLE,
        };
        scaled(self.base, factor)
    }

    /// Thousandths, between 1000 - noise and 1000 + noise.
    fn noisy(&self, seed: u64, now: Timestamp) -> u64 {
        let noise = u64::from(self.noise).min(WHOLE);
        let turn = u64::try_from(now.0.div_euclid(NOISE_MS)).unwrap_or(0);
        let drawn = mix(seed, turn, Lot::Noise as u64) % (2 * noise + 1);
        WHOLE - noise + drawn
    }
}

fn scaled(value: u64, thousandths: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(thousandths) / u128::from(WHOLE)).unwrap_or(u64::MAX)
}

/// A wave of two parabolas: smooth enough, and the same integers everywhere.
fn wave(now: Timestamp, period: Span, depth: u64) -> u64 {
    let period = u64::try_from(period.0).unwrap_or(1).max(2);
    let place = u64::try_from(now.0).unwrap_or(0) % period;
    let half = (period / 2).max(1);
    let within = (place % half).saturating_mul(WHOLE) / half;
    // 4 x (1 - x) is 0 at both ends and 1 in the middle.
    let height = 4 * within * (WHOLE - within) / WHOLE;
    let depth = depth.min(WHOLE) * height / WHOLE;
    if place < half { WHOLE + depth } else { WHOLE - depth }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(shape: Shape, at: &[i64]) -> Vec<u64> {
        let traffic = Traffic {
            base: 100_000,
            noise: 0,
            shape,
        };
        at.iter().map(|at| traffic.rate(1, Timestamp(*at))).collect()
    }

    #[test]
    fn traffic_is_constant_waves_steps_or_spikes() {
        assert_eq!(rates(Shape::Constant, &[0, 999_999]), [100_000, 100_000]);
        let wave = Shape::Wave {
            period: Span(4_000),
            depth: 500,
        };
        assert_eq!(
            rates(wave, &[0, 1_000, 2_000, 3_000, 4_000]),
            [100_000, 150_000, 100_000, 50_000, 100_000]
        );
        let step = Shape::Step {
            at: Timestamp(10),
            to: 2_000,
        };
        assert_eq!(rates(step, &[9, 10, 99]), [100_000, 200_000, 200_000]);
        let flash = Shape::Spike {
            at: Timestamp(10),
            lasts: Span(10),
            to: 10_000,
        };
        assert_eq!(rates(flash, &[9, 10, 19, 20]), [100_000, 1_000_000, 1_000_000, 100_000]);
    }

    #[test]
    fn noise_stays_within_its_share_and_is_drawn_anew_every_five_seconds() {
        let traffic = Traffic {
            base: 100_000,
            noise: 50,
            shape: Shape::Constant,
        };
        let drawn: Vec<u64> = (0..200)
            .map(|turn| traffic.rate(7, Timestamp(turn * NOISE_MS)))
            .collect();
        assert!(drawn.iter().all(|rate| (95_000..=105_000).contains(rate)));
        assert!(drawn.iter().min() < drawn.iter().max());
        assert_eq!(traffic.rate(7, Timestamp(0)), traffic.rate(7, Timestamp(NOISE_MS - 1)));
    }
}
