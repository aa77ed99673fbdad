//! Lists by keyset: what is common to all of them.
//!
//! - Each order that a list offers, either way, has an index and statements of its own.
//! - A page begins after a key and seeks to it in the list's index, whose order is the page's: how far a list is read
//!   does not matter. A row is named by its whole key, compared as one (`(name, id) > ($2, $3)`): only so do both
//!   databases seek.
//! - *A filter* is a part of a name or id, and no index answers that. So a page looks through at most [`COUNT_MAX`] rows
//!   from its key on, in the list's order. When it has not filled by then its next one begins where this one stopped
//!   looking: pages may be short or empty and still have a next.
//! - *Counts* stop at [`COUNT_MAX`]: without a filter of rows, with one of the list's first rows that are looked at.

use crate::store::StoreError;
use crate::store::tx::{Row, Tx, Value};
use crate::values;
use api::groups::{ListQuery, Page};
use api::parse::{self, After, Asked, Column, Direction, Sort};
use api::problem::Problems;

/// Counts stop here: nobody reads on, and counting all would look at every row. The statements have it as a literal.
pub const COUNT_MAX: u32 = 10_000;

/// A list's question as its statements take it.
pub(super) struct Keyset {
    asked: Asked,
}

/// What a list's key is made of, before the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// A name.
    Name,
    /// A number or an instant.
    Number,
    /// A number alone, without the id: no two are the same.
    Alone,
}

/// The statements of one order, one way. Each takes the owner's values first, then: `page` the key and how many; `search`
/// these and the pattern; `end` the key.
pub(super) struct Way {
    /// The rows after a key.
    pub(super) page: &'static str,
    /// The rows that match, of those after a key that are looked at.
    pub(super) search: &'static str,
    /// The last of those that are looked at: `key`, `id`.
    pub(super) end: &'static str,
}

/// One order of a list.
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) key: Key,
    pub(super) up: Way,
    pub(super) down: Way,
}

/// A list: its statements and how its rows are read.
pub(super) struct List<T> {
    /// How many there are: `total`. Takes the owner's values.
    pub(super) count: &'static str,
    /// How many of the first rows match, and of how many: `total`, `looked`. Takes the owner's values and the pattern.
    pub(super) matches: &'static str,
    pub(super) row: fn(&Row) -> Result<T, StoreError>,
    /// The key of a row in an order, and its id.
    pub(super) key: fn(&T, Column) -> After,
}

/// The orders of a list that is a tenant's and has names: its columns, its table under the alias that is used in them,
/// what is joined to it, and by what it can be sorted besides its name.
macro_rules! orders {
    ($columns:literal, $table:literal, $alias:literal, $joins:literal, [$($column:ident => $name:literal),*]) => {
        &[
            orders!(@order Name, Name, $columns, $table, $alias, $joins, "name"),
            $(orders!(@order $column, Number, $columns, $table, $alias, $joins, $name),)*
        ]
    };
    (@order $column:ident, $key:ident, $columns:literal, $table:literal, $alias:literal, $joins:literal, $name:literal) => {
        $crate::queries::page::Order {
            column: api::parse::Column::$column,
            key: $crate::queries::page::Key::$key,
            up: orders!(@way $columns, $table, $alias, $joins, $name, ">", "ASC", "DESC"),
            down: orders!(@way $columns, $table, $alias, $joins, $name, "<", "DESC", "ASC"),
        }
    };
    (@way $columns:literal, $table:literal, $alias:literal, $joins:literal, $name:literal, $than:literal, $way:literal,
     $back:literal) => {
        $crate::queries::page::Way {
            page: concat!(
                "SELECT ", $columns, " FROM ", $table, " ", $alias, " ", $joins, " WHERE ", $alias, ".tenant_id = $1 AND ",
                $alias, ".deleted_at IS NULL AND (", $alias, ".", $name, ", ", $alias, ".id) ", $than, " ($2, $3)
                 ORDER BY ", $alias, ".", $name, " ", $way, ", ", $alias, ".id ", $way, " LIMIT $4"
            ),
            search: concat!(
                "SELECT ", $columns, " FROM (SELECT l.sorted, l.id FROM ",
                orders!(@looked $table, $name, $than, $way, ", x.name"),
                " WHERE LOWER(l.name) LIKE $5 ESCAPE '!' OR l.id LIKE $5 ESCAPE '!'
                 ORDER BY l.sorted ", $way, ", l.id ", $way, " LIMIT $4) AS found
                 CROSS JOIN ", $table, " ", $alias, " ", $joins, " WHERE ", $alias, ".id = found.id
                 ORDER BY found.sorted ", $way, ", found.id ", $way
            ),
            end: concat!(
                "SELECT ", "l.sorted AS key, l.id FROM ", orders!(@looked $table, $name, $than, $way, ""),
                " ORDER BY l.sorted ", $back, ", l.id ", $back, " LIMIT 1"
            ),
        }
    };
    (@looked $table:literal, $name:literal, $than:literal, $way:literal, $more:literal) => {
        concat!(
            "(SELECT x.", $name, " AS sorted, x.id", $more, " FROM ", $table, " x
              WHERE x.tenant_id = $1 AND x.deleted_at IS NULL AND (x.", $name, ", x.id) ", $than, " ($2, $3)
              ORDER BY x.", $name, " ", $way, ", x.id ", $way, " LIMIT 10000) AS l"
        )
    };
}
pub(super) use orders;

