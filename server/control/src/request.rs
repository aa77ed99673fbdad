//! The id a request is followed by, from the browser to the driver (docs/operations.md, "Following a request").
//!
//! The host gives each request an id and runs it in [`scope`]; a command takes it from [`current`] and writes it into
//! the audit row and the log line of its change. It ends there: a pass takes no input but a group's id, and what links
//! the change to what the loop does are the group and its spec version.

use std::future::Future;

tokio::task_local! {
    static ID: String;
}

/// Runs a request under its id.
pub async fn scope<F: Future>(id: String, request: F) -> F::Output {
    ID.scope(id, request).await
}

/// The id of the request that this is done for; none where nobody asked by HTTP.
pub fn current() -> Option<String> {
    ID.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_for_a_request_knows_its_id_and_nothing_else_does() {
        assert_eq!(current(), None);
        assert_eq!(scope("r1".to_owned(), async { current() }).await.as_deref(), Some("r1"));
        assert_eq!(current(), None);
    }
}
