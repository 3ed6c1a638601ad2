//! The query options of a request.

use percent_encoding::percent_decode_str;

/// What a request's query asks for. Options keep the raw text they came with, for links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) filter: Option<String>,
    pub(crate) select: Vec<String>,
    pub(crate) expand: Vec<String>,
    pub(crate) orderby: Option<String>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    pub(crate) skiptoken: Option<String>,
    pub(crate) count: bool,
    /// The pairs as they stood in the address, without `$skiptoken`.
    pub(crate) raw: Vec<String>,
}

impl Query {
    /// Options may be written without their dollar sign; other names are ignored, as Graph does.
    pub(crate) fn parse(raw: &str) -> Result<Self, String> {
        let mut query = Self::default();
        let mut seen = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let name = name.to_lowercase();
            let name = name.strip_prefix('$').unwrap_or(&name).to_owned();
            if name != "skiptoken" {
                query.raw.push(pair.to_owned());
            }
            let list = || -> Vec<String> {
                value
                    .split(',')
                    .map(|item| item.trim().to_owned())
                    .collect()
            };
            let number = || {
                value
                    .parse::<usize>()
                    .map_err(|_| format!("Invalid value '{value}' for ${name} query option found."))
            };
            if seen.contains(&name) {
                return Err(format!(
                    "Query option '${name}' was specified more than once."
                ));
            }
            match name.as_str() {
                "filter" => query.filter = Some(value.clone()),
                "select" => query.select = list(),
                "expand" => query.expand = list(),
                "orderby" => query.orderby = Some(value.clone()),
                "top" => query.top = Some(number()?),
                "skip" => query.skip = number()?,
                "skiptoken" => query.skiptoken = Some(value.clone()),
                "count" => query.count = value == "true",
                "search" => return Err("$search is not supported on this entity.".to_owned()),
                _ => continue,
            }
            seen.push(name);
        }
        if query.top == Some(0) {
            return Err("Invalid value '0' for $top query option found.".to_owned());
        }
        Ok(query)
    }
}

/// In a query `+` stands for a space.
fn decode(text: &str) -> Result<String, String> {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "The query is not valid UTF-8.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_with_and_without_their_dollar() {
        let query = Query::parse(
            "$select=id,%20deviceName&top=5&%24filter=a+eq+%27b%26c%27&x=1&$skiptoken=q",
        )
        .expect("query");
        assert_eq!(query.select, ["id", "deviceName"]);
        assert_eq!(query.top, Some(5));
        assert_eq!(query.filter.as_deref(), Some("a eq 'b&c'"));
        assert_eq!(query.skiptoken.as_deref(), Some("q"));
        assert_eq!(query.raw.len(), 4);
    }

    #[test]
    fn nonsense_is_refused() {
        for raw in [
            "$top=x",
            "$top=0",
            "$top=-1",
            "$search=a",
            "$top=1&top=2",
            "$filter=%ff",
        ] {
            assert!(Query::parse(raw).is_err(), "{raw}");
        }
    }
}
