//! Forms that act: without JavaScript the browser posts them and shows the page that comes back; with it the same fields are
//! sent by the page, which stays.
//!
//! Leptos has the same as `ActionForm` and `ServerAction`, for any function. Every form here answers "done" or what is wrong,
//! and the browser has already encoded its fields as the server reads them. So one action does for all: nothing is read into
//! a function's arguments only to be written again, and a further form costs the browser nothing.
//!
//! A form is sent once: neither the second click of a double one nor a second try while the first is on its way sends it
//! again. Its button keeps the focus meanwhile. What was refused at a field brings the focus there.

use crate::calls::CallError;
use crate::calls::session::SignOut;
use crate::forms::typed::to_first_wrong;
use crate::live::Freshness;
use crate::wire::Json;
use api::problem::Problem;
use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::form::form_data_from_event;
use leptos::html::Form;
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
#[derive(Debug, Clone, PartialEq, Eq)]
struct Posted {
    path: &'static str,
    /// As an HTML form encodes them.
    fields: String,
}

/// What the form of the server function `S` does, and what came of it.
pub struct ServerAction<S> {
    action: Action<Posted, Done>,
    /// What is on its way. It lives as long as the action: a form may be drawn anew while somebody presses its button.
    sent: MappedSignal<Option<Posted>>,
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
        let action = begin(S::PATH);
        Self {
            action,
            sent: action.input(),
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

/// An action, whichever server function it calls: what need not know that is compiled once.
#[derive(Clone, Copy)]
pub struct AnyAction {
    action: Action<Posted, Done>,
    sent: MappedSignal<Option<Posted>>,
    path: &'static str,
    url: &'static str,
}

impl<S> From<ServerAction<S>> for AnyAction
where
    S: ServerFn<Output = (), Error = CallError> + 'static,
{
    fn from(typed: ServerAction<S>) -> Self {
        Self {
            action: typed.action,
            sent: typed.sent,
            path: S::PATH,
            url: S::url(),
        }
    }
}

impl AnyAction {
    /// All that the last try was refused for.
    pub fn problems(self) -> Vec<Problem> {
        let refused = self.action.value().get().and_then(Result::err);
        refused.map(|error| error.problems.0).unwrap_or_default()
    }

    /// All that it was refused for when it was posted without JavaScript; nothing after a try with it.
    pub fn plain_problems(self) -> Vec<Problem> {
        if self.action.version().get() == 0 {
            self.problems()
        } else {
            Vec::new()
        }
    }

    /// Forgets what came of the last try: somebody begins anew.
    pub fn forget(self) {
        self.action.clear();
    }

    /// Does it each time a try ends, with what came of it.
    pub fn each_end(self, act: impl Fn(Result<(), CallError>) + 'static) {
        Effect::new(move |seen: Option<usize>| {
            let version = self.action.version().get();
            let ended = seen.is_some_and(|seen| seen != version);
            if let Some(done) = self.action.value().get_untracked().filter(|_| ended) {
                act(done);
            }
            version
        });
    }

    /// `fresh`, but unchanged from the moment that the form is sent, unless it is refused: what it deletes is not read
    /// again.
    pub fn spares(self, fresh: Memo<Freshness>) -> Memo<Freshness> {
        let (pending, value) = (self.action.pending(), self.action.value());
        Memo::new(move |before: Option<&Freshness>| {
            let gone = pending.get() || matches!(value.get(), Some(Ok(())));
            let now = fresh.get();
            before.copied().filter(|_| gone).unwrap_or(now)
        })
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
    form_of(action.into(), children)
}

/// A form for the rows of a list: their buttons name it and bring its fields (`<button form=id name=.. value=..>`).
#[component]
pub fn RowsForm<S>(
    /// Unique on the page.
    id: &'static str,
    /// What it does.
    action: ServerAction<S>,
) -> impl IntoView
where
    S: ServerFn<Output = (), Error = CallError> + 'static,
{
    form_of(action.into(), Box::new(|| ().into_any())).add_any_attr(leptos::attr::id(id))
}

/// The form of any action.
pub fn form_of(any: AnyAction, children: Children) -> impl IntoView {
    let AnyAction {
        action,
        sent,
        path,
        url,
    } = any;
    let form = NodeRef::<Form>::new();
    let submit = move |event: SubmitEvent| {
        if event.default_prevented() {
            return;
        }
        // A form that cannot be read is left to the browser, which posts it itself.
        if let Some(fields) = fields(&event) {
            event.prevent_default();
            let posted = Posted { path, fields };
            // What is on its way is not sent again.
            if sent.get_untracked().as_ref() != Some(&posted) {
                rest(&event);
                action.dispatch(posted);
            }
        }
    };
    Effect::new(move |_| {
        // Also when it is drawn anew: it may have ended meanwhile.
        action.version().track();
        if let Some(form) = form.get_untracked().filter(|_| sent.get_untracked().is_none()) {
            wake(&form);
        }
    });
    any.each_end(move |done| {
        if let Some(form) = form.get_untracked().filter(|_| done.is_err()) {
            to_first_wrong(&form);
        }
    });
    view! {
        <form node_ref=form action=url method="post" on:submit=submit on:click=move |event| once(&event)>{children()}</form>
    }
}

/// The second click of a double one sends nothing: the first may have been answered already.
pub fn once(event: &MouseEvent) {
    let button = event_target::<web_sys::Element>(event).closest("[type=submit]");
    if event.detail() > 1 && button.is_ok_and(|button| button.is_some()) {
        event.prevent_default();
    }
}

/// The pressed button says that it waits; it stays focused, which one that is disabled would not.
fn rest(event: &SubmitEvent) {
    if let Some(button) = event.submitter() {
        // Setting an attribute of an element that exists does not fail.
        let _ = button.set_attribute(WAITS, "true");
    }
}

/// Its buttons may be pressed again, those that stand elsewhere too.
fn wake(form: &web_sys::HtmlFormElement) {
    let controls = form.elements();
    for control in (0..controls.length()).filter_map(|at| controls.item(at)) {
        // Nor does taking it off.
        let _ = control.remove_attribute(WAITS);
    }
}

/// What a button has that waits.
const WAITS: &str = "aria-disabled";

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
