//! Templates: what instances are made from (seed 14.2). Versions are immutable.

use engine::model::{GroupId, TemplateId};
use serde::{Deserialize, Serialize};

/// Groups of a template that are named. The statement has one more, as a literal: it tells that there are more.
pub const USED_BY_MAX: usize = 100;

/// The template wizard, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateForm {
    /// 1 to 63 characters.
    pub name: String,
    /// At most 255 characters.
    pub remark: String,
    /// An image's name.
    pub image: String,
    /// A type's name.
    pub instance_type: String,
    /// A VPC's id.
    pub vpc: String,
    /// Handed over at a path, never executed; at most 16 KiB.
    pub user_data: String,
    /// Comma-separated `key=value` for the program's environment, at most 20; may be empty.
    pub environment: String,
}

/// The same, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of the form, parsed")]
pub struct NewTemplate {
    pub name: String,
    pub remark: String,
    pub image: String,
    pub instance_type: String,
    pub vpc: engine::model::VpcId,
    pub user_data: String,
    pub environment: Vec<(String, String)>,
}

/// A row of the list (seed 14.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRow {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// Its remark.
    pub remark: String,
    /// The newest version.
    pub version: u32,
    /// Image name.
    pub image: String,
    /// Type name.
    pub instance_type: String,
    /// vCPUs in thousandths.
    pub vcpu_milli: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// VPC name.
    pub vpc: String,
    /// Price of an instance-hour in micro-units.
    pub hour_micros: i64,
    /// Groups that launch from it, by name; at most 100.
    pub groups: Vec<(GroupId, String)>,
    /// Product time, unix milliseconds.
    pub created_ms: i64,
}

/// Its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateView {
    /// The list's row.
    pub row: TemplateRow,
    /// User data as given.
    pub user_data: String,
    /// Environment.
    pub environment: Vec<(String, String)>,
    /// Subnets of its VPC: zone and addresses.
    pub subnets: Vec<(String, String)>,
}
