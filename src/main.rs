//! The `premaster` command.

fn main() -> std::process::ExitCode {
    premaster::cli::main()
}
