//! The drivers: the contract of every driver, held by each, and what only real processes can show.

#[path = "drivers/bench.rs"]
mod bench;
#[path = "drivers/contract.rs"]
mod contract;
#[path = "drivers/full_disk.rs"]
mod full_disk;
#[path = "drivers/isolation.rs"]
mod isolation;
#[path = "drivers/place.rs"]
mod place;
#[path = "drivers/region.rs"]
mod region;
#[path = "drivers/sample_web.rs"]
mod sample_web;
#[path = "drivers/small_disk.rs"]
mod small_disk;
#[path = "drivers/trees.rs"]
mod trees;

/// The contract, held by the driver `process`.
mod process {
    crate::driver_contract!(crate::bench::Bench::new());
    crate::program_contract!(crate::bench::Bench::new());
}

/// The contract, held by the driver `simulated`: its machines run no programs that could print.
mod simulated {
    crate::driver_contract!(crate::region::Simulated::new());
}
