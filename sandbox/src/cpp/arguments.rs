//! The command lines of clang and lld. A driver cannot start other programs in a guest, so they are written here.

use proctor_core::Language;

/// Bytes of stack: the shadow stack in the program's memory, as contest judges give.
pub(crate) const STACK_BYTES: u64 = 256 << 20;
/// Standards of C++ that are compiled, the default first: what GCC takes without being told, and quicker than later ones.
const CPP_STANDARDS: &[&str] = &["17", "20", "23", "14", "11"];
/// Standards of C that are compiled, the default first.
const C_STANDARDS: &[&str] = &["17", "11", "99", "23", "90"];

/// A language with its standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Dialect {
    language: Kind,
    standard: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    C,
    Cpp,
}

/// Standards by other names, and those that were named before they were numbered.
fn known_name(digits: &str) -> &str {
    match digits {
        "0x" => "11",
        "1y" => "14",
        "1z" => "17",
        "2a" => "20",
        "2b" | "26" | "2c" => "23",
        "98" | "03" => "11",
        "9x" => "99",
        "1x" => "11",
        "18" => "17",
        "2x" => "23",
        "89" => "90",
        other => other,
    }
}

impl Dialect {
    /// The dialect that `standard` names for `language`, e.g. `c++17` or `gnu++20`; an error is a sentence.
    pub fn named(language: Language, standard: Option<&str>) -> Result<Self, String> {
        let (kind, standards, prefixes) = match language {
            Language::C => (Kind::C, C_STANDARDS, ["gnu", "c"]),
            _ => (Kind::Cpp, CPP_STANDARDS, ["gnu++", "c++"]),
        };
        let Some(asked) = standard else { return Ok(Dialect { language: kind, standard: standards[0] }) };
        let lower = asked.trim().to_ascii_lowercase();
        let digits = prefixes.iter().find_map(|prefix| lower.strip_prefix(prefix)).unwrap_or(&lower);
        match standards.iter().find(|known| **known == known_name(digits)) {
            Some(standard) => Ok(Dialect { language: kind, standard }),
            None => {
                let list: Vec<String> = standards.iter().map(|s| format!("{}{s}", prefixes[1])).collect();
                Err(format!("`{asked}` is not a standard that is compiled here; there are {}", list.join(", ")))
            }
        }
    }

    /// Whether it is C++.
    pub fn is_cpp(self) -> bool {
        self.language == Kind::Cpp
    }

    /// The compiler's word for it, e.g. `gnu++20`.
    pub fn name(self) -> String {
        match self.language {
            Kind::C => format!("gnu{}", self.standard),
            Kind::Cpp => format!("gnu++{}", self.standard),
        }
    }
}

/// What is wanted of the compiler.
pub(crate) enum Product<'a> {
    /// An object file, with the precompiled header at this path where there is one, and so much work for a constant.
    Object { header: Option<&'a str>, steps: u32 },
    /// A precompiled header.
    Header,
}

/// What both languages are compiled with. Of undefined behaviour, what native programs survive is defined here: signed
/// overflow wraps, loops without effect stay, functions may end without a value.
const COMMON: &str = "-triple wasm32-unknown-wasip1 -O2 -disable-free -clear-ast-before-backend \
-mrelocation-model static -mframe-pointer=none -ffp-contract=off -fno-rounding-math -mconstructor-aliases \
-target-cpu generic -target-feature +exception-handling -target-feature +multivalue -target-feature +reference-types \
-target-feature +simd128 -target-feature +nontrapping-fptoint -target-feature +sign-ext \
-target-feature +mutable-globals -exception-model=wasm -mllvm -wasm-enable-eh -mllvm -wasm-use-legacy-eh=false -mllvm -wasm-enable-sjlj \
-fvisibility=hidden -vectorize-loops -vectorize-slp -fwrapv -fno-finite-loops -fno-strict-return -relaxed-aliasing \
-resource-dir /usr -isysroot /usr -fgnuc-version=13.2.0 -ferror-limit 12 \
-fdebug-compilation-dir=/ -fcoverage-compilation-dir=/ \
-D_GNU_SOURCE -DONLINE_JUDGE -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_MMAN \
-D_WASI_EMULATED_GETPID -w";

