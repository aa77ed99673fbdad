//! One file a page: resource, suspend, small pure components. Nothing here touches the network but through `calls`.

pub mod balancer_new;
pub mod balancer_page;
pub mod balancers;
pub mod group;
pub mod group_edit;
pub mod group_new;
pub mod groups;
pub mod logs;
pub mod not_found;
pub mod overview;
pub mod search;
pub mod sign_in;
pub mod system;
pub mod template_new;
pub mod template_page;
pub mod templates;
pub mod wizard;
