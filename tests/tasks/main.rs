//! Tasks and the programs that contain them.

mod annotations;
mod contexts;
mod errors;
mod files;
mod flytekit;
mod formats;
mod injectors;
mod input_values;
mod launchers;
mod leak_table;
mod leaks;
mod local_store;
mod object_files;
mod object_store;
mod output;
mod pod;
mod program;
mod program_help;
mod reading;
mod retries;
mod spawned;
mod supervisor;
mod types;
mod wire;
