//! Calls of the browser that its bindings have no name for. What a page cannot do without is never among them, so a call
//! that fails is not carried further.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// `object.method(arguments...)`; none if there is no such method or it throws.
pub fn call(object: &JsValue, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let function: Function = Reflect::get(object, &JsValue::from_str(method)).ok()?.dyn_into().ok()?;
    Reflect::apply(&function, object, &arguments.iter().collect::<Array>()).ok()
}

/// A plain object with one word in it.
pub fn object(name: &str, word: &str) -> JsValue {
    let object = js_sys::Object::new();
    // Setting a property of a new plain object does not fail.
    let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(word));
    object.into()
}
