//! Every word that a reader sees comes through the catalogue, a walk over the pages' source for prose that does not; and
//! every word of the catalogue is read somewhere.
//!
//! What counts as prose: a literal that begins like an English sentence, words right behind a number of a format, or text
//! between two tags. Classes, paths and keys are none of these.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
            all.push(path);
        }
    }
}

/// The part of a file that makes pages: no comments, no attributes, no tests.
fn page_lines(text: &str) -> impl Iterator<Item = &str> {
    let pages = text.split("#[cfg(test)]").next().unwrap_or_default();
    let pages = pages.split("#[cfg(all(test").next().unwrap_or_default();
    let skipped = |line: &&str| {
        let line = line.trim_start();
        !(line.starts_with("//") || line.starts_with("#[") || line.contains("reason = \""))
    };
    pages.lines().filter(skipped)
}

/// `Word word`, as a sentence begins.
fn begins_like_a_sentence(text: &str) -> bool {
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    first.starts_with(|c: char| c.is_ascii_uppercase())
        && is_word(first)
        && is_word(second.trim_end_matches(['.', ',']))
}

/// `{count} words`, as a number's unit is said.
fn names_a_number(text: &str) -> bool {
    text.split("} ").skip(1).any(|rest| {
        let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        word.len() > 3
    })
}

fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

fn between_tags(line: &str) -> impl Iterator<Item = &str> {
    let tagged = line.contains("</");
    line.split('>')
        .skip(1)
        .filter_map(move |rest| rest.split('<').next().filter(|_| tagged))
}

#[test]
fn no_prose_stands_in_a_page_beside_the_catalogue() {
    let mut files = Vec::new();
    sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 40, "the walk has found the pages");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is read");
        for line in page_lines(&text) {
            let prose = literals(line).any(|text| begins_like_a_sentence(text) || names_a_number(text))
                || between_tags(line).any(|text| begins_like_a_sentence(text.trim()));
            if prose {
                found.push(format!("{}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "not in the catalogue:\n{}", found.join("\n"));
}

#[test]
fn the_walk_knows_prose_when_it_sees_it() {
    assert!(begins_like_a_sentence("Nothing here yet"));
    assert!(names_a_number("{} passes"));
    assert!(between_tags("<p>Nothing here</p>").any(begins_like_a_sentence));
    assert!(!begins_like_a_sentence("button primary"));
    assert!(!names_a_number("{} vCPU"));
}

/// The names of an area's words: `name: "English" / "Chinese",`.
fn word_names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (name, value) = line.trim_start().split_once(": \"")?;
        let is_name = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        (is_name && value.contains("\" / \"")).then_some(name)
    })
}

/// The names that stand behind a dot.
fn read_names(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').skip(1).map(|rest| {
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn every_word_of_the_catalogue_is_read_somewhere() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (mut areas, mut readers) = (Vec::new(), Vec::new());
    sources(&root.join("api/src/texts"), &mut areas);
    for folder in ["src", "api/src", "../server/src"] {
        sources(&root.join(folder), &mut readers);
    }
    let read = |file: &PathBuf| fs::read_to_string(file).expect("a source file is read");
    let texts: Vec<String> = readers.iter().map(read).collect();
    let read_somewhere: BTreeSet<&str> = texts.iter().flat_map(|text| read_names(text)).collect();
    let areas: Vec<String> = areas.iter().map(read).collect();
    let words: Vec<&str> = areas.iter().flat_map(|area| word_names(area)).collect();
    assert!(words.len() > 250, "the walk has found the words: {}", words.len());
    let unread: Vec<_> = words.iter().filter(|word| !read_somewhere.contains(**word)).collect();
    assert!(unread.is_empty(), "read by nobody: {unread:?}");
}
