//! The `premaster` command.

fn main() {}
