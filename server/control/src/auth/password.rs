//! Passwords: argon2id with 19 MiB, two rounds, one lane (what OWASP asks for), a few at a time.
//!
//! A hash takes about 20 ms of a core and 19 MiB by intention, so it is never done on a thread that serves requests, and
//! a crowd of sign-ins waits in line instead of taking all cores and all memory.

use super::Secret;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes at once. More and sign-ins could take the loop's cores; fewer and two users wait for each other.
const AT_ONCE: usize = 2;
/// Longest password that is looked at. Longer ones only cost memory.
pub const PASSWORD_MAX_BYTES: usize = 1_024;
/// Characters of a password we make up: 20 of 5 bits are 100 bits, which nobody guesses.
const NEW_LENGTH: usize = 20;
/// Memory in KiB, rounds and lanes. Smaller and stolen hashes are tried faster; larger and a sign-in is slow.
const COSTS: (u32, u32, u32) = (19 * 1_024, 2, 1);
/// No password has this hash. An unknown account is checked against it, so that it takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why no hash could be made.
#[derive(Debug, thiserror::Error)]
#[error("could not hash a password: {0}")]
pub struct PasswordError(String);

/// How a password compares to a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is the one.
    Yes,
    /// It is the one, and its hash was made with other costs: make a new one.
    YesButOld,
    /// It is not.
    No,
}

/// A password of 20 characters of Crockford's base 32, from the operating system's randomness.
///
/// # Errors
/// The operating system gives none.
pub fn new_password() -> Result<Secret<String>, PasswordError> {
    let mut bytes = [0_u8; NEW_LENGTH];
    getrandom::fill(&mut bytes).map_err(|why| PasswordError(why.to_string()))?;
    let alphabet = b"0123456789abcdefghjkmnpqrstvwxyz";
    Ok(Secret::new(
        bytes
            .iter()
            .map(|byte| char::from(alphabet[usize::from(byte & 31)]))
            .collect(),
    ))
}

/// The hash of a password, with a salt of its own. Takes about 20 ms: from async code use [`Passwords::hash`].
///
/// # Errors
/// The operating system gives no randomness.
pub fn hash(password: &Secret<String>) -> Result<String, PasswordError> {
    let failed = |why: String| PasswordError(why);
    let hasher = hasher().map_err(failed)?;
    let hashed: Result<PasswordHash, _> = hasher.hash_password(password.expose().as_bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|why| failed(why.to_string()))
}

/// Compares a password with a stored hash; none stands for an unknown account and takes just as long.
pub fn compare(password: &Secret<String>, stored: Option<&str>) -> Match {
    let known = stored.and_then(|text| PasswordHash::new(text).ok());
    let nobody = || PasswordHash::new(NOBODY).ok();
    let (Ok(hasher), Some(hash)) = (hasher(), known.clone().or_else(nobody)) else {
        return Match::No;
    };
    let verified = hasher.verify_password(password.expose().as_bytes(), &hash);
    match (verified, &known) {
        (Ok(()), Some(known)) if is_current(known) => Match::Yes,
        (Ok(()), Some(_)) => Match::YesButOld,
        _ => Match::No,
    }
}

fn hasher() -> Result<Argon2<'static>, String> {
    let (memory, rounds, lanes) = COSTS;
    let params = Params::new(memory, rounds, lanes, None).map_err(|why| why.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_current(hash: &PasswordHash) -> bool {
    let params = Params::try_from(hash).ok();
    let costs = params.map(|params| (params.m_cost(), params.t_cost(), params.p_cost()));
    hash.algorithm.as_str() == "argon2id" && costs == Some(COSTS)
}

/// Hashing from async code: a few at a time, off the threads that serve.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// See [`hash`].
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub async fn hash(&self, password: Secret<String>) -> Result<String, PasswordError> {
        self.in_turn(move || hash(&password)).await?
    }

    /// See [`compare`].
    ///
    /// # Errors
    /// The runtime is ending.
    pub async fn compare(&self, password: Secret<String>, stored: Option<String>) -> Result<Match, PasswordError> {
        self.in_turn(move || compare(&password, stored.as_deref())).await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let failed = |why: String| PasswordError(why);
        let turn = self
            .turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|why| failed(why.to_string()))?;
        // The turn goes with the work: a caller that goes away does not free a core that is still busy.
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        worked.await.map_err(|why| failed(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_password_matches_its_own_hash_and_no_other() {
        let stored = hash(&secret("correct horse")).expect("randomness");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(compare(&secret("correct horse"), Some(&stored)), Match::Yes);
        assert_eq!(compare(&secret("correct horsf"), Some(&stored)), Match::No);
        assert_ne!(
            hash(&secret("correct horse")).expect("randomness"),
            stored,
            "every hash has its own salt"
        );
    }

    #[test]
    fn an_unknown_account_is_compared_with_a_hash_of_the_same_costs_that_nothing_matches() {
        let nobody = PasswordHash::new(NOBODY).expect("a hash as text");
        assert!(is_current(&nobody));
        for typed in ["", "nobody", "password"] {
            assert_eq!(compare(&secret(typed), None), Match::No);
            assert_eq!(compare(&secret(typed), Some("garbage")), Match::No);
        }
    }

    #[test]
    fn a_hash_of_other_costs_matches_and_is_said_to_be_old() {
        let params = Params::new(8 * 1_024, 1, 1, None).expect("costs");
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let stored: PasswordHash = weak.hash_password(b"old").expect("randomness");
        assert_eq!(compare(&secret("old"), Some(&stored.to_string())), Match::YesButOld);
    }

    #[test]
    fn a_new_password_has_twenty_characters_that_are_easy_to_read_and_never_repeats() {
        let one = new_password().expect("randomness");
        assert_eq!(one.expose().len(), 20);
        assert!(
            one.expose()
                .chars()
                .all(|c| c.is_ascii_alphanumeric() && !"ilou".contains(c))
        );
        assert!(*one.expose() != *new_password().expect("randomness").expose());
    }
}
