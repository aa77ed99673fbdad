//! What must never be printed.

use sha2::{Digest as _, Sha256};

/// A value that has no `Debug`, `Display` or `Serialize`: it cannot end up in a log line or an answer by accident.
///
/// ```compile_fail
/// println!("{:?}", control::auth::Secret::new("password"));
/// ```
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Seals it.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is needed; every use of this is worth a look.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Whether it is this text; takes as long whichever letter differs.
    pub fn is(&self, text: &str) -> bool {
        // Digests are of one length, and where two of them differ says nothing about the texts.
        Sha256::digest(self.0.as_bytes()) == Sha256::digest(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn only_the_same_text_is_it() {
        let secret = Secret::new("sesame".to_owned());
        assert!(secret.is("sesame"));
        for other in ["", "sesam", "sesame ", "Sesame"] {
            assert!(!secret.is(other), "{other:?}");
        }
    }
}
