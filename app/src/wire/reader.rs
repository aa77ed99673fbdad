//! Reads a type from a parsed JSON text.
//!
//! It reads what `serde_json` writes, with two exceptions that make it small: a struct is an object, never an array, and an
//! object's keys are texts, never numbers. Each method asks the visitor for one thing only, so that a type brings no code for
//! forms it never has.

use serde::Deserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value, map};
use std::fmt::Display;

/// Why a text could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read an answer: {0}")]
pub struct Unread(String);

impl Unread {
    /// With this as the reason.
    pub(super) fn of(why: impl Display) -> Self {
        Self(why.to_string())
    }

    #[cold]
    fn expected(found: &Value, wanted: &dyn de::Expected) -> Self {
        let found = match found {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(_) => Unexpected::Other("a number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, wanted)
    }
}

impl de::Error for Unread {
    fn custom<T: Display>(message: T) -> Self {
        Self::of(message)
    }
}

/// Reads a JSON text.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    from_value(parsed(text)?)
}

/// Reads a parsed JSON text.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Unread> {
    T::deserialize(Node(value))
}

#[inline(never)]
fn parsed(text: &str) -> Result<Value, Unread> {
    serde_json::from_str(text).map_err(Unread::of)
}

struct Node(Value);

impl Node {
    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Number(number) => visit_number(&number, visitor),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Object(object) => visitor.visit_map(Fields::of(object)),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    fn array<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    /// A variant's name, and what it holds if it holds anything.
    fn variant(self, wanted: &dyn de::Expected) -> Result<Variant, Unread> {
        match self.0 {
            Value::String(name) => Ok(Variant { name, held: None }),
            Value::Object(object) if object.len() == 1 => {
                let (name, held) = object.into_iter().next().ok_or_else(|| Unread::of("no variant"))?;
                Ok(Variant { name, held: Some(held) })
            }
            other => Err(Unread::expected(&other, wanted)),
        }
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Unread> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(value), ..) => visitor.visit_u64(value),
        (_, Some(value), _) => visitor.visit_i64(value),
        (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
    }
}

