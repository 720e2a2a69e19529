//! No code: this crate only asks for the union of features of shared dependencies, so that building one crate, the
//! program or all tests compiles each dependency once. Every crate but the light `proctor-core` depends on it.
