//! A chart's place on a page: a figure with its caption, the drawing, and the same data as a table one click away.
//!
//! The server renders caption and table. The browser loads the library when the first chart is there, and draws into an
//! element that no view ever touches.

use leptos::html::Div;
use leptos::prelude::*;

/// A figure with a chart.
#[component]
pub fn Figure(
    /// What is shown.
    caption: &'static str,
    /// What opens the table.
    table_word: &'static str,
    /// The options as JSON; none while there is nothing to draw.
    #[prop(into)]
    option: Signal<Option<String>>,
    /// Beside the caption, such as the range.
    beside: ViewFn,
    /// Under the drawing: its events one by one, for the keyboard and for fingers.
    under: ViewFn,
    /// The table.
    children: Children,
) -> impl IntoView {
    let plot = NodeRef::<Div>::new();
    draw(plot, option);
    view! {
        <figure class="chart card">
            <figcaption><h2>{caption}</h2>{beside.run()}</figcaption>
            <div class="chart-plot" node_ref=plot></div>
            {under.run()}
            <details class="chart-table"><summary>{table_word}</summary>{children()}</details>
        </figure>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
fn draw(_plot: NodeRef<Div>, _option: Signal<Option<String>>) {}

#[cfg(feature = "hydrate")]
fn draw(plot: NodeRef<Div>, option: Signal<Option<String>>) {
    use glue::Drawing;
    let library = glue::library();
    let lang = crate::visit::use_lang();
    let drawing = StoredValue::new_local(None::<Drawing>);
    Effect::new(move |_| {
        let (Some(place), true, Some(option)) = (plot.get(), library.get(), option.get()) else {
            return;
        };
        drawing.update_value(|drawing| {
            let drawing = drawing.get_or_insert_with(|| Drawing::begin(&place, lang));
            drawing.show(&option);
        });
    });
    on_cleanup(move || {
        drawing.try_update_value(|drawing| drawing.take().map(Drawing::end));
    });
}

/// The few calls into ECharts. A call that fails leaves the table, so failures are not carried further.
#[cfg(feature = "hydrate")]
mod glue {
    use crate::components::script::{call, object};
    use api::texts::Lang;
    use js_sys::{JSON, Reflect};
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    const SOURCE: &str = "/vendor/echarts.min.js";

    fn global(name: &str) -> Option<JsValue> {
        let value = Reflect::get(&window(), &JsValue::from_str(name)).ok()?;
        (!value.is_undefined()).then_some(value)
    }

    /// True once the library is there; asks for it the first time.
    pub(super) fn library() -> ReadSignal<bool> {
        let (ready, set_ready) = signal(global("echarts").is_some());
        Effect::new(move |_| {
            if ready.get_untracked() {
                return;
            }
            let script = document()
                .create_element("script")
                .ok()
                .and_then(|tag| tag.dyn_into::<web_sys::HtmlScriptElement>().ok());
            let Some(script) = script else { return };
            script.set_src(SOURCE);
            let loaded = Closure::once_into_js(move || set_ready.try_set(true).unwrap_or(true));
            script.set_onload(Some(loaded.unchecked_ref()));
            if let Some(body) = document().body() {
                let _ = body.append_child(&script);
            }
        });
        ready
    }

    /// One chart on the page.
    pub(super) struct Drawing {
        chart: Option<JsValue>,
        observer: Option<web_sys::ResizeObserver>,
        _resized: Closure<dyn FnMut()>,
    }

    impl Drawing {
        pub(super) fn begin(place: &web_sys::HtmlDivElement, lang: Lang) -> Self {
            // Names of months and what a screen reader is told are the library's own words.
            let locale = match lang {
                Lang::En => "EN",
                Lang::Zh => "ZH",
            };
            let begin = [place.clone().into(), JsValue::NULL, object("locale", locale)];
            let chart = global("echarts").and_then(|echarts| call(&echarts, "init", &begin));
            let resizing = chart.clone();
            let resized = Closure::<dyn FnMut()>::new(move || {
                if let Some(chart) = &resizing {
                    call(chart, "resize", &[]);
                }
            });
            let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
            if let Some(observer) = &observer {
                observer.observe(place);
            }
            Self {
                chart,
                observer,
                _resized: resized,
            }
        }

        /// Replaces what is drawn.
        pub(super) fn show(&self, option: &str) {
            let (Some(chart), Ok(option)) = (&self.chart, JSON::parse(option)) else {
                return;
            };
            call(chart, "setOption", &[option, JsValue::TRUE]);
        }

        pub(super) fn end(self) {
            if let Some(observer) = &self.observer {
                observer.disconnect();
            }
            if let Some(chart) = &self.chart {
                call(chart, "dispose", &[]);
            }
        }
    }
}

/// Is the page drawn on a dark surface? Reads the page's own theme, then the system's.
#[cfg(feature = "hydrate")]
pub fn is_dark() -> bool {
    use crate::visit::{Theme, use_visit};
    let system = || {
        window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches())
    };
    match use_visit().theme {
        Theme::Dark => true,
        Theme::Light => false,
        Theme::Auto => system(),
    }
}

/// The server draws nothing.
#[cfg(not(feature = "hydrate"))]
pub const fn is_dark() -> bool {
    false
}
