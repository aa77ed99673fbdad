//! Takes out of the wasm what only another way of starting the page would call.
//!
//! Leptos can hydrate in two ways. `hydrate_body`, ours, walks the page at once through `RenderHtml::hydrate`.
//! `hydrate_lazy` walks it step by step through `RenderHtml::hydrate_async`, so that it can wait for code that is loaded
//! later. Each `AnyView` keeps pointers to both, so the compiler keeps both; the second, a future for every view of the
//! console, is a tenth of what the browser would have to load.
//!
//! In the sources of Leptos (tachys 0.2, leptos 0.8, `leptos_router` 0.8) `hydrate_async` is called by other
//! `hydrate_async` and by `leptos::mount::hydrate_from_async`, which `hydrate_lazy` calls, and by nothing else: not by
//! routes, error boundaries, suspense or islands. So a wasm without `hydrate_from_async` cannot reach one. Here the bodies
//! of those futures become one `unreachable`, and `wasm-opt` takes what only they called. Both profiles are cut, so that the
//! browser tests run what users get.
//!
//! Names decide, and that needs care: the compiler keeps one of several functions with equal bodies, under one of their
//! names. A body that is cut must therefore differ from all others. A future's does: it names its own source line, for the
//! panic when it is polled once too often. So does what makes an `AnyView`'s future: it names that future's table. A closure
//! or a helper inside of a future does not, nor what frees one: those stay. Should an upgrade change any of this, the build
//! fails: nothing that stays may call what is cut.

