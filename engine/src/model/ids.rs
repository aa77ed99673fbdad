//! Ids carry their kind: `asg-`, `tpl-`, `i-`, `lb-`, `vs-`, `act-`.
//!
//! An id is 64 random bits, written as its prefix and 13 characters of Crockford's base 32 (lower case). It is `Copy`,
//! eight bytes and totally ordered, so a million of them cost eight megabytes and ties break the same way everywhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Crockford's alphabet: no `i`, `l`, `o`, `u`, so an id read aloud is an id typed right.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 13 characters of 5 bits hold 64 bits. Fewer would lose bits.
const DIGITS: usize = 13;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}-xxxxxxxxxxxxx")]
pub struct IdError {
    /// The text that was given, cut to 64 characters.
    pub text: String,
    /// The prefix that was wanted.
    pub prefix: &'static str,
}

/// Writes 64 bits as 13 base-32 characters.
pub fn encode(bits: u64) -> String {
    (0..DIGITS)
        .rev()
        .map(|digit| ALPHABET[((bits >> (digit * 5)) & 31) as usize] as char)
        .collect()
}

/// Reads 13 base-32 characters; `None` if there are more, fewer, others, or more than 64 bits.
pub fn decode(text: &str) -> Option<u64> {
    if text.len() != DIGITS {
        return None;
    }
    let bits = text.bytes().try_fold(0_u128, |bits, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some((bits << 5) | digit as u128)
    })?;
    u64::try_from(bits).ok()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// What its text starts with.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "-"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| IdError { text: text.chars().take(64).collect(), prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(/** A tenant: whose things these are. */ TenantId, "tn");
id!(/** A user who can sign in. */ UserId, "u");
id!(/** A template; its versions count from 1. */ TemplateId, "tpl");
id!(/** A scaling group. */ GroupId, "asg");
id!(/** An instance: its record, its idempotency key, its machine's name and tag, all one id. */ InstanceId, "i");
id!(/** A load balancer. */ LoadBalancerId, "lb");
id!(/** A VServer: one listener of a load balancer. */ VServerId, "vs");
id!(/** An activity: a row of the scaling log. */ ActivityId, "act");
id!(/** A virtual private cloud. */ VpcId, "vpc");
id!(/** A subnet: one zone's share of a VPC's addresses. */ SubnetId, "sub");
