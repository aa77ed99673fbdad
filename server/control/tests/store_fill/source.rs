//! Reads the statements that stand in the source: string literals that begin with a verb of SQL.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every one; those that are put together when they run are heard instead.
pub fn statements() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let control = Path::new(env!("CARGO_MANIFEST_DIR"));
    read(&control.join("src"), &mut found);
    read(&control.join("../src"), &mut found);
    found
}

fn read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(literals(own).filter(|text| is_statement(text)).map(filled));
        }
    }
}

/// String literals of a source text; characters that begin an escape are dropped, SQL has none.
fn literals(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("'\"'", "' '")
        .replace("\\\"", " ");
    let pieces: Vec<String> = code.split('"').map(str::to_owned).collect();
    pieces.into_iter().skip(1).step_by(2)
}

/// A statement for many things at once, as one for two ids or one row: `IDS` and `ROWS` stand for them in the source. A row
/// has as many values as the first list of columns.
fn filled(sql: String) -> String {
    let sql = sql.replace("IN (IDS)", "IN ($1, $2)");
    let Some((before, _)) = sql.split_once("VALUES ROWS") else {
        return sql;
    };
    let columns = before.split(['(', ')']).nth(1).expect("a list of columns");
    let places: Vec<String> = (1..=columns.split(',').count()).map(|n| format!("${n}")).collect();
    sql.replace("VALUES ROWS", &format!("VALUES ({})", places.join(", ")))
}

/// A whole statement: a verb and its next word. One with braces is a pattern for another.
fn is_statement(text: &str) -> bool {
    let begins = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
    let whole = text.trim_end();
    begins.iter().any(|verb| text.starts_with(verb))
        && !whole.contains(['{', '}', '\u{2026}'])
        && text.split_whitespace().count() > 3
}
