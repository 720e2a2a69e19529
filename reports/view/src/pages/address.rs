//! Addresses of pages.

/// The parameters of an address, in order; a name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// The first value of `name` that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value of `name` that is not empty.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The address of `path` with these parameters, but `name` set to `value` (left out where that is empty).
    pub(super) fn with(&self, path: &str, name: &str, value: &str) -> String {
        let mut parts: Vec<(&str, &str)> =
            self.0.iter().filter(|(known, v)| known != name && !v.is_empty()).map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if !value.is_empty() {
            parts.push((name, value));
        }
        address(path, &parts)
    }
}

/// An address with parameters.
pub(super) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let parts: Vec<String> = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    if parts.is_empty() { path.to_string() } else { format!("{path}?{}", parts.join("&")) }
}

/// `text` with every byte but RFC 3986's unreserved ones percent-encoded.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Parameters, address};

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(address("/run", &[]), "/run");
        assert_eq!(address("/run", &[("id", "a b&c=\"ж")]), "/run?id=a%20b%26c%3D%22%D0%B6");
    }

    #[test]
    fn one_parameter_is_replaced() {
        let parameters = Parameters(vec![("a".into(), "1".into()), ("b".into(), String::new()), ("a".into(), "2".into())]);
        assert_eq!(parameters.with("/x", "a", "3"), "/x?a=3");
        assert_eq!(parameters.with("/x", "c", "3"), "/x?a=1&a=2&c=3");
        assert_eq!(parameters.with("/x", "a", ""), "/x");
        assert_eq!(parameters.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parameters.get("b"), None);
    }
}
