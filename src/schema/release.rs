//! Versions of Accelerate, as far as configs tell them apart: major and minor.

use std::fmt;
use std::str::FromStr;

/// A version of Accelerate, such as 1.15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16, pub u16);

impl Release {
    /// The release that rows, rules and recordings describe.
    pub const LATEST: Release = Release(1, 15);

    /// True when something that came with `since` and went with `gone` exists in this release.
    pub fn is_within(self, since: Option<Release>, gone: Option<Release>) -> bool {
        since.is_none_or(|since| self >= since) && gone.is_none_or(|gone| self < gone)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Release {
    type Err = String;

    /// Reads `1.15`, `1.15.0` or `1.15.0.dev0`: only major and minor count.
    fn from_str(text: &str) -> Result<Release, String> {
        let mut parts = text.trim().trim_start_matches('v').split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Release(major, minor)),
            _ => Err(format!("`{text}` is not a version; write one such as {}", Release::LATEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_what_pip_prints() {
        assert_eq!("1.15.0".parse(), Ok(Release(1, 15)));
        assert_eq!("0.34.2.dev0".parse(), Ok(Release(0, 34)));
        assert!("latest".parse::<Release>().is_err());
        assert!(Release(1, 4) < Release(1, 10));
    }

    #[test]
    fn the_release_that_drops_a_thing_no_longer_has_it() {
        assert!(Release(1, 6).is_within(Some(Release(1, 4)), Some(Release(1, 7))));
        assert!(!Release(1, 7).is_within(Some(Release(1, 4)), Some(Release(1, 7))));
        assert!(!Release(1, 3).is_within(Some(Release(1, 4)), None));
    }
}