use anyhow::{Result, bail};
use std::collections::{HashMap, HashSet};
use walrus::ir::{self, Visitor};
use walrus::{ConstExpr, ElementItems, ExportItem, FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// Whoever starts the page so needs what is cut.
const NEEDS_IT: [&str; 2] = ["hydrate_from_async", "hydrate_lazy"];

/// How many functions were emptied. Errors: something else may call them, or no function has a name.
pub fn asynchronous_hydration(module: &mut Module) -> Result<usize> {
    if !module.funcs.iter().any(|function| function.name.is_some()) {
        bail!("the wasm has no names, so nothing can be found in it: its cargo profile may strip \"debuginfo\" only");
    }
    if let Some(name) = module
        .funcs
        .iter()
        .filter_map(|function| function.name.as_deref())
        .find(|name| needs_it(name))
    {
        bail!("{name} is in the wasm and needs the asynchronous hydration: do not cut it (xtask/src/site/snip.rs)");
    }
    let mut cut: HashSet<FunctionId> = module
        .funcs
        .iter()
        .filter(|function| function.name.as_deref().is_some_and(is_cut))
        .map(walrus::Function::id)
        .collect();
    cut.extend(nested_futures(module, &cut)?);
    for &id in &cut {
        empty(module, id);
    }
    Ok(cut.len())
}

/// A future's body, or what makes an `AnyView`'s future.
fn is_cut(name: &str) -> bool {
    let path = without_mark(name);
    let (path, ends) = match without_closure(path) {
        Some(function) => (function, "::hydrate_async"),
        None => (path, "::into_any::hydrate_async"),
    };
    without_types(path).ends_with(ends)
}

/// A closure in a closure of such a future.
fn is_within(name: &str) -> bool {
    let mut path = without_mark(name);
    while let Some(outer) = without_closure(path) {
        path = outer;
    }
    without_types(path).ends_with("::hydrate_async")
}

/// What a closure stands in, in both ways in which the compiler writes names.
fn without_closure(path: &str) -> Option<&str> {
    let (outer, last) = path.rsplit_once("::")?;
    (last == "{{closure}}" || (last.starts_with("{closure#") && last.ends_with('}'))).then_some(outer)
}

/// Without the counter of equal names (`[3]`) and the hash (`::h` and 16 digits).
fn without_mark(name: &str) -> &str {
    let name = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
        .map_or(name, |(path, _)| path);
    let is_hash = |last: &str| {
        last.len() == 17 && last.starts_with('h') && last.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
    };
    name.rsplit_once("::")
        .filter(|(_, last)| is_hash(last))
        .map_or(name, |(path, _)| path)
}

/// Without the types a function was made for (`::<A, B<C>>` at its end).
fn without_types(path: &str) -> &str {
    if !path.ends_with('>') {
        return path;
    }
    let mut depth = 0_i32;
    for (at, letter) in path.char_indices().rev() {
        depth += match letter {
            '>' => 1,
            '<' => -1,
            _ => 0,
        };
        if depth == 0 {
            return path[..at].strip_suffix("::").unwrap_or(path);
        }
    }
    path
}

fn needs_it(name: &str) -> bool {
    NEEDS_IT.iter().any(|part| name.contains(part))
}

/// Closures within the futures that lead to what is cut.
///
/// Whoever calls what is cut must itself be called by what is cut, directly or through others of its kind: then no call from
/// outside ends there. A function that is exported or pointed to can be called by anyone: an error.
fn nested_futures(module: &Module, cut: &HashSet<FunctionId>) -> Result<Vec<FunctionId>> {
    let callers = callers(module);
    let open = open_to_all(module);
    let name = |id| module.funcs.get(id).name.as_deref().unwrap_or_default();
    let mut nested = Vec::new();
    let mut seen = cut.clone();
    let mut todo: Vec<FunctionId> = cut.iter().copied().collect();
    while let Some(called) = todo.pop() {
        for &caller in callers.get(&called).into_iter().flatten() {
            if !seen.insert(caller) {
                continue;
            }
            if is_within(name(caller)) {
                nested.push(caller);
            } else if open.contains(&caller) {
                let (caller, called) = (name(caller), name(called));
                bail!("{caller} calls {called}, which is not to be called (xtask/src/site/snip.rs)");
            }
            todo.push(caller);
        }
    }
    Ok(nested)
}

fn callers(module: &Module) -> HashMap<FunctionId, Vec<FunctionId>> {
    let mut callers: HashMap<FunctionId, Vec<FunctionId>> = HashMap::new();
    for (caller, function) in module.funcs.iter_local() {
        let mut calls = Calls(Vec::new());
        ir::dfs_in_order(&mut calls, function, function.entry_block());
        for called in calls.0 {
            callers.entry(called).or_default().push(caller);
        }
    }
    callers
}

struct Calls(Vec<FunctionId>);

impl<'instr> Visitor<'instr> for Calls {
    fn visit_function_id(&mut self, id: &FunctionId) {
        self.0.push(*id);
    }
}

/// What is exported, started with, or stands in a table of pointers.
fn open_to_all(module: &Module) -> HashSet<FunctionId> {
    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(id) => Some(id),
        _ => None,
    });
    let pointed_to = module.elements.iter().flat_map(|element| match &element.items {
        ElementItems::Functions(ids) => ids.clone(),
        ElementItems::Expressions(_, items) => items.iter().filter_map(referred).collect(),
    });
    exported.chain(module.start).chain(pointed_to).collect()
}

fn referred(item: &ConstExpr) -> Option<FunctionId> {
    match item {
        ConstExpr::RefFunc(id) => Some(*id),
        _ => None,
    }
}

