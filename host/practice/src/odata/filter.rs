//! Parses a `$filter` into an expression, refusing what Intune does not filter on.

use crate::odata::lexer::{Token, tokens};

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare {
        property: &'static str,
        op: Op,
        value: Literal,
    },
    Call {
        function: Function,
        property: &'static str,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    StartsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    /// A number, date or GUID: what stands without quotes.
    Bare(String),
    Bool(bool),
    Null,
}

/// Deeper nesting than any sane filter: the parser recurses.
const MAX_DEPTH: usize = 50;

/// `known` gives a filterable property's own spelling, or `None`.
pub(crate) fn parse(
    input: &str,
    known: impl Fn(&str) -> Option<&'static str>,
) -> Result<Expr, String> {
    let tokens = tokens(input)?;
    let mut parser = Parser {
        input,
        tokens: &tokens,
        at: 0,
        depth: 0,
        known: &known,
    };
    let expr = parser.either()?;
    if parser.at == tokens.len() {
        Ok(expr)
    } else {
        Err(parser.syntax())
    }
}

struct Parser<'a> {
    input: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    known: &'a dyn Fn(&str) -> Option<&'static str>,
}

impl Parser<'_> {
    fn syntax(&self) -> String {
        format!("Syntax error at position {} in '{}'.", self.at, self.input)
    }

    fn peek_word(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn take(&mut self, wanted: &Token) -> Result<(), String> {
        if self.tokens.get(self.at) == Some(wanted) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.peek_word() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Expr, String> {
        let mut left = self.both()?;
        while self.take_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, String> {
        let mut left = self.one()?;
        while self.take_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("The filter is nested too deeply.".to_owned());
        }
        let expr = if self.take_word("not") {
            Expr::Not(Box::new(self.one()?))
        } else if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            self.take(&Token::Close)?;
            inner
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn term(&mut self) -> Result<Expr, String> {
        let name = self
            .peek_word()
            .map(str::to_owned)
            .ok_or_else(|| self.syntax())?;
        self.at += 1;
        if self.tokens.get(self.at) == Some(&Token::Open) {
            return self.call(&name);
        }
        let property = self.property(&name)?;
        let op = match self.peek_word() {
            Some("eq") => Op::Eq,
            Some("ne") => Op::Ne,
            Some("gt") => Op::Gt,
            Some("ge") => Op::Ge,
            Some("lt") => Op::Lt,
            Some("le") => Op::Le,
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        let value = match self.tokens.get(self.at) {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                    || uuid::Uuid::parse_str(word).is_ok() =>
                {
                    Literal::Bare(word.clone())
                }
                _ => {
                    return Err(format!(
                        "Could not find a property named '{word}' on type 'microsoft.graph.managedDevice'."
                    ));
                }
            },
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        Ok(Expr::Compare {
            property,
            op,
            value,
        })
    }

    fn call(&mut self, name: &str) -> Result<Expr, String> {
        let function = match name.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "contains" => Function::Contains,
            _ => return Err(format!("An unknown function with name '{name}' was found.")),
        };
        self.take(&Token::Open)?;
        let word = self
            .peek_word()
            .map(str::to_owned)
            .ok_or_else(|| self.syntax())?;
        let property = self.property(&word)?;
        self.at += 1;
        self.take(&Token::Comma)?;
        let Some(Token::Text(text)) = self.tokens.get(self.at) else {
            return Err(self.syntax());
        };
        let text = text.clone();
        self.at += 1;
        self.take(&Token::Close)?;
        Ok(Expr::Call {
            function,
            property,
            text,
        })
    }

    fn property(&self, name: &str) -> Result<&'static str, String> {
        (self.known)(name).ok_or_else(|| {
            format!("Could not find a property named '{name}' that can be filtered on.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Option<&'static str> {
        [
            "deviceName",
            "serialNumber",
            "isSupervised",
            "lastSyncDateTime",
        ]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
    }

    #[test]
    fn good_filters_parse() {
        for filter in [
            "deviceName eq 'A'",
            "devicename eq 'O''Brien''s phone'",
            "(deviceName eq 'A') or (serialNumber ne 'B' and not isSupervised eq true)",
            "startswith(deviceName,'KIOSK')",
            "contains( deviceName , '-00' )",
            "lastSyncDateTime lt 2026-01-01T00:00:00Z",
            "serialNumber eq null",
        ] {
            assert!(
                parse(filter, known).is_ok(),
                "{filter}: {:?}",
                parse(filter, known)
            );
        }
    }

    #[test]
    fn bad_filters_are_refused() {
        for filter in [
            "",
            "deviceName",
            "deviceName eq",
            "deviceName eq A",
            "deviceName is 'A'",
            "deviceName eq 'A",
            "deviceName eq 'A' and",
            "deviceName eq 'A')",
            "(deviceName eq 'A'",
            "colour eq 'red'",
            "endswith(deviceName,'1')",
            "deviceName eq 'A' deviceName eq 'B'",
            "deviceName eq \"A\"",
        ] {
            assert!(parse(filter, known).is_err(), "{filter}");
        }
        let deep = format!("{}deviceName eq 'A'{}", "(".repeat(99), ")".repeat(99));
        assert!(parse(&deep, known).is_err());
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let expr = parse(
            "deviceName eq 'A' or deviceName eq 'B' and deviceName eq 'C'",
            known,
        );
        assert!(matches!(expr, Ok(Expr::Or(_, right)) if matches!(*right, Expr::And(..))));
    }
}
