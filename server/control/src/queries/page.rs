//! Lists by keyset: what is common to all of them.
//!
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
use api::parse::{self, After, Asked};
use api::problem::Problems;

/// Counts stop here: nobody reads on, and counting all would look at every row. The statements have it as a literal.
pub const COUNT_MAX: u32 = 10_000;

/// A list's question as its statements take it.
pub(super) struct Keyset {
    asked: Asked,
}

/// What a list is sorted by: what its key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Name and id, A to Z.
    Names,
    /// Instant and id, newest first.
    Newest,
    /// Instant alone, newest first: no two are the same.
    Instants,
}

/// The statements of a list. Each takes the owner's values first, then: `page` the key and how many; `search` these and
/// the pattern; `matches` the pattern; `end` the key.
pub(super) struct Texts {
    /// How many there are: `total`.
    pub(super) count: &'static str,
    /// The rows after a key.
    pub(super) page: &'static str,
    /// How many of the first rows match, and of how many: `total`, `looked`.
    pub(super) matches: &'static str,
    /// The rows that match, of those after a key that are looked at.
    pub(super) search: &'static str,
    /// The last of those that are looked at: `key`, `id`.
    pub(super) end: &'static str,
}

/// A list: its statements and how its rows are read.
pub(super) struct List<T> {
    pub(super) texts: Texts,
    pub(super) sort: Sort,
    pub(super) row: fn(&Row) -> Result<T, StoreError>,
    pub(super) key: fn(&T) -> After,
}

impl Keyset {
    pub(super) fn of(query: &ListQuery) -> Result<Self, Problems> {
        Ok(Self {
            asked: parse::list(query)?,
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
    fn page<T>(&self, mut rows: Vec<T>, total: u32, key: fn(&T) -> After) -> Page<T> {
        let limit = self.asked.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| key(row).token());
        Page { rows, next, total }
    }
}

impl Sort {
    /// Where a page begins: after that row, or at the start.
    fn start(self, after: Option<&After>) -> Vec<Value> {
        let id = after.map_or("", |after| &after.id);
        // Newest first begins at the end of time.
        let instant = || after.and_then(|after| after.key.parse().ok()).unwrap_or(i64::MAX);
        match self {
            Self::Names => values![after.map_or("", |after| &after.key), id],
            Self::Newest => values![instant(), id],
            Self::Instants => values![instant()],
        }
    }

    fn end(self, row: &Row) -> Result<After, StoreError> {
        let key = match self {
            Self::Names => row.get("key")?,
            Self::Newest | Self::Instants => row.get::<i64>("key")?.to_string(),
        };
        Ok(After {
            key,
            id: row.get("id")?,
        })
    }
}

impl<T> List<T> {
    /// A page of what `owner` has.
    pub(super) async fn read(&self, tx: &mut Tx, keyset: &Keyset, owner: Vec<Value>) -> Result<Page<T>, StoreError> {
        let start = self.sort.start(keyset.asked.after.as_ref());
        if keyset.filters() {
            return self.search(tx, keyset, owner, start).await;
        }
        let total = tx.one(self.texts.count, owner.clone()).await?.get("total")?;
        let rows = self
            .rows(tx, self.texts.page, [owner, start, values![keyset.fetch()]].concat())
            .await?;
        Ok(keyset.page(rows, total, self.key))
    }

    /// The first rows, without a count: a part of another page.
    pub(super) async fn first(&self, tx: &mut Tx, owner: Vec<Value>, limit: u32) -> Result<Vec<T>, StoreError> {
        let values = [owner, self.sort.start(None), values![limit]].concat();
        self.rows(tx, self.texts.page, values).await
    }

    async fn search(
        &self,
        tx: &mut Tx,
        keyset: &Keyset,
        owner: Vec<Value>,
        start: Vec<Value>,
    ) -> Result<Page<T>, StoreError> {
        let pattern = values![keyset.pattern()];
        let counted = tx
            .one(self.texts.matches, [owner.clone(), pattern.clone()].concat())
            .await?;
        let asked = [owner.clone(), start.clone(), values![keyset.fetch()], pattern].concat();
        let rows = self.rows(tx, self.texts.search, asked).await?;
        let mut page = keyset.page(rows, counted.get("total")?, self.key);
        let all = counted.get::<u32>("looked")? < COUNT_MAX;
        if page.next.is_none() && !all {
            page.next = self.stopped(tx, owner, start).await?;
        }
        Ok(page)
    }

    /// Where a page stopped looking, if there is anything after that.
    async fn stopped(&self, tx: &mut Tx, owner: Vec<Value>, start: Vec<Value>) -> Result<Option<String>, StoreError> {
        let Some(last) = tx.first(self.texts.end, [owner.clone(), start].concat()).await? else {
            return Ok(None);
        };
        let end = self.sort.end(&last)?;
        let after = [owner, self.sort.start(Some(&end)), values![1]].concat();
        let more = tx.first(self.texts.page, after).await?;
        Ok(more.map(|_| end.token()))
    }

    async fn rows(&self, tx: &mut Tx, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>, StoreError> {
        each(&tx.all(sql, values).await?, self.row)
    }
}

/// Every row through one function.
pub(super) fn each<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyset(filter: &str, after: &str) -> Keyset {
        let query = ListQuery {
            filter: filter.to_owned(),
            after: after.to_owned(),
            limit: 2,
        };
        Keyset::of(&query).expect("good")
    }

    #[test]
    fn a_filter_is_text_not_a_pattern() {
        let pattern = |filter: &str| keyset(filter, "").pattern();
        assert_eq!(pattern("Web_1"), "%web!_1%");
        assert_eq!(pattern("50%!"), "%50!%!!%");
        assert!(!keyset("  ", "").filters());
    }

    #[test]
    fn a_page_begins_after_its_key_or_at_the_start() {
        let start = |sort: Sort, after: &str| sort.start(keyset("", after).asked.after.as_ref());
        assert_eq!(start(Sort::Names, ""), values!["", ""]);
        assert_eq!(start(Sort::Names, "asg-1 web 2"), values!["web 2", "asg-1"]);
        assert_eq!(start(Sort::Newest, ""), values![i64::MAX, ""]);
        assert_eq!(start(Sort::Newest, "act-1 77"), values![77_i64, "act-1"]);
        assert_eq!(start(Sort::Newest, "act-1 x"), values![i64::MAX, "act-1"]);
        assert_eq!(start(Sort::Instants, "d 77"), values![77_i64]);
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
