//! One style sheet of many: `main.css` with each `@import "./part.css";` replaced by that part.
//!
//! Plain CSS is all the project writes, so a list of imports in order is all a bundler has to know.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

pub fn bundle(folder: &Path) -> Result<String> {
    let main = folder.join("main.css");
    if !main.exists() {
        bail!("{} is missing", main.display());
    }
    let mut sheet = String::new();
    let mut open = Vec::new();
    append(&main, &mut sheet, &mut open)?;
    Ok(sheet)
}

fn append(path: &Path, sheet: &mut String, open: &mut Vec<std::path::PathBuf>) -> Result<()> {
    if open.iter().any(|other| other == path) {
        bail!("{} imports itself", path.display());
    }
    open.push(path.to_owned());
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    for line in text.lines() {
        match imported(line) {
            Some(name) => append(&path.with_file_name(name.trim_start_matches("./")), sheet, open)?,
            None => {
                sheet.push_str(line);
                sheet.push('\n');
            }
        }
    }
    open.pop();
    Ok(())
}

/// The file a line imports, if it is an import and nothing else.
fn imported(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    let rest = rest
        .strip_prefix("url(")
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(rest);
    let name = rest.trim_matches(['"', '\'']);
    (name.ends_with(".css") && !name.contains("://")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_replaced_in_their_order() {
        let folder = std::env::temp_dir().join(format!("tidegate-xtask-{}-css", std::process::id()));
        fs::create_dir_all(folder.join("parts")).unwrap();
        fs::write(
            folder.join("main.css"),
            "@import \"./a.css\";\n@import 'parts/b.css';\nbody {}\n",
        )
        .unwrap();
        fs::write(folder.join("a.css"), "a {}\n").unwrap();
        fs::write(folder.join("parts/b.css"), "@import url(\"c.css\");\nb {}").unwrap();
        fs::write(folder.join("parts/c.css"), "c {}").unwrap();
        assert_eq!(bundle(&folder).unwrap(), "a {}\nc {}\nb {}\nbody {}\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_a_whole_line_is_an_import() {
        assert_eq!(imported("  @import \"./tokens.css\";"), Some("./tokens.css"));
        assert_eq!(imported("/* @import \"./tokens.css\"; */"), None);
        assert_eq!(imported("@import \"https://fonts.example/x.css\";"), None);
    }
}
