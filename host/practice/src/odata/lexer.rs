//! Splits a `$filter` into words.

/// One word of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Open,
    Close,
    Comma,
    /// A name, an operator, a keyword, a number, a date: all that stands bare.
    Word(String),
    /// A quoted string, its doubled quotes undone.
    Text(String),
}

/// `Err` says what is wrong, in the words of OData's own parser where they are known.
pub(crate) fn tokens(input: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = input.char_indices().peekable();
    while let Some((at, next)) = rest.next() {
        match next {
            ' ' | '\t' => {}
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            ',' => out.push(Token::Comma),
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some((_, '\'')) if rest.peek().is_some_and(|(_, c)| *c == '\'') => {
                            rest.next();
                            text.push('\'');
                        }
                        Some((_, '\'')) => break,
                        Some((_, other)) => text.push(other),
                        None => {
                            return Err(format!(
                                "There is an unterminated string literal at position {} in '{input}'.",
                                input.len()
                            ));
                        }
                    }
                }
                out.push(Token::Text(text));
            }
            c if c.is_ascii_alphanumeric() || "_-.:+/@".contains(c) => {
                let mut word = String::from(c);
                while let Some((_, c)) = rest.peek() {
                    if c.is_ascii_alphanumeric() || "_-.:+/@".contains(*c) {
                        word.push(*c);
                        rest.next();
                    } else {
                        break;
                    }
                }
                out.push(Token::Word(word));
            }
            _ => {
                return Err(format!(
                    "Syntax error: character '{next}' is not valid at position {at} in '{input}'."
                ));
            }
        }
    }
    Ok(out)
}
