//! The project's own headers and the sources of its library.

macro_rules! header {
    ($path:literal) => {
        ($path, include_str!(concat!("include/", $path)))
    };
    ($path:literal as $other:literal) => {
        ($path, include_str!(concat!("include/", $other)))
    };
}

/// Headers, by their paths below the folder of own headers.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    header!("cpp/bits/stdc++.h"),
    header!("cpp/bits/extc++.h"),
    header!("cpp/ext/pb_ds/assoc_container.hpp"),
    header!("cpp/ext/pb_ds/hash_policy.hpp" as "cpp/ext/pb_ds/tree_policy.hpp"),
    header!("cpp/ext/pb_ds/priority_queue.hpp"),
    header!("cpp/ext/pb_ds/tag_and_trait.hpp" as "cpp/ext/pb_ds/tree_policy.hpp"),
    header!("cpp/ext/pb_ds/tree_policy.hpp"),
    header!("cpp/ext/rope"),
    header!("cpp/testlib.h"),
    header!("cpp/tr1/unordered_map"),
    header!("cpp/tr1/unordered_set" as "cpp/tr1/unordered_map"),
    header!("cpp/proctor/format.h"),
    header!("cpp/proctor/gnu.h"),
    header!("cpp/proctor/testlib_pattern.h"),
    header!("cpp/proctor/testlib_random.h"),
    header!("cpp/proctor/testlib_stream.h"),
    header!("c/immintrin.h"),
    header!("c/x86intrin.h" as "c/immintrin.h"),
    header!("c/x86gprintrin.h" as "c/immintrin.h"),
    header!("c/mmintrin.h" as "c/immintrin.h"),
    header!("c/xmmintrin.h" as "c/immintrin.h"),
    header!("c/emmintrin.h" as "c/immintrin.h"),
    header!("c/pmmintrin.h" as "c/immintrin.h"),
    header!("c/tmmintrin.h" as "c/immintrin.h"),
    header!("c/smmintrin.h" as "c/immintrin.h"),
    header!("c/nmmintrin.h" as "c/immintrin.h"),
    header!("c/avxintrin.h" as "c/immintrin.h"),
    header!("c/avx2intrin.h" as "c/immintrin.h"),
    header!("c/bmiintrin.h" as "c/immintrin.h"),
    header!("c/bmi2intrin.h" as "c/immintrin.h"),
    header!("c/popcntintrin.h" as "c/immintrin.h"),
    header!("c/windows.h"),
    header!("c/conio.h" as "c/windows.h"),
    header!("c/sys/resource.h"),
];

/// The header that is compiled beforehand for C++.
pub(crate) const UMBRELLA: &str = "#include <bits/stdc++.h>\n";

/// Sources of the library: what the compiler's own lacks.
pub(crate) const LIBRARY: &[(&str, &str)] = &[
    ("bulk", include_str!("runtime/bulk.cpp")),
    ("exceptions", include_str!("runtime/exceptions.cpp")),
    ("format", include_str!("runtime/format.cpp")),
    ("memory", include_str!("runtime/memory.cpp")),
    ("numbers", include_str!("runtime/numbers.cpp")),
    ("refusals", include_str!("runtime/refusals.cpp")),
    ("start", include_str!("runtime/start.cpp")),
    ("streams", include_str!("runtime/streams.cpp")),
    ("system", include_str!("runtime/system.cpp")),
    ("templates", include_str!("runtime/templates.cpp")),
];
