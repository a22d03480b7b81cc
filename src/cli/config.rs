//! `config` and `init`.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Done, Exit, load_config, output};
use crate::config::{FILE_NAME, keys};
use crate::pipeline::{self, Failure};
use crate::walk::{self, Options};

#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Show every setting in force, and where it comes from
    Show {
        /// Settings [default: premaster.toml, from the working directory upward]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

impl ConfigArgs {
    pub(super) fn run(self) -> Done {
        let ConfigCommand::Show { config } = self.command;
        let config = load_config(config.as_ref(), &[])?;
        // What names no rule or target is told here as by `check`.
        pipeline::verify(&config)?;
        output::print(keys::show(&config).map_err(Failure::Config)?.as_bytes())?;
        Ok(Exit::Good)
    }
}

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// A build to look at: its formats tell which targets it is for
    artifact: Option<PathBuf>,
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

impl InitArgs {
    pub(super) fn run(self) -> Done {
        let mut found = Vec::new();
        if let Some(path) = &self.artifact {
            let artifact = walk::scan(path, &Options::default())?;
            found = pipeline::guess(&artifact.manifest);
        }
        let text = keys::template(&found);
        if self.print {
            output::print(text.as_bytes())?;
            return Ok(Exit::Good);
        }
        let path = Path::new(FILE_NAME);
        let written = OpenOptions::new().write(true).create_new(true).open(path);
        match written.and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let message =
                    format!("{FILE_NAME} is there already: --print shows what it would be");
                return Err(Failure::Usage(message).into());
            }
            Err(error) => return Err(Failure::Write(path.to_path_buf(), error).into()),
        }
        let mut told = format!("wrote {FILE_NAME}\n");
        for (name, value, why) in &found {
            let _ = writeln!(told, "  {name} = {value}: {why}");
        }
        output::print(told.as_bytes())?;
        Ok(Exit::Good)
    }
}