/// How many rows such a list has.
macro_rules! counting {
    ($table:literal) => {
        concat!(
            "SELECT ",
            "COUNT(*) AS total FROM (SELECT 1 AS one FROM ",
            $table,
            " x
             WHERE x.tenant_id = $1 AND x.deleted_at IS NULL LIMIT 10000) AS counted"
        )
    };
}
pub(super) use counting;

/// How many of such a list's first rows match.
macro_rules! matching {
    ($table:literal) => {
        concat!(
            "SELECT ", "COUNT(*) AS looked, COALESCE(SUM(
                 CASE WHEN LOWER(l.name) LIKE $2 ESCAPE '!' OR l.id LIKE $2 ESCAPE '!' THEN 1 ELSE 0 END), 0) AS total
             FROM (SELECT x.name, x.id FROM ", $table, " x WHERE x.tenant_id = $1 AND x.deleted_at IS NULL
                   ORDER BY x.name, x.id LIMIT 10000) AS l"
        )
    };
}
pub(super) use matching;

impl Keyset {
    /// The question, if the list can be sorted so.
    pub(super) fn of(query: &ListQuery, orders: &[Order]) -> Result<Self, Problems> {
        let columns: Vec<Column> = orders.iter().map(|order| order.column).collect();
        Ok(Self {
            asked: parse::list(query, &columns)?,
        })
    }

    /// The question to a list that has one order only, newest first.
    pub(super) fn of_log(query: &ListQuery) -> Result<Self, Problems> {
        Ok(Self {
            asked: parse::list(query, &[])?,
        })
    }

    /// The order that is asked for, and the way.
    fn order<'a>(&self, orders: &'a [Order]) -> Option<Ordered<'a>> {
        let Sort { column, direction } = self.asked.sort;
        let order = orders.iter().find(|order| order.column == column)?;
        let way = match direction {
            Direction::Up => &order.up,
            Direction::Down => &order.down,
        };
        Some(Ordered {
            column,
            key: order.key,
            direction,
            way,
        })
    }

    fn filters(&self) -> bool {
        !self.asked.filter.is_empty()
    }

    /// For `LIKE $n ESCAPE '!'`. In lower case as the column is: both databases lower only ASCII (SQLite always,
    /// PostgreSQL in collation "C").
    fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for character in self.asked.filter.to_ascii_lowercase().chars() {
            if "!%_".contains(character) {
                pattern.push('!');
            }
            pattern.push(character);
        }
        pattern.push('%');
        pattern
    }

    /// One row more than the page has, to know whether there is a next one.
    const fn fetch(&self) -> u32 {
        self.asked.limit + 1
    }

    /// The page: drops the row too many and says where the next one begins.
    fn page<T>(&self, mut rows: Vec<T>, total: u32, key: impl Fn(&T) -> After) -> Page<T> {
        let limit = self.asked.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| key(row).token());
        Page { rows, next, total }
    }
}

