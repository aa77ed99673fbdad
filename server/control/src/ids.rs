//! Minted ids: 64 random bits, passed in so that a test's ids repeat.

/// Where new ids come from.
pub trait Ids: Send + Sync {
    /// 64 bits nobody has seen; wrap them in the id type that is wanted.
    fn mint(&self) -> u64;
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn mint(&self) -> u64 {
        getrandom::u64().unwrap_or_else(|why| panic!("the operating system gives no randomness: {why}"))
    }
}
