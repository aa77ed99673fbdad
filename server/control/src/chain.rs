//! Errors for the log: each says its operation, and its causes say why.

use std::error::Error;
use std::iter::successors;

/// An error with everything below it, in one line.
pub fn of(why: &dyn Error) -> String {
    let below = successors(why.source(), |why| (*why).source());
    below.fold(why.to_string(), |text, why| format!("{text}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot {0}")]
    struct Failed(&'static str, #[source] io::Error);

    #[test]
    fn every_cause_is_said_from_the_outermost_to_the_last() {
        let read = Failed("read", io::Error::other("no disk"));
        let load = Failed("load", io::Error::other(read));
        assert_eq!(of(&load), "cannot load: cannot read: no disk");
        assert_eq!(of(&io::Error::other("no disk")), "no disk");
    }
}
