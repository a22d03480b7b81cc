//! Detectors of programs: what loaders, kernels and those who would misuse a program make of its
//! headers and tables. Each looks at the one parse in [`crate::rules::program`].

pub(super) mod binary_executable_stack;
