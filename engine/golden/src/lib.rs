//! Golden scenarios of the engine (invariant I10): the same inputs give the same bytes, natively and as WebAssembly.
//!
//! - [`table`]: small cases by hand, whole in the golden file. [`nonsense`]: inputs drawn from everything a pass could be
//!   given, sense or not. [`world`]: whole runs of many cycles. The last two stand in the file as digests.
//! - Every draw is `engine::draw::mix` of a scenario's seed and a counter: no generator with a state, no clock.
//! - `golden.txt` is made natively by `TIDEGATE_GOLDEN=write cargo test -p golden` and compared by two programs: the native
//!   test, and `run.mjs` under node. When they differ both leave the whole text of the scenario to be compared by hand.
//!
//! It is a crate of its own because only `wasm-bindgen` hands text out of WebAssembly without unsafe code, and the engine
//! is not to depend on it.

mod digest;
mod draws;
mod nonsense;
mod table;
mod world;
mod write;

/// One scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name, unique.
    pub name: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Table(table::Case),
    Nonsense(u64),
    World(world::Run),
    Edge,
}

/// Every scenario, in the order of the golden file.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name: String, kind: Kind| Scenario { name, kind };
    let tables = table::CASES
        .iter()
        .map(|case| scenario(format!("table/{}", case.name), Kind::Table(*case)));
    let edge = [scenario("edge/measured-numbers".to_owned(), Kind::Edge)];
    let nonsense = (0..nonsense::BLOCKS).map(|block| scenario(format!("nonsense/{block:02}"), Kind::Nonsense(block)));
    let runs = world::RUNS
        .iter()
        .map(|run| scenario(format!("run/{}", run.name), Kind::World(*run)));
    tables.chain(edge).chain(nonsense).chain(runs).collect()
}

impl Scenario {
    /// All it says: one line a pass.
    pub fn text(&self) -> String {
        match &self.kind {
            Kind::Table(case) => table::text(case),
            Kind::Edge => table::measured_numbers(),
            Kind::Nonsense(block) => nonsense::text(*block),
            Kind::World(run) => world::text(run),
        }
    }

    /// Its line of the golden file: the whole text of a small one, the digest of a large one.
    pub fn line(&self) -> String {
        let text = self.text();
        match &self.kind {
            Kind::Table(_) | Kind::Edge => format!("{}\t{}", self.name, text.trim_end().replace('\n', "\t")),
            Kind::Nonsense(_) | Kind::World(_) => {
                let (lines, digest) = (text.lines().count(), digest::of(&text));
                format!("{}\t{lines} passes, {} bytes, {digest:032x}", self.name, text.len())
            }
        }
    }
}

/// What a host of WebAssembly calls.
#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// The line of the scenario at that place; none after the last.
    #[wasm_bindgen]
    pub fn line(place: usize) -> Option<String> {
        super::scenarios().get(place).map(super::Scenario::line)
    }

    /// The whole text of the scenario at that place.
    #[wasm_bindgen]
    pub fn text(place: usize) -> Option<String> {
        super::scenarios().get(place).map(super::Scenario::text)
    }
}
