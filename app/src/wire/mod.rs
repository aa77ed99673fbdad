//! Answers on their way to the browser: JSON, written by `serde_json` and read by one small reader.
//!
//! What the browser reads decides the size of its wasm: `serde_json` reads straight into each type and makes a parser of its
//! own for every one of them, once for bytes and once for text. Here a text is parsed once, into a tree, and each type is
//! read from the tree by [`reader`]. So every answer goes through [`Json`]: server functions (`output = JsonAnswer`), refusals,
//! and the values of resources that come with the page ([`resource`] instead of `Resource::new`).

mod reader;

pub use reader::{Unread, from_text, from_value};

use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use leptos::server_fn::codec::Post;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// JSON, as `leptos::server_fn::codec::JsonEncoding` has it on the wire.
#[derive(Debug)]
pub struct Json;

/// What a server function answers with.
pub type JsonAnswer = Post<Json>;

/// A resource whose first value comes with the page.
pub type Loaded<T> = Resource<T, Json>;

/// A resource as `Resource::new` makes it, read by [`Json`], and fetched again when the page tries again what it could not
/// have.
///
/// A handler outlives what its view was made with. While this is read again the elements stand and can be pressed, and the
/// signals, memos and stored values that were made inside the `Suspend` are gone: reading one panics. So what a handler reads
/// is made above the `Suspend` (actions, `Typed`, what somebody chose), or is the handler's own copy, or is read by `try_...`.
/// Writing is safe, and so are effects and what a view shows: they go first.
pub fn resource<S, T, Fut>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetcher: impl Fn(S) -> Fut + Send + Sync + 'static,
) -> Loaded<T>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let live = crate::live::use_live();
    let asked = move || (live.retries(), source());
    Resource::new_with_options(asked, move |(_, asked)| fetcher(asked), false)
}

impl ContentType for Json {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Json {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Json {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Json {
    type Error = Unread;

    fn decode(bytes: Bytes) -> Result<T, Unread> {
        from_text(std::str::from_utf8(&bytes).map_err(Unread::of)?)
    }
}

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = Unread;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Unread> {
        from_text(text)
    }
}
