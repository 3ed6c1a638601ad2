//! Cuts a list into pages and says where the next one is.

use crate::odata::query::Query;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The query of the next page, or `None` on the last.
    pub(crate) next: Option<String>,
}

/// Pages are `$top` long, at most `limit`. A skip token belongs to the query it was made for.
pub(crate) fn cut<T>(all: Vec<T>, query: &Query, limit: usize) -> Result<Page<T>, String> {
    let limit = limit.max(1);
    let size = query.top.unwrap_or(limit).min(limit);
    let start = match &query.skiptoken {
        Some(token) => read_token(token, query)?,
        None => query.skip,
    };
    let more = all.len() > start.saturating_add(size);
    let items = all.into_iter().skip(start).take(size).collect();
    let next = more.then(|| {
        let token = make_token(start + size, query);
        let mut pairs = query.raw.clone();
        // Encoded as a service may: a client that decodes and encodes again sends other bytes.
        let encoded = utf8_percent_encode(&token, NON_ALPHANUMERIC).to_string();
        pairs.push(format!("$skiptoken={}", encoded.replace("%3D", "%3d")));
        pairs.join("&")
    });
    Ok(Page { items, next })
}

fn digest(query: &Query) -> String {
    let mut hasher = Sha256::new();
    for pair in &query.raw {
        hasher.update(pair.as_bytes());
        hasher.update(b"&");
    }
    hasher
        .finalize()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn make_token(start: usize, query: &Query) -> String {
    STANDARD.encode(format!(
        "LastDeviceIndex='{start}',Query='{}'",
        digest(query)
    ))
}

fn read_token(token: &str, query: &Query) -> Result<usize, String> {
    let bad = || "Skip token is not valid.".to_owned();
    // A `+` of base64 that was not percent-encoded arrives as a space.
    let bytes = STANDARD
        .decode(token.replace(' ', "+"))
        .map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let rest = text.strip_prefix("LastDeviceIndex='").ok_or_else(bad)?;
    let (start, rest) = rest.split_once("',Query='").ok_or_else(bad)?;
    if rest.strip_suffix('\'') == Some(digest(query).as_str()) {
        start.parse().map_err(|_| bad())
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(first: &str, count: usize, limit: usize) -> Vec<Vec<usize>> {
        let mut pages = Vec::new();
        let mut raw = first.to_owned();
        loop {
            let query = Query::parse(&raw).expect("query");
            let page = cut((0..count).collect(), &query, limit).expect("page");
            pages.push(page.items);
            match page.next {
                Some(next) => raw = next,
                None => return pages,
            }
        }
    }

    #[test]
    fn every_item_is_on_exactly_one_page() {
        for (first, count, limit, expected) in [
            ("", 0, 3, vec![0]),
            ("", 3, 3, vec![3]),
            ("", 7, 3, vec![3, 3, 1]),
            ("$top=2", 5, 3, vec![2, 2, 1]),
            ("$top=99", 5, 3, vec![3, 2]),
            ("$skip=4&$top=2", 7, 3, vec![2, 1]),
        ] {
            let pages = walk(first, count, limit);
            let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
            assert_eq!(sizes, expected, "{first} {count} {limit}");
            let flat: Vec<_> = pages.concat();
            assert!(
                flat.windows(2).all(|pair| pair[0] + 1 == pair[1]),
                "{first}"
            );
        }
    }

    #[test]
    fn a_token_of_another_query_or_of_nobody_is_refused() {
        let query = Query::parse("$top=1").expect("query");
        let next = cut(vec![1, 2], &query, 9)
            .expect("page")
            .next
            .expect("next");
        let moved = next.replace("$top=1", "$top=2");
        for raw in [moved.as_str(), "$skiptoken=abc", "$skiptoken="] {
            let query = Query::parse(raw).expect("query");
            assert!(cut(vec![1, 2, 3], &query, 9).is_err(), "{raw}");
        }
    }
}