/// One order, one way: what a page is read by.
#[derive(Clone, Copy)]
pub(super) struct Ordered<'a> {
    pub(super) column: Column,
    pub(super) key: Key,
    pub(super) direction: Direction,
    pub(super) way: &'a Way,
}

/// After every name: it begins with characters that no name has.
const LAST_NAME: &str = "\u{10ffff}\u{10ffff}";
/// After every id.
const LAST_ID: &str = "~";

impl Ordered<'_> {
    /// Where a page begins: after that row, or before the first one.
    fn start(&self, after: Option<&After>) -> Vec<Value> {
        let (name, number, id) = match self.direction {
            Direction::Up => ("", i64::MIN, ""),
            Direction::Down => (LAST_NAME, i64::MAX, LAST_ID),
        };
        // A key that is no number was never a page's: the list begins.
        let stored = after.and_then(|after| Some((after.key.parse::<i64>().ok()?, after.id.as_str())));
        let (number, by_number) = stored.unwrap_or((number, id));
        match self.key {
            Key::Name => after.map_or_else(|| values![name, id], |after| values![&after.key, &after.id]),
            Key::Number => values![number, by_number],
            Key::Alone => values![number],
        }
    }

    fn end(&self, row: &Row) -> Result<After, StoreError> {
        let key = match self.key {
            Key::Name => row.get("key")?,
            Key::Number | Key::Alone => row.get::<i64>("key")?.to_string(),
        };
        Ok(After {
            key,
            id: row.get("id")?,
        })
    }
}

/// The key of a row: its name, or the number that its list is sorted by.
pub(super) fn key_of(column: Column, name: &str, numbers: &[(Column, i64)], id: impl ToString) -> After {
    let number = numbers.iter().find(|(of, _)| *of == column);
    After {
        key: number.map_or_else(|| name.to_owned(), |(_, number)| number.to_string()),
        id: id.to_string(),
    }
}

impl<T> List<T> {
    /// A page of what `owner` has, in the order that is asked for.
    pub(super) async fn read(
        &self,
        tx: &mut Tx,
        keyset: &Keyset,
        orders: &[Order],
        owner: Vec<Value>,
    ) -> Result<Page<T>, StoreError> {
        let known = || StoreError::database("order a list", "an order that the list does not have");
        let order = keyset.order(orders).ok_or_else(known)?;
        self.in_order(tx, keyset, order, owner).await
    }

    /// A page in this order.
    pub(super) async fn in_order(
        &self,
        tx: &mut Tx,
        keyset: &Keyset,
        order: Ordered<'_>,
        owner: Vec<Value>,
    ) -> Result<Page<T>, StoreError> {
        let start = order.start(keyset.asked.after.as_ref());
        if keyset.filters() {
            return self.search(tx, keyset, order, (owner, start)).await;
        }
        let total = tx.one(self.count, owner.clone()).await?.get("total")?;
        let asked = [owner, start, values![keyset.fetch()]].concat();
        let rows = self.rows(tx, order.way.page, asked).await?;
        Ok(keyset.page(rows, total, |row| (self.key)(row, order.column)))
    }

    /// The first rows, without a count: a part of another page.
    pub(super) async fn first(
        &self,
        tx: &mut Tx,
        order: Ordered<'_>,
        owner: Vec<Value>,
        limit: u32,
    ) -> Result<Vec<T>, StoreError> {
        let values = [owner, order.start(None), values![limit]].concat();
        self.rows(tx, order.way.page, values).await
    }

