//! The `sealkit` command.

fn main() -> std::process::ExitCode {
    sealkit_cli::main()
}
