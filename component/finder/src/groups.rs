//! The users in a group of the directory, and in the groups that are in it.
//!
//! Members are read without a cast to users: a cast takes a header that no component can set, and
//! an index that may lag behind. What a member is, it says itself. Of users only the id is asked
//! for: who may read groups need not be allowed to read people.

use passcode_logic::contract::{Problem, ProblemKind, Selector};
use passcode_logic::service::Service;

use crate::Lead;
use crate::graph::{Asked, Page, go_on, literal, problem, read, text};

const USER: &str = "#microsoft.graph.user";
const MEMBERS: Asked = Asked {
    what: "the members of the group",
    permission: "GroupMember.Read.All",
    rejected: "request-rejected",
    missing: "no group has this id",
};
const GROUPS: Asked = Asked {
    what: "the groups of that name",
    ..MEMBERS
};
/// The most that the directory gives at once.
const TOP: &str = "999";
/// So many ids of groups that share a name are listed.
const LISTED: usize = 20;

/// The id of the one group with exactly this display name.
pub(crate) fn named(service: &mut dyn Service, name: &str) -> Result<String, Problem> {
    let filter = format!("displayName eq {}", literal(name));
    let query = [("$filter", filter.as_str()), ("$select", "id,displayName")];
    let mut ids = Vec::new();
    let mut page = read(service, "/v1.0/groups", &query, &GROUPS)?;
    loop {
        for item in &page.items {
            let id = text(item, "id").ok_or_else(|| GROUPS.malformed())?;
            // The directory does not mind letter case.
            if text(item, "displayName") == Some(name) {
                ids.push(id.to_owned());
            }
        }
        match page.next.take() {
            Some(next) if ids.len() <= LISTED => page = go_on(service, &next, &GROUPS)?,
            _ => break,
        }
    }
    match ids.len() {
        1 => Ok(ids.remove(0)),
        0 => Err(problem(
            ProblemKind::NotFound,
            "group-not-found",
            "no group has exactly this display name",
            "compare it with the group in Microsoft Entra, letter case included, or name the group by its id",
        )),
        count => {
            ids.truncate(LISTED);
            Err(problem(
                ProblemKind::NotFound,
                "several-groups",
                &format!(
                    "{count} groups or more have this display name: {}",
                    ids.join(", ")
                ),
                "name the one that is meant by its id",
            ))
        }
    }
}

/// The first page of who is in a group.
pub(crate) fn first(service: &mut dyn Service, id: &str) -> Result<Lead, Problem> {
    let path = format!("/v1.0/groups/{id}/transitiveMembers");
    let query = [("$select", "id"), ("$top", TOP)];
    lead(&read(service, &path, &query, &MEMBERS)?)
}

/// A further page.
pub(crate) fn next(service: &mut dyn Service, page: &str) -> Result<Lead, Problem> {
    lead(&go_on(service, page, &MEMBERS)?)
}

fn lead(page: &Page) -> Result<Lead, Problem> {
    let mut selectors = Vec::new();
    for item in &page.items {
        // Without its sort a member could be anything: an application, a device of somebody else.
        let sort = text(item, "@odata.type").ok_or_else(|| MEMBERS.malformed())?;
        if sort == USER {
            let id = text(item, "id").ok_or_else(|| MEMBERS.malformed())?;
            selectors.push(Selector::Other(("userId".to_owned(), id.to_owned())));
        }
    }
    Ok(Lead {
        selectors,
        more: page.next.clone(),
    })
}