const CPP: &str = "-fcxx-exceptions -fexceptions -fdeprecated-macro -fno-implicit-modules -fskip-odr-check-in-gmf \
-D_LIBCPP_ENABLE_CXX17_REMOVED_AUTO_PTR -D_LIBCPP_ENABLE_CXX17_REMOVED_BINDERS \
-D_LIBCPP_ENABLE_CXX17_REMOVED_RANDOM_SHUFFLE -D_LIBCPP_ENABLE_CXX17_REMOVED_UNARY_BINARY_FUNCTION \
-D_LIBCPP_ENABLE_CXX17_REMOVED_UNEXPECTED_FUNCTIONS -D_LIBCPP_ENABLE_CXX20_REMOVED_BINDER_TYPEDEFS \
-D_LIBCPP_ENABLE_CXX20_REMOVED_NEGATORS -D_LIBCPP_ENABLE_CXX20_REMOVED_SHARED_PTR_UNIQUE \
-D_LIBCPP_ENABLE_CXX20_REMOVED_TEMPORARY_BUFFER -D_LIBCPP_ENABLE_CXX20_REMOVED_TYPE_TRAITS \
-D_LIBCPP_ENABLE_CXX20_REMOVED_UNCAUGHT_EXCEPTION -D_LIBCPP_DISABLE_DEPRECATION_WARNINGS \
-Wno-register -Wno-c++11-narrowing -Wno-reserved-user-defined-literal";

/// Where the project's own headers are in the guest.
pub(crate) const OWN_HEADERS: &str = "/include";

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_ascii_whitespace().map(str::to_string)
}

/// clang's command line for the file `source`.
pub(crate) fn compile(dialect: Dialect, product: &Product<'_>, source: &str, output: &str) -> Vec<String> {
    let mut line: Vec<String> = words("clang++ -cc1").chain(words(COMMON)).collect();
    let kind = match (dialect.is_cpp(), product) {
        (true, Product::Object { .. }) => "c++",
        (true, Product::Header) => "c++-header",
        (false, Product::Object { .. }) => "c",
        (false, Product::Header) => "c-header",
    };
    if dialect.is_cpp() {
        line.extend(words(CPP));
        line.extend(words(&format!("-internal-isystem {OWN_HEADERS}/cpp")));
        line.extend(words("-internal-isystem /usr/include/wasm32-wasip1/c++/v1 -internal-isystem /usr/include/c++/v1"));
    } else {
        line.extend(words("-fexceptions"));
    }
    line.extend(words(&format!("-internal-isystem {OWN_HEADERS}/c -internal-isystem /usr/include")));
    line.extend(words("-internal-isystem /usr/include/wasm32-wasip1"));
    match product {
        Product::Object { header, steps } => {
            line.push(format!("-fconstexpr-steps={steps}"));
            line.push("-emit-obj".to_string());
            if let Some(header) = header {
                line.extend(words(&format!("-include-pch {header} -fno-validate-pch")));
            }
        }
        Product::Header => line.extend(words("-emit-pch -fpch-instantiate-templates")),
    }
    line.extend([format!("-std={}", dialect.name()), "-o".to_string(), output.to_string()]);
    line.extend(["-x".to_string(), kind.to_string(), source.to_string()]);
    line
}

/// Functions of the compiler's own archive in whose place the library has others, by the names that linkers know.
fn replaced() -> impl Iterator<Item = String> {
    const OF_STRING: &str = "ERKNS_12basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEEPm";
    let from_text = ["4stoi", "4stol", "5stoul", "5stoll", "6stoull"].map(|name| format!("{name}{OF_STRING}i"));
    let floating = ["4stof", "4stod", "5stold"].map(|name| format!("{name}{OF_STRING}"));
    let to_text = ["i", "j", "l", "m", "x", "y", "f", "d", "e"].map(|kind| format!("9to_stringE{kind}"));
    let others = ["8ios_base15sync_with_stdioEb", "22__libcpp_verbose_abortEPKcz"].map(str::to_string);
    let names = from_text.into_iter().chain(floating).chain(to_text).chain(others);
    names.map(|name| format!("--wrap=_ZNSt3__2{name}"))
}

/// lld's command line; `library` are the project's own objects.
pub(crate) fn link(object: &str, library: &[String], output: &str) -> Vec<String> {
    let mut line: Vec<String> = words(
        "wasm-ld -m wasm32 -L/usr/lib/wasm32-unknown-wasip1 -L/usr/lib/wasm32-wasip1 /usr/lib/wasm32-wasip1/crt1-command.o",
    )
    .collect();
    line.push(object.to_string());
    line.push("--start-lib".to_string());
    line.extend(library.iter().cloned());
    line.extend(words(
        "--end-lib -lc++ -lc++abi -lc-printscan-long-double -lwasi-emulated-process-clocks -lwasi-emulated-signal \
         -lwasi-emulated-mman -lwasi-emulated-getpid -lsetjmp -lc /usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a \
         --stack-first --strip-all --export=__proctor_copy --export=__proctor_fill --export-if-defined=__proctor_thrown -O1",
    ));
    line.extend(replaced());
    line.extend(words(&format!("-z stack-size={STACK_BYTES} -o {output}")));
    line
}
