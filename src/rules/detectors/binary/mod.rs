//! Detectors of programs: what loaders, kernels and those who would misuse a program make of its
//! headers and tables. Each looks at the one parse in [`crate::rules::program`].

pub(super) mod binary_architecture;
pub(super) mod binary_branches;
pub(super) mod binary_build_host;
pub(super) mod binary_build_id;
pub(super) mod binary_build_path;
pub(super) mod binary_checksum;
pub(super) mod binary_date;
pub(super) mod binary_debug_files;
pub(super) mod binary_debug_runtime;
pub(super) mod binary_executable_stack;
pub(super) mod binary_fortification;
pub(super) mod binary_glibc;
pub(super) mod binary_hardening;
pub(super) mod binary_java;
pub(super) mod binary_lazy_binding;
pub(super) mod binary_missing_bundled_library;
pub(super) mod binary_missing_library;
pub(super) mod binary_no_date;
pub(super) mod binary_overlap;
pub(super) mod binary_search_path;
pub(super) mod binary_signature;
pub(super) mod binary_symbols;
pub(super) mod binary_system;
pub(super) mod binary_text_relocation;
pub(super) mod binary_trailing_data;
pub(super) mod binary_truncated;
pub(super) mod binary_unexamined;
pub(super) mod binary_writable_code;
