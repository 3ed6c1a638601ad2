//! Paths as parsed segments. A path that has not been parsed is not matched against anything.

use std::collections::BTreeMap;
use std::fmt;

/// The longest path segment, in bytes. Identifiers and sign-in names are far shorter.
const LONGEST_SEGMENT: usize = 128;

/// A path relative to a destination's root, as segments that need no percent-encoding: plain ones,
/// and calls of a function as OData writes them, `name(argument='value')`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<String>);

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not start with `/`.
    #[error("a path starts with `/`")]
    NotRooted,
    /// `//`, or a `/` at the end.
    #[error("a path has no empty segment")]
    EmptySegment,
    /// `.` or `..`.
    #[error("a path has no `.` or `..` segment")]
    DotSegment,
    /// A character outside `A-Z a-z 0-9 . _ @ -`, and not a call. Percent-escapes are refused and
    /// not decoded: what two parsers read differently is where path tricks live.
    #[error(
        "a path segment has only letters, digits and `. _ @ -`, or is `name(argument='value')`"
    )]
    Character,
    /// A segment of more than 128 bytes.
    #[error("a path segment has at most {LONGEST_SEGMENT} bytes")]
    TooLong,
}

impl Path {
    /// Parse a guest's path.
    ///
    /// # Errors
    ///
    /// Whatever is not plain segments.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let rest = text.strip_prefix('/').ok_or(PathError::NotRooted)?;
        let segments = rest.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self(segments))
    }

    /// The segments.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// The path without its last segment: the thing an action is bound to.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut segments = self.0.clone();
        segments.pop();
        Self(segments)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|segment| write!(f, "/{segment}"))
    }
}

fn segment(text: &str) -> Result<String, PathError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    match text {
        "" => Err(PathError::EmptySegment),
        "." | ".." => Err(PathError::DotSegment),
        _ if !text.bytes().all(plain) && !is_call(text) => Err(PathError::Character),
        _ if text.len() > LONGEST_SEGMENT => Err(PathError::TooLong),
        _ => Ok(text.to_owned()),
    }
}

/// A function with one named argument. Never a key such as `devices('id')`, which would be
/// another way to write `devices/id`.
fn is_call(text: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    text.strip_suffix("')")
        .and_then(|text| text.split_once('('))
        .and_then(|(name, rest)| Some((name, rest.split_once("='")?)))
        .is_some_and(|(name, (argument, value))| {
            word(name) && word(argument) && (value == "*" || word(value))
        })
}

/// What a template's variables stand for in one path.
pub type Bindings = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Part {
    fn fits(&self, segment: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == segment,
            Self::Variable(name) => {
                // A call is nobody's id: only a grant's own words match it.
                !is_call(segment) && (name != "version" || matches!(segment, "v1.0" | "beta"))
            }
        }
    }
}

/// A granted path: literal segments and `{variables}`, each a whole segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

impl Template {
    /// Parse a granted path.
    ///
    /// # Errors
    ///
    /// As for a path; a variable is `{name}` and a name appears once.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let rest = text.strip_prefix('/').ok_or(PathError::NotRooted)?;
        let mut parts: Vec<Part> = Vec::new();
        for piece in rest.split('/') {
            let part = match piece
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                Some(name) if is_call(name) => return Err(PathError::Character),
                Some(name) => Part::Variable(segment(name)?),
                None => Part::Literal(segment(piece)?),
            };
            if matches!(part, Part::Variable(_)) && parts.contains(&part) {
                return Err(PathError::Character);
            }
            parts.push(part);
        }
        Ok(Self(parts))
    }

    /// What the variables stand for, if the path is of this form. `{version}` stands for
    /// `v1.0` and `beta` only.
    #[must_use]
    pub fn matches(&self, path: &Path) -> Option<Bindings> {
        let both = || self.0.iter().zip(&path.0);
        // Most routes are not the one, so nothing is noted before all of it fits.
        if self.0.len() != path.0.len() || !both().all(|(part, segment)| part.fits(segment)) {
            return None;
        }
        let bound = both().filter_map(|(part, segment)| match part {
            Part::Variable(name) => Some((name.clone(), segment.clone())),
            Part::Literal(_) => None,
        });
        Some(bound.collect())
    }

    /// Whether a segment is the variable of that name.
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|part| matches!(part, Part::Variable(own) if own == name))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => write!(f, "/{text}"),
            Part::Variable(name) => write!(f, "/{{{name}}}"),
        })
    }
}
