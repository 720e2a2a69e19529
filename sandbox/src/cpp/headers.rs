//! The project's own headers and the sources of its library.

/// Headers, by their paths below the folder of own headers.
pub(crate) const HEADERS: &[(&str, &str)] = &[("cpp/bits/stdc++.h", include_str!("include/bits/stdc++.h"))];

/// The header that is compiled beforehand for C++.
pub(crate) const UMBRELLA: &str = "#include <bits/stdc++.h>\n";

/// Sources of the library: what the compiler's own lacks.
pub(crate) const LIBRARY: &[(&str, &str)] = &[
    ("bulk", include_str!("runtime/bulk.cpp")),
    ("exceptions", include_str!("runtime/exceptions.cpp")),
    ("memory", include_str!("runtime/memory.cpp")),
    ("start", include_str!("runtime/start.cpp")),
];
