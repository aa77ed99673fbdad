//! The typed catalogue: English and Chinese; a missing text is a compile error.
