//! Paths, without links: what `..` means can be said from the text alone.

/// Makes a path absolute and takes `.`, `..` and double slashes out of it.
pub(crate) fn absolute(folder: &str, path: &str) -> String {
    let whole = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Returns the folder that holds a path; the root holds itself.
pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((folder, _)) => folder,
    }
}

/// Returns the last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// Lists the folders above a path, the root first.
pub(super) fn ancestors(path: &str) -> Vec<&str> {
    let mut above: Vec<&str> = Vec::new();
    let mut at = path;
    while at != "/" {
        at = parent(at);
        above.push(at);
    }
    above.reverse();
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cleaned_and_never_leaves_the_root() {
        assert_eq!(absolute("/tmp", "a//b/./../c"), "/tmp/a/c");
        assert_eq!(absolute("/tmp", "/etc/"), "/etc");
        assert_eq!(absolute("/tmp", "../../../etc/shadow"), "/etc/shadow");
        assert_eq!(absolute("/", "."), "/");
    }

    #[test]
    fn the_folders_above_a_path_begin_with_the_root() {
        assert_eq!(ancestors("/a/b/c"), ["/", "/a", "/a/b"]);
        assert!(ancestors("/").is_empty());
        assert_eq!(file_name("/a/b/"), "b");
    }
}
