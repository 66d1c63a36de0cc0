//! How other programs call a file: by a path with `/`, or by a URI.
//!
//! Names are taken as the person gave them. Nothing is looked up: a name that is relative stays so,
//! and counts from the folder in which the program was run.

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands as it is in one part of a URI's path (RFC 3986, "unreserved").
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `configs/a.yaml` for `./configs//a.yaml`; on Windows with `/` too.
pub(super) fn path(name: &str) -> String {
    let path = joined(name, str::to_owned);
    if path.is_empty() { name.to_owned() } else { path }
}

/// True for the folder itself in which the program was run.
pub(super) fn is_here(name: &str) -> bool {
    joined(name, str::to_owned).is_empty()
}

/// A reference to the file: relative where its name is.
pub(super) fn uri(name: &str) -> String {
    let path = joined(name, |part| utf8_percent_encode(part, ESCAPED).to_string());
    match (is_relative(name), path.starts_with('/')) {
        (true, _) => path,
        (false, true) => format!("file://{path}"),
        // C:/configs on Windows
        (false, false) => format!("file:///{path}"),
    }
}

/// True for a name that counts from the folder in which the program was run.
pub(super) fn is_relative(name: &str) -> bool {
    !Path::new(name).has_root()
}

fn joined(name: &str, spell: impl Fn(&str) -> String) -> String {
    let mut path = String::new();
    for component in Path::new(name).components() {
        let part = match component {
            Component::Prefix(prefix) => prefix.as_os_str().to_string_lossy().replace('\\', "/"),
            // Written before the next part anyway.
            Component::RootDir => {
                path.push('/');
                continue;
            }
            Component::CurDir => continue,
            Component::ParentDir => "..".to_owned(),
            Component::Normal(part) => spell(&part.to_string_lossy()),
        };
        if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path += &part;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidy() {
        assert_eq!(path("./configs//a.yaml"), "configs/a.yaml");
        assert_eq!(path("../a b.yaml"), "../a b.yaml");
        assert_eq!(path("/etc/a.yaml"), "/etc/a.yaml");
        assert!(path(".") == "." && is_here(".") && !is_here(".."));
    }

    #[test]
    fn references_are_spelt_in_ascii() {
        assert_eq!(uri("a b/ü#1%.yaml"), "a%20b/%C3%BC%231%25.yaml");
        assert_eq!(uri("a:b.yaml"), "a%3Ab.yaml", "no scheme");
        assert_eq!(uri("/etc/a.yaml"), "file:///etc/a.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
