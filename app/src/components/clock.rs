//! Product time, ticking in the browser from what the server sent.

use crate::visit::use_texts;
use api::session::Frame;
use api::texts::format;
use leptos::prelude::*;

/// The browser's clock.
#[cfg(feature = "hydrate")]
pub fn browser_now_ms() -> i64 {
    // Milliseconds since 1970 are whole and fit an i64 by far.
    js_sys::Date::now() as i64
}

/// Product time at the browser's instant `now_ms`: the server's, and since then real time times the scale. A browser whose
/// clock differs from the server's by more than a minute counts from when it first looked.
#[cfg(any(feature = "hydrate", test))]
fn product_ms(frame: &Frame, first_ms: i64, now_ms: i64) -> i64 {
    let trusted = (first_ms - frame.wall_ms).abs() < 60_000;
    let since = now_ms - if trusted { frame.wall_ms } else { first_ms };
    frame
        .now_ms
        .saturating_add(since.max(0).saturating_mul(i64::from(frame.scale)))
}

/// The clock of the top bar; says its scale when that is not 1.
#[component]
pub fn Clock(
    /// What the server sent.
    frame: Frame,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let shown = RwSignal::new(frame.now_ms);
    let scale = frame.scale;
    tick(frame, shown);
    let scaled = (scale != 1).then(|| {
        view! { <span class="clock-scale" title=format!("{scale} {}", texts.clock_scale)>{format!("×{scale}")}</span> }
    });
    view! {
        <span class="clock num" title=texts.clock>
            <time datetime=move || format::machine_instant(shown.get())>{move || format::clock(shown.get())}</time>
            <span class="clock-zone">" UTC"</span>
            {scaled}
        </span>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn tick(frame: Frame, shown: RwSignal<i64>) {
    Effect::new(move |_| {
        let first_ms = browser_now_ms();
        let frame = frame.clone();
        every_second(move || shown.set(product_ms(&frame, first_ms, browser_now_ms())));
    });
}

/// Does it each second, as long as the effect it is called in lives.
#[cfg(feature = "hydrate")]
fn every_second(act: impl Fn() + 'static) {
    let every = set_interval_with_handle(act, std::time::Duration::from_secs(1));
    on_cleanup(move || {
        if let Ok(every) = every {
            every.clear();
        }
    });
}

/// The browser's clock by the second; the server has none.
pub fn use_now() -> ReadSignal<i64> {
    let (now, set_now) = signal(0);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let look = move || set_now.set(browser_now_ms());
        look();
        every_second(look);
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = set_now;
    now
}

#[cfg(not(feature = "hydrate"))]
fn tick(_frame: Frame, _shown: RwSignal<i64>) {}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn frame(wall_ms: i64) -> Frame {
        Frame {
            actor: None,
            now_ms: 1_000_000,
            wall_ms,
            scale: 20,
            balancer_missing: false,
            version: String::new(),
        }
    }

    #[test]
    fn product_time_goes_on_at_its_scale() {
        assert_eq!(product_ms(&frame(500_000), 500_400, 501_000), 1_020_000);
    }

    #[test]
    fn a_browser_with_a_wrong_clock_counts_from_its_first_look() {
        assert_eq!(product_ms(&frame(500_000), 9_000_000, 9_000_100), 1_002_000);
    }
}
