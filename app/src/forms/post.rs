//! Forms that act: without JavaScript the browser posts them and shows the page that comes back; with it the same fields are
//! sent by the page, which stays.
//!
//! Leptos has the same as `ActionForm` and `ServerAction`, for any function. Every form here answers "done" or what is wrong,
//! and the browser has already encoded its fields as the server reads them. So one action does for all: nothing is read into
//! a function's arguments only to be written again, and a further form costs the browser nothing.

use crate::calls::CallError;
use crate::calls::session::SignOut;
use crate::wire::Json;
use leptos::ev::SubmitEvent;
use leptos::form::form_data_from_event;
use leptos::prelude::*;
use leptos::reactive::signal::MappedSignal;
use leptos::server::ServerActionError;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::PostUrl;
use leptos::server_fn::error::{FromServerFnError, ServerFnUrlError};
use leptos::server_fn::redirect::call_redirect_hook;
use leptos::server_fn::request::ClientReq;
use leptos::server_fn::response::ClientRes;
use leptos::server_fn::{ContentType, ServerFn};
use std::marker::PhantomData;

/// Done, or what is wrong.
type Done = Result<(), CallError>;

/// A form on its way.
#[derive(Debug, Clone)]
struct Posted {
    path: &'static str,
    /// As an HTML form encodes them.
    fields: String,
}

/// What the form of the server function `S` does, and what came of it.
pub struct ServerAction<S> {
    action: Action<Posted, Done>,
    function: PhantomData<fn() -> S>,
}

impl<S> Clone for ServerAction<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for ServerAction<S> {}

impl<S: ServerFn<Output = (), Error = CallError>> ServerAction<S> {
    /// Nothing done yet, or what the form was refused when it was posted without JavaScript.
    pub fn new() -> Self {
        Self {
            action: begin(S::PATH),
            function: PhantomData,
        }
    }

    /// How often it has ended.
    pub fn version(self) -> RwSignal<usize> {
        self.action.version()
    }

    /// What came of the last try.
    pub fn value(self) -> MappedSignal<Option<Done>> {
        self.action.value()
    }
}

impl<S: ServerFn<Output = (), Error = CallError>> Default for ServerAction<S> {
    fn default() -> Self {
        Self::new()
    }
}

fn begin(path: &'static str) -> Action<Posted, Done> {
    let refused = use_context::<ServerActionError>().filter(|error| error.path() == path);
    let refused = refused.map(|error| Err(ServerFnUrlError::<CallError>::decode_err(error.err())));
    Action::new_with_value(refused, |posted: &Posted| post(posted.clone()))
}

/// A form that does `action`.
#[component]
pub fn ActionForm<S>(
    /// What it does.
    action: ServerAction<S>,
    /// Its fields, named as the function's arguments.
    children: Children,
) -> impl IntoView
where
    S: ServerFn<Output = (), Error = CallError> + 'static,
{
    form_of(action.action, S::PATH, S::url(), children)
}

fn form_of(action: Action<Posted, Done>, path: &'static str, url: &'static str, children: Children) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        if event.default_prevented() {
            return;
        }
        // A form that cannot be read is left to the browser, which posts it itself.
        if let Some(fields) = fields(&event) {
            event.prevent_default();
            action.dispatch(Posted { path, fields });
        }
    };
    view! { <form action=url method="post" on:submit=submit>{children()}</form> }
}

/// The form's fields, the pressed button's among them.
fn fields(event: &SubmitEvent) -> Option<String> {
    let data = form_data_from_event(event).ok()?;
    let fields = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    fields.to_string().as_string()
}

/// How server functions are called.
type Caller = <SignOut as ServerFn>::Client;
type Request = <Caller as Client<CallError>>::Request;

async fn post(posted: Posted) -> Done {
    let Posted { path, fields } = posted;
    let request: Request =
        ClientReq::<CallError>::try_new_post(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, fields)?;
    let response = <Caller as Client<CallError>>::send(request).await?;
    let status = ClientRes::<CallError>::status(&response);
    if status >= 400 {
        let refusal = ClientRes::<CallError>::try_into_bytes(response).await?;
        return Err(CallError::de(refusal));
    }
    if (300..400).contains(&status) || ClientRes::<CallError>::has_redirect(&response) {
        call_redirect_hook(&ClientRes::<CallError>::location(&response));
    }
    Ok(())
}
