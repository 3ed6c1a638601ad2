//! The directory's groups, and who is in them.

use crate::control::inner::Inner;
use crate::graph::refusal::query_or_refusal;
use crate::graph::service::Request;
use crate::http::reply::Reply;
use crate::odata::eval::{Equality, passes};
use crate::odata::query::Query;
use crate::odata::{filter, page};
use crate::world::{Group, MemberKind, World};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The largest page that the directory gives. Microsoft documents 999.
const LARGEST_PAGE: usize = 999;

/// What a group is filtered on here.
const FILTERABLE: [&str; 2] = ["displayName", "id"];

/// What is shown of a member; of one that the caller may not read, only the first.
const SHOWN: [&str; 3] = ["id", "displayName", "userPrincipalName"];

/// `GET /groups`.
pub(crate) fn list(inner: &Inner, request: &Request<'_>) -> Reply {
    match listed(inner, request) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn listed(inner: &Inner, request: &Request<'_>) -> Result<Reply, Reply> {
    let place = request.place;
    let query = asked(request)?;
    let known = |name: &str| {
        FILTERABLE
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    };
    let filter = match &query.filter {
        Some(text) => {
            let parsed = filter::parse(text, known);
            Some(parsed.map_err(|why| place.unsupported_query(&why))?)
        }
        None => None,
    };
    let groups = inner.world.groups.iter().map(described);
    let found: Vec<Map<String, Value>> = groups
        .filter(|group| {
            filter
                .as_ref()
                .is_none_or(|filter| passes(filter, group, Equality::Whole))
        })
        .collect();
    answer(inner, request, &query, "groups", found)
}

/// `GET /groups/{id}/transitiveMembers`.
pub(crate) fn members(inner: &Inner, request: &Request<'_>, group: &str) -> Reply {
    match membered(inner, request, group) {
        Ok(reply) | Err(reply) => reply,
    }
}

fn membered(inner: &Inner, request: &Request<'_>, id: &str) -> Result<Reply, Reply> {
    let query = asked(request)?;
    if query.filter.is_some() {
        let why = "Advanced query capabilities are not served by this practice tenant.";
        return Err(request.place.unsupported_query(why));
    }
    let world = &inner.world;
    let group = named(world, id).ok_or_else(|| request.place.no_object(id))?;
    // Graph shows of users only what they are and their ids to who may read groups and not users.
    let users = ["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"];
    let reads_users = request.identity.has_any(&users);
    let found = within(world, group)
        .into_iter()
        .map(|(kind, id)| member(world, kind, &id, reads_users))
        .collect();
    answer(inner, request, &query, "directoryObjects", found)
}

fn asked(request: &Request<'_>) -> Result<Query, Reply> {
    let query = query_or_refusal(request.place, &request.call.query)?;
    match query.top {
        Some(top) if top > LARGEST_PAGE => Err(request.place.unsupported_query(&format!(
            "Invalid page size specified: '{top}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        ))),
        _ => Ok(query),
    }
}

fn answer(
    inner: &Inner,
    request: &Request<'_>,
    query: &Query,
    what: &str,
    found: Vec<Map<String, Value>>,
) -> Result<Reply, Reply> {
    let page = page::cut(found, query, inner.settings.page_size)
        .map_err(|why| request.place.unsupported_query(&why))?;
    let mut value = page.items;
    if !query.select.is_empty() {
        for item in &mut value {
            item.retain(|name, _| {
                name.starts_with("@odata.") || query.select.iter().any(|wanted| wanted == name)
            });
        }
    }
    let origin = &request.call.origin;
    let mut body = json!({
        "@odata.context": format!("{origin}/{}/$metadata#{what}", request.version),
        "value": value,
    });
    if let Some(next) = page.next {
        body["@odata.nextLink"] = json!(format!("{origin}{}?{next}", request.call.path));
    }
    Ok(Reply::json(200, body))
}

fn named<'a>(world: &'a World, id: &str) -> Option<&'a Group> {
    world
        .groups
        .iter()
        .find(|group| group.id.eq_ignore_ascii_case(id))
}

/// Everything in a group, once, in the order in which it is met. Groups may be in each other.
fn within(world: &World, group: &Group) -> Vec<(MemberKind, String)> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut entered: HashSet<String> = HashSet::from([group.id.clone()]);
    let mut open = vec![group];
    let mut all = Vec::new();
    while let Some(group) = open.pop() {
        for (kind, id) in &group.members {
            if seen.insert(id.clone()) {
                all.push((*kind, id.clone()));
            }
            if *kind == MemberKind::Group
                && entered.insert(id.clone())
                && let Some(inner) = named(world, id)
            {
                open.push(inner);
            }
        }
    }
    all
}

fn described(group: &Group) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(group.id)),
        ("displayName".to_owned(), json!(group.name)),
        ("securityEnabled".to_owned(), json!(true)),
    ])
}

fn member(world: &World, kind: MemberKind, id: &str, reads_users: bool) -> Map<String, Value> {
    let (word, name, upn) = match kind {
        MemberKind::Group => {
            let name = named(world, id).map(|group| group.name.clone());
            ("group", name, None)
        }
        // Whether a caller may read devices of the directory is not told apart: nobody here may.
        MemberKind::Device => ("device", None, None),
        MemberKind::User => {
            let user = world.users.iter().find(|(_, user)| user.id == id);
            let user = user.filter(|_| reads_users);
            let (name, upn) = user
                .map(|(upn, user)| (user.name.clone(), upn.clone()))
                .unzip();
            ("user", name, upn)
        }
    };
    let values = [json!(id), json!(name), json!(upn)];
    let mut member: Map<String, Value> = SHOWN
        .into_iter()
        .zip(values)
        .filter(|(shown, _)| *shown != "userPrincipalName" || kind == MemberKind::User)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let of = format!("#microsoft.graph.{word}");
    member.insert("@odata.type".to_owned(), of.into());
    member
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Fleet;
    use time::OffsetDateTime;

    #[test]
    fn groups_that_are_in_each_other_end() {
        let text = "
[[group]]
name = \"A\"
users = [\"adele@contoso.example\"]
groups = [\"B\"]
[[group]]
name = \"B\"
users = [\"adele@contoso.example\", \"bruno@contoso.example\"]
groups = [\"A\"]
";
        let fleet = Fleet::parse(text).expect("fleet");
        let world = World::from_fleet(&fleet, OffsetDateTime::now_utc()).expect("world");
        let all = within(&world, &world.groups[0]);
        let of = |wanted| all.iter().filter(|(kind, _)| *kind == wanted).count();
        assert_eq!(of(MemberKind::User), 2);
        assert_eq!(of(MemberKind::Group), 2);
    }

    #[test]
    fn a_group_in_a_group_is_there() {
        let text = "[[group]]\nname = \"A\"\ngroups = [\"B\"]\n";
        let fleet = Fleet::parse(text).expect("fleet");
        assert!(World::from_fleet(&fleet, OffsetDateTime::now_utc()).is_err());
    }
}
