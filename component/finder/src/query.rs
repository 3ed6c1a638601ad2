//! What is asked, in one text: a word that says what it is, a colon, and the rest as it is.

use passcode_logic::contract::{Problem, ProblemKind};

use crate::graph::problem;

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query<'a> {
    /// `filter:…`: devices, by an OData filter that is passed on as it is.
    Filter(&'a str),
    /// `group-id:…`: the users in a group.
    GroupId(&'a str),
    /// `group-name:…`: the same, by the group's whole display name.
    GroupName(&'a str),
}

impl<'a> Query<'a> {
    /// Read a query.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn parse(text: &'a str) -> Result<Self, Problem> {
        match text.split_once(':') {
            Some(("filter", rest)) if !rest.is_empty() => Ok(Self::Filter(rest)),
            Some(("group-id", rest)) if is_guid(rest) => Ok(Self::GroupId(rest)),
            Some(("group-name", rest)) if !rest.is_empty() => Ok(Self::GroupName(rest)),
            _ => Err(problem(
                ProblemKind::Usage,
                "query-unknown",
                "this is no query that can be looked up here",
                "write `filter:`, `group-id:` with the id of a group, or `group-name:`, and then what is looked for",
            )),
        }
    }
}

/// Nothing else of the query reaches a path.
fn is_guid(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
