//! Templates: a text in which `{{ row.NAME }}` stands for a value of the row, and
//! `{{ run.title }}` for the run's title. That is all: no conditions, no functions, no files, and
//! nothing that was put in is ever read as a template again.

use crate::text::{TEXT, fault};

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Row(String),
    Title,
}

impl Template {
    /// Read a text.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the end of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(wrong) = fault(text, TEXT) {
            return Err(wrong);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            push(&mut parts, before)?;
            let Some((inner, after)) = after.split_once("}}") else {
                return Err("has a template that is not closed".to_owned());
            };
            parts.push(part(inner.trim_matches(' '))?);
            rest = after;
        }
        push(&mut parts, rest)?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The text as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the row's values that it asks for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Row(name) => Some(name.as_str()),
            Part::Text(_) | Part::Title => None,
        })
    }

    /// Fill in. The error is the name that the row has no value for.
    pub(crate) fn fill(
        &self,
        title: &str,
        value: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Title => filled.push_str(title),
                Part::Row(name) => filled.push_str(&value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(filled)
    }
}

fn push(parts: &mut Vec<Part>, text: &str) -> Result<(), String> {
    if text.contains(['{', '}']) {
        return Err("has a brace that belongs to no template".to_owned());
    }
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(())
}

fn part(inner: &str) -> Result<Part, String> {
    match inner.strip_prefix("row.") {
        _ if inner.contains(['{', '}']) => Err("has a template within a template".to_owned()),
        Some(name) if !name.trim_matches(' ').is_empty() && !name.starts_with(' ') => {
            Ok(Part::Row(name.to_owned()))
        }
        None if inner == "run.title" => Ok(Part::Title),
        _ => Err("has a template that is neither `row.NAME` nor `run.title`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn value(name: &str) -> Option<String> {
        match name {
            "Ticket" => Some("INC-1".to_owned()),
            "Primary user UPN" => Some("adele@contoso.example".to_owned()),
            "sly" => Some("{{ run.title }}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn values_are_put_in_and_never_read_again() {
        for (text, filled) in [
            ("plain", Ok("plain")),
            ("{{ row.Ticket }}", Ok("INC-1")),
            ("{{row.Ticket}}/{{ run.title }}", Ok("INC-1/Kiosks")),
            (
                "for {{ row.Primary user UPN }}.",
                Ok("for adele@contoso.example."),
            ),
            ("{{ row.sly }}", Ok("{{ run.title }}")),
            ("{{ row.ticket }}", Err("ticket")),
            ("a {{ row.None }} b", Err("None")),
        ] {
            let template = Template::parse(text).unwrap();
            let expected = filled.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(template.fill("Kiosks", &value), expected, "{text}");
        }
    }

    #[test]
    fn whatever_else_looks_like_a_template_is_refused() {
        for (text, wrong) in [
            ("{{ row.Ticket", "not closed"),
            ("{{ row.Ticket }", "not closed"),
            ("{{ ticket }}", "neither"),
            ("{{ row. }}", "neither"),
            ("{{ row. Ticket }}", "neither"),
            ("{{ run.id }}", "neither"),
            ("{{ env.HOME }}", "neither"),
            ("{{ row.a | upper }} }}", "brace"),
            ("{{ {{ row.a }} }}", "within"),
            ("{% if row.a %}", "brace"),
            ("{# note #}", "brace"),
            ("a } b", "brace"),
            ("{{{ row.a }}}", "within"),
            ("", "empty"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.contains(wrong), "{text}: {error}");
        }
    }
}
