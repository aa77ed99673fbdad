//! The words of the product (design 3), one file a family.

pub mod group;
pub mod ids;
pub mod observation;
pub mod steps;
pub mod trail;
pub mod units;
pub mod validate;

pub use group::*;
pub use ids::*;
pub use observation::*;
pub use steps::*;
pub use trail::*;
pub use units::*;
