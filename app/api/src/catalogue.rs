//! What can be had: regions, zones, networks, types with prices, images.

use serde::{Deserialize, Serialize};

/// An instance type and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeView {
    /// Its name, such as `t.quarter`.
    pub name: String,
    /// vCPUs in thousandths.
    pub vcpu_milli: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Price of an hour in micro-units of the currency.
    pub hour_micros: i64,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageView {
    /// Its name, such as `sample-web`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Ports it listens on, the first is `PORT`.
    pub ports: Vec<u16>,
    /// Does it have a ready check?
    pub ready_path: Option<String>,
}

/// A VPC with its subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcView {
    /// `vpc-...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its subnets, one a zone.
    pub subnets: Vec<SubnetView>,
}

/// One zone's share of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetView {
    /// `sub-...`.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Its addresses, such as `127.20.1.0/24`.
    pub cidr: String,
}

/// Everything a template wizard offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The region's name.
    pub region: String,
    /// Its zones.
    pub zones: Vec<String>,
    /// Networks.
    pub vpcs: Vec<VpcView>,
    /// Types by vCPU.
    pub types: Vec<TypeView>,
    /// Images by name.
    pub images: Vec<ImageView>,
    /// ISO code of the currency of every price.
    pub currency: String,
}
