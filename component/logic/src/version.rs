//! Versions of operating systems, as far as rules compare them.

/// Major and minor.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct OsVersion(pub u32, pub u32);

impl OsVersion {
    /// Read `14`, `8.1.0`, `17.5.1 (21F90)`. Anything that does not start with a number is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.').map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part.get(..end)
                .and_then(|digits| digits.parse::<u32>().ok())
        });
        let major = parts.next()??;
        Some(Self(major, parts.next().flatten().unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_far_as_rules_need() {
        for (text, expected) in [
            ("14", Some(OsVersion(14, 0))),
            ("8.1.0", Some(OsVersion(8, 1))),
            ("7.1", Some(OsVersion(7, 1))),
            (" 17.5.1", Some(OsVersion(17, 5))),
            ("17.5 (21F90)", Some(OsVersion(17, 5))),
            ("10.0.22631.3880", Some(OsVersion(10, 0))),
            ("1.1", Some(OsVersion(1, 1))),
            ("", None),
            ("Android 14", None),
            ("99999999999", None),
        ] {
            assert_eq!(OsVersion::parse(text), expected, "{text}");
        }
        assert!(OsVersion(6, 9) < OsVersion(7, 0));
    }
}