macro_rules! read_by {
    ($way:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
            self.$way(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Node {
    type Error = Unread;

    read_by!(number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);
    read_by!(text: deserialize_char deserialize_str deserialize_string deserialize_identifier);
    read_by!(array: deserialize_seq);
    read_by!(object: deserialize_map);
    forward_to_deserialize_any! { i128 u128 bytes byte_buf }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            Value::Object(object) => visitor.visit_map(Fields::of(object)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            other => Err(Unread::expected(&other, &visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        self.array(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.array(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        let variant = self.variant(&visitor)?;
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_unit()
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        self.0.next().map(|item| seed.deserialize(Node(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields {
    rest: map::IntoIter,
    /// Of the key that was given out last.
    held: Value,
}

impl Fields {
    fn of(object: Map<String, Value>) -> Self {
        Self {
            rest: object.into_iter(),
            held: Value::Null,
        }
    }
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some((key, held)) = self.rest.next() else {
            return Ok(None);
        };
        self.held = held;
        seed.deserialize(Node(Value::String(key))).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(Node(self.held.take()))
    }
}

struct Variant {
    name: String,
    held: Option<Value>,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Unread;
    type Variant = Held;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Held), Unread> {
        let name = seed.deserialize(Node(Value::String(self.name)))?;
        Ok((name, Held(self.held)))
    }
}

/// What a variant holds.
struct Held(Option<Value>);

impl Held {
    fn node(self) -> Result<Node, Unread> {
        self.0
            .map(Node)
            .ok_or_else(|| Unread::of("a variant without its values"))
    }
}

impl<'de> de::VariantAccess<'de> for Held {
    type Error = Unread;

    fn unit_variant(self) -> Result<(), Unread> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Unread::of("a variant with values it does not have")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(self.node()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        self.node()?.array(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unread> {
        self.node()?.object(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::groups::Cause;
    use api::live::{Change, LiveEvent};
    use engine::model::{InstanceId, LeaveCause, Metric, Missing, Reading, Reason, ScaleInWait, Timestamp};
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Form {
        Bare,
        One(i64),
        Two(u8, String),
        Named { yes: bool, no: Option<bool> },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Everything {
        forms: Vec<Form>,
        number: f64,
        most: u64,
        least: i64,
        pair: (char, [u32; 2]),
        nothing: (),
        some: Option<Timestamp>,
        none: Option<Timestamp>,
        texts: BTreeMap<String, Vec<String>>,
        #[serde(default)]
        added_later: u32,
    }

    #[track_caller]
    fn reads_as_written<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(&from_text::<T>(&text).unwrap(), value, "{text}");
    }

    fn everything() -> Everything {
        Everything {
            forms: vec![
                Form::Bare,
                Form::One(-1),
                Form::Two(255, "ü\n\"".to_owned()),
                Form::Named { yes: true, no: None },
                Form::Named {
                    yes: false,
                    no: Some(true),
                },
            ],
            number: -0.125,
            most: u64::MAX,
            least: i64::MIN,
            pair: ('组', [0, u32::MAX]),
            nothing: (),
            some: Some(Timestamp(1)),
            none: None,
            texts: BTreeMap::from([("a b".to_owned(), vec![String::new()])]),
            added_later: 0,
        }
    }

    #[test]
    fn every_form_of_value_is_read_as_it_was_written() {
        reads_as_written(&everything());
        reads_as_written(&Vec::<u8>::new());
        let numbers: (f64, f64) = from_text("[1, -2]").unwrap();
        assert_eq!(numbers, (1.0, -2.0), "a whole number stands for a float");
    }

    #[test]
    fn what_the_server_answers_is_read_as_it_was_written() {
        let id: InstanceId = "i-0000000000001".parse().unwrap();
        let readings: Vec<Reading> = vec![Ok(98_500), Err(Missing::Stale)];
        reads_as_written(&readings);
        let reasons = vec![
            Reason::Disabled,
            Reason::TakenBack { id },
            Reason::Saturated {
                metric: Metric::Cpu,
                mean: 98_500,
                ask: 4,
            },
            Reason::ScaleInWaits {
                why: ScaleInWait::LastCycleMissing,
            },
            Reason::ScaleInWaits {
                why: ScaleInWait::WindowNotFull { present: 3, needed: 40 },
            },
        ];
        reads_as_written(&Cause::Leave {
            why: LeaveCause::ByHand,
            reasons,
        });
        reads_as_written(&LiveEvent {
            seq: 7,
            change: Change::Group {
                id: "asg-0000000000001".parse().unwrap(),
            },
        });
    }

    #[test]
    fn a_field_it_does_not_know_is_passed_over_and_one_that_may_be_missing_is_its_default() {
        let mut tree = serde_json::to_value(everything()).unwrap();
        let fields = tree.as_object_mut().unwrap();
        fields.remove("added_later");
        fields.remove("none");
        fields.insert("new".to_owned(), serde_json::json!({ "of": [1, null] }));
        assert_eq!(from_value::<Everything>(tree).unwrap(), everything());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_reason() {
        let why = |text: &str| from_text::<LiveEvent>(text).unwrap_err().to_string();
        assert!(why("{").contains("EOF"));
        assert!(why("[]").contains("invalid type: sequence"));
        assert!(why(r#"{"seq":1}"#).contains("missing field `change`"));
        assert!(why(r#"{"seq":"1"}"#).contains("invalid type: string \"1\""));
        let form = |text: &str| from_text::<Form>(text).unwrap_err().to_string();
        assert!(form(r#""Other""#).contains("unknown variant `Other`"));
        assert!(form(r#""One""#).contains("a variant without its values"));
        assert!(form(r#"{"Bare":1}"#).contains("a variant with values"));
        assert!(from_text::<u8>("256").is_err());
        assert!(from_text::<(u8, u8)>("[1]").is_err());
    }
}