/// Makes its body one `unreachable`; whatever points to it still can.
fn empty(module: &mut Module, id: FunctionId) {
    let FunctionKind::Local(old) = &module.funcs.get(id).kind else {
        return;
    };
    let kind = module.types.get(old.ty());
    let (takes, gives) = (kind.params().to_vec(), kind.results().to_vec());
    let args = old.args.clone();
    let mut builder = FunctionBuilder::new(&mut module.types, &takes, &gives);
    builder.func_body().unreachable();
    let body: LocalFunction = builder.local_func(args);
    module.funcs.get_mut(id).kind = FunctionKind::Local(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ModuleConfig;

    /// A module of functions by name, each of which calls the ones before it that `calls` names.
    fn module(functions: &[(&str, &[usize])]) -> Module {
        let mut module = Module::with_config(ModuleConfig::new());
        let mut ids: Vec<FunctionId> = Vec::new();
        for (name, calls) in functions {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
            builder.name((*name).to_owned());
            for &call in *calls {
                builder.func_body().call(ids[call]);
            }
            ids.push(builder.finish(Vec::new(), &mut module.funcs));
        }
        module
    }

    fn size(module: &Module, name: &str) -> u64 {
        let id = module.funcs.by_name(name).unwrap();
        module.funcs.get(id).kind.unwrap_local().size()
    }

    #[test]
    fn what_only_the_other_hydration_calls_is_emptied() {
        let mut module = module(&[
            ("helper", &[]),
            ("tachys::View::hydrate_async::{{closure}}::h0123456789abcdef", &[0, 0]),
            ("T::into_any::hydrate_async::h0123456789abcdef[1]", &[1, 0]),
            ("tachys::View::hydrate", &[0, 0]),
        ]);
        assert_eq!(asynchronous_hydration(&mut module).unwrap(), 2);
        assert_eq!(
            size(&module, "tachys::View::hydrate_async::{{closure}}::h0123456789abcdef"),
            1
        );
        assert_eq!(size(&module, "T::into_any::hydrate_async::h0123456789abcdef[1]"), 1);
        assert_eq!(size(&module, "tachys::View::hydrate"), 2);
        let again = Module::from_buffer(&module.emit_wasm()).unwrap();
        assert_eq!(again.funcs.iter().count(), 4);
    }

    #[test]
    fn what_may_be_shared_with_others_stays() {
        for name in [
            "core::ptr::drop_in_place<tachys::View::hydrate_async::{{closure}}>::h0123456789abcdef",
            "tachys::View::hydrate_async::{{closure}}::{{closure}}::h0123456789abcdef",
            "tachys::View::hydrate_async::{{closure}}::inner_2::h0123456789abcdef",
            "tachys::View::hydrate_async::h0123456789abcdef",
            "core::ptr::drop_in_place::<<V as RenderHtml>::hydrate_async::{closure#0}>",
            "<V as RenderHtml>::hydrate_async::{closure#0}::{closure#0}",
            "tachys::View::hydrate::{{closure}}",
        ] {
            assert!(!is_cut(name), "{name}");
        }
        assert!(is_cut("<T as IntoAny>::into_any::hydrate_async::<Option<A>>"));
        assert!(is_cut(
            "<T as IntoAny>::into_any::hydrate_async::<Option<A>>::{closure#0}"
        ));
        assert!(is_cut("<V<A> as RenderHtml>::hydrate_async::{closure#0}[7]"));
    }

    #[test]
    fn a_closure_that_runs_such_a_future_is_emptied_and_another_is_not() {
        let mut module = module(&[
            ("V::hydrate_async::{{closure}}", &[]),
            ("F::hydrate_async::{{closure}}::{{closure}}", &[0, 0]),
            ("G::hydrate_async::{{closure}}::{{closure}}", &[]),
        ]);
        assert_eq!(asynchronous_hydration(&mut module).unwrap(), 2);
        assert_eq!(size(&module, "F::hydrate_async::{{closure}}::{{closure}}"), 1);
        assert_eq!(size(&module, "G::hydrate_async::{{closure}}::{{closure}}"), 0);
    }

    #[test]
    fn a_caller_that_others_reach_fails_the_build() {
        let functions: [(&str, &[usize]); 3] = [
            ("a::hydrate_async::{{closure}}", &[]),
            ("helper", &[0]),
            ("app::start", &[1]),
        ];
        asynchronous_hydration(&mut module(&functions)).unwrap();
        let mut module = module(&functions);
        let start = module.funcs.by_name("app::start").unwrap();
        module.exports.add("start", start);
        let error = asynchronous_hydration(&mut module).unwrap_err().to_string();
        assert!(error.contains("app::start calls helper"), "{error}");
    }

    #[test]
    fn a_page_that_starts_step_by_step_fails_the_build() {
        let mut module = module(&[("leptos::mount::hydrate_from_async::{{closure}}", &[])]);
        assert!(asynchronous_hydration(&mut module).is_err());
    }

    #[test]
    fn a_wasm_without_names_fails_the_build() {
        let mut module = module(&[("a", &[])]);
        for function in module.funcs.iter_mut() {
            function.name = None;
        }
        assert!(asynchronous_hydration(&mut module).is_err());
    }
}