    async fn search(
        &self,
        tx: &mut Tx,
        keyset: &Keyset,
        order: Ordered<'_>,
        (owner, start): (Vec<Value>, Vec<Value>),
    ) -> Result<Page<T>, StoreError> {
        let pattern = values![keyset.pattern()];
        let counted = tx.one(self.matches, [owner.clone(), pattern.clone()].concat()).await?;
        let asked = [owner.clone(), start.clone(), values![keyset.fetch()], pattern].concat();
        let rows = self.rows(tx, order.way.search, asked).await?;
        let mut page = keyset.page(rows, counted.get("total")?, |row| (self.key)(row, order.column));
        let all = counted.get::<u32>("looked")? < COUNT_MAX;
        if page.next.is_none() && !all {
            page.next = stopped(tx, order, owner, start).await?;
        }
        Ok(page)
    }

    async fn rows(&self, tx: &mut Tx, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>, StoreError> {
        each(&tx.all(sql, values).await?, self.row)
    }
}

/// Where a page stopped looking, if there is anything after that.
async fn stopped(
    tx: &mut Tx,
    order: Ordered<'_>,
    owner: Vec<Value>,
    start: Vec<Value>,
) -> Result<Option<String>, StoreError> {
    let Some(last) = tx.first(order.way.end, [owner.clone(), start].concat()).await? else {
        return Ok(None);
    };
    let end = order.end(&last)?;
    let after = [owner, order.start(Some(&end)), values![1]].concat();
    let more = tx.first(order.way.page, after).await?;
    Ok(more.map(|_| end.token()))
}

/// Every row through one function.
pub(super) fn each<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAY: Way = Way {
        page: "",
        search: "",
        end: "",
    };

    fn keyset(filter: &str, after: &str) -> Keyset {
        let query = ListQuery {
            filter: filter.to_owned(),
            after: after.to_owned(),
            limit: 2,
            ..ListQuery::default()
        };
        Keyset::of_log(&query).expect("good")
    }

    #[test]
    fn a_filter_is_text_not_a_pattern() {
        let pattern = |filter: &str| keyset(filter, "").pattern();
        assert_eq!(pattern("Web_1"), "%web!_1%");
        assert_eq!(pattern("50%!"), "%50!%!!%");
        assert!(!keyset("  ", "").filters());
    }

    #[test]
    fn a_page_begins_after_its_key_or_before_the_first_row() {
        let start = |key: Key, direction: Direction, after: &str| {
            let ordered = Ordered {
                column: Column::Name,
                key,
                direction,
                way: &NO_WAY,
            };
            ordered.start(keyset("", after).asked.after.as_ref())
        };
        let (up, down) = (Direction::Up, Direction::Down);
        assert_eq!(start(Key::Name, up, ""), values!["", ""]);
        assert_eq!(start(Key::Name, down, ""), values![LAST_NAME, LAST_ID]);
        assert_eq!(start(Key::Name, up, "asg-1 web 2"), values!["web 2", "asg-1"]);
        assert_eq!(start(Key::Number, down, ""), values![i64::MAX, LAST_ID]);
        assert_eq!(start(Key::Number, up, ""), values![i64::MIN, ""]);
        assert_eq!(start(Key::Number, down, "act-1 77"), values![77_i64, "act-1"]);
        assert_eq!(start(Key::Number, down, "act-1 x"), values![i64::MAX, LAST_ID]);
        assert_eq!(start(Key::Alone, down, "d 77"), values![77_i64]);
    }

    #[test]
    fn the_row_too_many_says_that_there_is_a_next_page() {
        let key = |row: &u32| After {
            key: row.to_string(),
            id: "x".to_owned(),
        };
        let page = keyset("", "").page(vec![1, 2, 3], 9, key);
        assert_eq!((page.rows, page.next.as_deref()), (vec![1, 2], Some("x 2")));
        assert_eq!(keyset("", "").page(vec![1, 2], 2, key).next, None);
    }
}
