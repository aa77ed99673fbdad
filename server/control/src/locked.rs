//! Taking a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, one that a panic has poisoned too. What lies under a lock here is changed in one step (an entry, a number, a
/// list), so whoever panicked has left nothing half done; and one broken pass or page must not stop all others.
pub fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
