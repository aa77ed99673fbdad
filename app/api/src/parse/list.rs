//! What a list is asked: how many rows, which, and after which one.

use super::text;
use crate::groups::ListQuery;
use crate::problem::{Code, Problem, Problems};

/// Rows of a page when nobody says how many.
const LIMIT_DEFAULT: u32 = 50;
/// Most rows of a page. More and a page would be built longer than it is looked at.
const LIMIT_MAX: u32 = 200;
/// Longest filter: no name is longer.
const FILTER_MAX: usize = 64;
/// Longest key: a name of 63 characters of four bytes.
const KEY_MAX: usize = 256;

/// A list's question, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Part of a name or an id; empty: all.
    pub filter: String,
    /// Where the last page ended; none: from the start.
    pub after: Option<After>,
    /// Rows, 1 to 200.
    pub limit: u32,
    /// In which order.
    pub sort: Sort,
}

/// The order of a list; rows that are alike in it are in the order of their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// Which way.
    pub direction: Direction,
}

/// What a list can be sorted by; not every list by everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    /// Its name.
    #[default]
    Name,
    /// When it was created.
    Created,
    /// A group's desired size.
    Desired,
    /// A group's instances in service.
    InService,
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    #[default]
    Up,
    /// The largest first.
    Down,
}

impl Column {
    /// As an address carries it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "created",
            Self::Desired => "desired",
            Self::InService => "in_service",
        }
    }
}

/// The last row of a page: its sort key and its id, which breaks ties. Written `id key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// What the list is sorted by: a name, or an instant.
    pub key: String,
    /// The row's id.
    pub id: String,
}

impl After {
    /// As `ListQuery::after` carries it.
    pub fn token(&self) -> String {
        format!("{} {}", self.id, self.key)
    }
}

/// A list's question as a browser or a client sends it; `columns` are those that the list can be sorted by.
///
/// # Errors
/// A filter that is too long, an order that the list does not have, or an `after` that no page answered.
pub fn list(query: &ListQuery, columns: &[Column]) -> Result<Asked, Problems> {
    let filter = query.filter.trim();
    text::at_most("filter", filter, FILTER_MAX)?;
    let limit = match query.limit {
        0 => LIMIT_DEFAULT,
        asked => asked.min(LIMIT_MAX),
    };
    Ok(Asked {
        filter: filter.to_owned(),
        after: after(&query.after)?,
        limit,
        sort: sort(&query.sort, columns)?,
    })
}

fn sort(typed: &str, columns: &[Column]) -> Result<Sort, Problem> {
    if typed.is_empty() {
        return Ok(Sort::default());
    }
    let (word, direction) = typed
        .strip_prefix('-')
        .map_or((typed, Direction::Up), |word| (word, Direction::Down));
    let column = columns.iter().find(|column| column.word() == word).copied();
    let known = || {
        columns
            .iter()
            .map(|column| column.word())
            .collect::<Vec<_>>()
            .join(", ")
    };
    column
        .map(|column| Sort { column, direction })
        .ok_or_else(|| Problem::at("sort", Code::NotOneOf).with(known()))
}

fn after(token: &str) -> Result<Option<After>, Problem> {
    if token.is_empty() {
        return Ok(None);
    }
    let (id, key) = token
        .split_once(' ')
        .filter(|(id, key)| !id.is_empty() && key.len() <= KEY_MAX)
        .ok_or_else(|| Problem::at("after", Code::NotOfForm).with("id key"))?;
    Ok(Some(After {
        key: key.to_owned(),
        id: id.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::wrong;

    fn query(filter: &str, after: &str, limit: u32) -> ListQuery {
        ListQuery {
            filter: filter.to_owned(),
            after: after.to_owned(),
            limit,
            ..ListQuery::default()
        }
    }

    fn list(query: &ListQuery) -> Result<Asked, Problems> {
        super::list(query, &[Column::Name, Column::Created])
    }

    #[test]
    fn a_list_is_sorted_by_what_it_has_up_or_down() {
        let sorted = |sort: &str| {
            list(&ListQuery {
                sort: sort.to_owned(),
                ..ListQuery::default()
            })
        };
        let column = |sort| sorted(sort).expect("good").sort;
        assert_eq!(column(""), Sort::default());
        let down = Sort {
            column: Column::Created,
            direction: Direction::Down,
        };
        assert_eq!(column("-created"), down);
        assert_eq!(wrong(sorted("desired")), ["sort NotOneOf name, created"]);
        assert_eq!(wrong(sorted("--name")), ["sort NotOneOf name, created"]);
    }

    #[test]
    fn a_page_has_fifty_rows_unless_asked_and_never_more_than_two_hundred() {
        let rows = |limit| list(&query("", "", limit)).expect("good").limit;
        assert_eq!((rows(0), rows(1), rows(200), rows(u32::MAX)), (50, 1, 200, 200));
    }

    #[test]
    fn the_next_page_begins_where_the_last_ended_names_with_spaces_too() {
        let after = After {
            key: "web tier 2".to_owned(),
            id: "asg-0000000000001".to_owned(),
        };
        assert_eq!(list(&query("", &after.token(), 0)).expect("good").after, Some(after));
    }

    #[test]
    fn what_no_page_answered_is_refused() {
        assert_eq!(wrong(list(&query("", "nonsense", 0))), ["after NotOfForm id key"]);
        assert_eq!(wrong(list(&query(&"x".repeat(65), "", 0))), ["filter TooLong 64"]);
    }
}
