//! What must never be printed.

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
