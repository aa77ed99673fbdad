//! How much a browser loads before the console is alive.

use crate::Place;
use crate::figures::{Bound, Sheet};
use anyhow::Context as _;

/// The main wasm with brotli, in KB (design 7), and from where it is close to that.
const MOST_KB: f64 = 450.0;
const CLOSE_KB: f64 = 400.0;

/// Every line of this bench.
pub fn measure(place: &Place, sheet: &mut Sheet) -> anyhow::Result<()> {
    let kilobytes = |name: &str| {
        let file = place.site.join("pkg").join(name);
        let length = std::fs::metadata(&file).with_context(|| format!("no {}: build the site", file.display()));
        #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
        length.map(|data| data.len() as f64 / 1e3)
    };
    let compressed = kilobytes("tidegate.wasm.br")?;
    sheet.line("wasm-brotli", compressed, "KB", Bound::AtMost(MOST_KB));
    sheet.line("wasm-plain", kilobytes("tidegate.wasm")?, "KB", Bound::None);
    if compressed > CLOSE_KB {
        eprintln!("bench: the wasm is close to its bound: {compressed:.0} of {MOST_KB} KB");
    }
    Ok(())
}
