//! Design 6, Engine: what lints cannot ban, read in the sources: `usize` in stored values, whose width differs between this
//! host and wasm, and partial orders, by which two equal things may come in either order.

use std::path::{Path, PathBuf};

/// The sources, with their names; comments left out.
fn sources() -> Vec<(String, String)> {
    let (mut folders, mut found) = (vec![PathBuf::from("src")], Vec::new());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).expect("a folder") {
            let name = folder.join(entry.expect("an entry").file_name());
            if root.join(&name).is_dir() {
                folders.push(name);
            } else {
                let text = std::fs::read_to_string(root.join(&name)).expect("a source");
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.push((name.display().to_string(), code.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

/// Every type that derives something: what, and its text.
fn derived(code: &str) -> Vec<(Vec<&str>, &str)> {
    let found = code.split("#[derive(").skip(1).filter_map(|rest| {
        let (traits, item) = rest.split_once(")]")?;
        let traits = traits.split(',').map(str::trim).collect();
        Some((traits, &item[..end_of(item)]))
    });
    found.collect()
}

/// Where a type ends: at its semicolon, or where its braces close.
fn end_of(item: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in item.char_indices() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' if depth == 1 => return at,
            '}' | ')' | ']' => depth -= 1,
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    item.len()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[test]
fn no_stored_value_has_a_number_as_wide_as_this_machines_addresses() {
    let mut stored = 0;
    for (file, code) in sources() {
        for (traits, item) in derived(&code) {
            if traits.contains(&"Serialize") {
                stored += 1;
                assert!(words(item).all(|word| word != "usize"), "{file}: {item}");
            }
        }
    }
    assert!(stored > 20, "{stored}");
}

#[test]
fn every_order_is_total() {
    let mut ordered = 0;
    for (file, code) in sources() {
        for (traits, item) in derived(&code) {
            if traits.contains(&"PartialOrd") {
                ordered += 1;
                assert!(traits.contains(&"Ord"), "{file}: {item}");
            }
        }
        for partial in ["partial_cmp", "impl PartialOrd", "sort_by(|"] {
            assert!(!code.contains(partial), "{file}: {partial}");
        }
    }
    assert!(ordered > 10, "{ordered}");
}

#[test]
fn what_is_banned_is_found_in_tuples_structs_and_enums() {
    let code = "#[derive(Debug, Serialize)]\npub struct A(pub usize);\n\
                #[derive(Serialize)]\npub enum B {\n  C { d: Vec<usize> },\n}\n\
                #[derive(Serialize)]\nstruct E { f: [u8; 2] }\nfn g() -> usize { 0 }";
    let wide: Vec<bool> = derived(code)
        .iter()
        .map(|(_, item)| words(item).any(|word| word == "usize"))
        .collect();
    assert_eq!(wide, [true, true, false]);
}
