//! Lists by keyset: what is common to all of them.

use crate::store::StoreError;
use crate::store::tx::{Row, Tx, Value};
use api::groups::{ListQuery, Page};
use api::parse::{self, After, Asked, Column, Sort};
use api::problem::Problems;

/// Counts stop here: nobody reads on, and counting all would look at every row.
pub const COUNT_MAX: u32 = 10_000;

/// A list's question as its statement takes it.
pub(super) struct Keyset {
    asked: Asked,
}

/// A list's statement in the order that is asked for: `$head` up to its conditions, then where the last page ended (`$3`
/// its key, `$4` its id, empty at the start), the order and the limit (`$5`). Every list has names; `$column => $name` are
/// the others that [`Keyset::of`] lets it be sorted by.
macro_rules! ordered {
    ($keyset:expr, $table:literal, [$($column:ident => $name:literal),*], $head:literal) => {
        match ($keyset.sort().column, $keyset.sort().direction) {
            $(
                (Column::$column, Direction::Up) => ordered!(@sql $head, $table, $name, ">", "ASC"),
                (Column::$column, Direction::Down) => ordered!(@sql $head, $table, $name, "<", "DESC"),
            )*
            (_, Direction::Up) => ordered!(@sql $head, $table, "name", ">", "ASC"),
            (_, Direction::Down) => ordered!(@sql $head, $table, "name", "<", "DESC"),
        }
    };
    (@sql $head:literal, $table:literal, $name:literal, $than:literal, $way:literal) => {
        concat!(
            $head, " AND ($4 = '' OR ", $table, ".", $name, " ", $than, " $3 OR (", $table, ".", $name, " = $3 AND ",
            $table, ".id ", $than, " $4)) ORDER BY ", $table, ".", $name, " ", $way, ", ", $table, ".id ", $way,
            " LIMIT $5"
        )
    };
}
pub(super) use ordered;

impl Keyset {
    pub(super) fn of(query: &ListQuery, columns: &[Column]) -> Result<Self, Problems> {
        Ok(Self {
            asked: parse::list(query, columns)?,
        })
    }

    /// The order that is asked for.
    pub(super) const fn sort(&self) -> Sort {
        self.asked.sort
    }

    /// The last row of a page, by what the list is sorted by.
    pub(super) fn after_row(&self, name: &str, numbers: &[(Column, i64)], id: impl ToString) -> After {
        let column = self.sort().column;
        let number = numbers.iter().find(|(of, _)| *of == column);
        After {
            key: number.map_or_else(|| name.to_owned(), |(_, number)| number.to_string()),
            id: id.to_string(),
        }
    }

    /// For `LIKE $n ESCAPE '!'`; `%` when there is no filter. In lower case as the column is: both databases lower only
    /// ASCII (SQLite always, PostgreSQL in collation "C").
    pub(super) fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for character in self.asked.filter.to_ascii_lowercase().chars() {
            if "!%_".contains(character) {
                pattern.push('!');
            }
            pattern.push(character);
        }
        if pattern.len() > 1 {
            pattern.push('%');
        }
        pattern
    }

    /// Where the last page ended: its key as the column has it, and its id, empty at the start.
    pub(super) fn after(&self) -> (Value, &str) {
        let (key, id) = self
            .asked
            .after
            .as_ref()
            .map_or(("", ""), |after| (&after.key, &after.id));
        match self.sort().column {
            Column::Name => (Value::from(key), id),
            // A key that is no number was never a page's: the list begins.
            _ => key
                .parse::<i64>()
                .map_or((Value::from(0_i64), ""), |key| (Value::from(key), id)),
        }
    }

    /// Where the last page of a list by instants, newest first, ended: from the end of time at the start.
    pub(super) fn before(&self) -> (i64, &str) {
        let start = (i64::MAX, "");
        let after = self.asked.after.as_ref();
        after
            .and_then(|after| Some((after.key.parse().ok()?, after.id.as_str())))
            .unwrap_or(start)
    }

    /// One row more than the page has, to know whether there is a next one.
    pub(super) const fn fetch(&self) -> u32 {
        self.asked.limit + 1
    }

    /// The page: drops the row too many and says where the next one begins.
    pub(super) fn page<T>(&self, mut rows: Vec<T>, total: u32, key: impl Fn(&T) -> After) -> Page<T> {
        let limit = self.asked.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| key(row).token());
        Page { rows, next, total }
    }
}

/// The number a counting statement answers in column `total`.
pub(super) async fn total(tx: &mut Tx, sql: &'static str, values: Vec<Value>) -> Result<u32, StoreError> {
    tx.one(sql, values).await?.get("total")
}

/// Every row through one function.
pub(super) fn each<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_text_not_a_pattern() {
        let keyset = |filter: &str| {
            let query = ListQuery {
                filter: filter.to_owned(),
                ..ListQuery::default()
            };
            Keyset::of(&query, &[])
        };
        let pattern = |filter: &str| keyset(filter).expect("good").pattern();
        assert_eq!(pattern(""), "%");
        assert_eq!(pattern("Web_1"), "%web!_1%");
        assert_eq!(pattern("50%!"), "%50!%!!%");
    }
}
