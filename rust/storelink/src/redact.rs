//! Messages without secrets: the C ABI's errors may end in any log.

/// `text` with the user information and the query of each URL in it replaced by `REDACTED`.
pub(crate) fn redact_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after
            .find(|c: char| c.is_whitespace() || "\"'`<>()[]{}|\\".contains(c))
            .unwrap_or(after.len());
        let (url, next) = after.split_at(end);
        out.push_str(before);
        push_redacted(&mut out, url);
        rest = next;
    }
    out.push_str(rest);
    out
}

/// `url` is what follows the scheme.
fn push_redacted(out: &mut String, url: &str) {
    let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
    let (host, path) = url.split_at(authority);
    if let Some((_, host)) = host.rsplit_once('@') {
        out.push_str("REDACTED@");
        out.push_str(host);
    } else {
        out.push_str(host);
    }
    match path.find(['?', '#']) {
        Some(query) => {
            out.push_str(&path[..=query]);
            out.push_str("REDACTED");
        }
        None => out.push_str(path),
    }
}

#[cfg(test)]
mod tests {
    use super::redact_urls;

    #[test]
    fn queries_and_users_are_redacted() {
        for (given, expected) in [
            ("no URL at all?", "no URL at all?"),
            ("http://h/p failed", "http://h/p failed"),
            ("(https://h/p?sig=x)", "(https://h/p?REDACTED)"),
            (
                "a://u:p@h b://h?q \"c://h#f\"",
                "a://REDACTED@h b://h?REDACTED \"c://h#REDACTED\"",
            ),
            ("x://", "x://"),
            ("x://h/a@b", "x://h/a@b"),
        ] {
            assert_eq!(redact_urls(given), expected);
        }
    }
}
