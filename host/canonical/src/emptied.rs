//! A document without what is not needed of it, so that nobody has to read that.

use memchr::memchr2;

/// Canonical JSON in which every list of that name is empty, however deep it is within a member of
/// the whole. Everything else stays as it was written. Of what is not canonical JSON, something
/// that is none is made.
#[must_use]
pub fn emptied(text: &str, member: &str, name: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut keep = |from: usize, to: usize| out.push_str(text.get(from..to).unwrap_or_default());
    let (mut at, mut kept, mut depth, mut within) = (0, 0, 0_usize, false);
    while let Some(byte) = bytes.get(at) {
        let begin = at + 1;
        at = after(bytes, at);
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            // A string, and with a colon behind it a name.
            b'"' if bytes.get(at) == Some(&b':') => {
                let named = text.get(begin..at - 1);
                if depth == 1 {
                    within = named == Some(member);
                } else if within && named == Some(name) && bytes.get(at + 1) == Some(&b'[') {
                    keep(kept, at + 2);
                    kept = end_of_list(bytes, at + 2);
                    at = kept + 1;
                }
            }
            _ => {}
        }
    }
    keep(kept, text.len());
    out
}

/// The place behind whatever begins here: a string, or one byte of anything else.
fn after(bytes: &[u8], mut at: usize) -> usize {
    if bytes.get(at) != Some(&b'"') {
        return at + 1;
    }
    at += 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if bytes.get(at - 1) == Some(&b'"') {
            return at;
        }
        // What is escaped ends nothing.
        at += 1;
    }
    bytes.len()
}

/// Where the bracket is that closes a list, of which the first item begins here.
fn end_of_list(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at = after(bytes, at);
    }
    bytes.len()
}
