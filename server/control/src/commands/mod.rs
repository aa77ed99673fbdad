//! Placeholder: landing soon.
