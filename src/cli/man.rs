//! `man`: the manual pages, made from the arguments themselves.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, Done, Exit, Stop, output};
use crate::pipeline::Failure;
use crate::rules::near::did_you_mean;

#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// The command whose page is wanted, as `check` or `hook run`; without it the page of premaster
    command: Vec<String>,
    /// Write all pages to this folder, as premaster.1, premaster-check.1 and so on
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    to: Option<PathBuf>,
}

impl ManArgs {
    pub(super) fn run(self) -> Done {
        // A page of its own for `help` of each command says nothing.
        let mut all = Cli::command().disable_help_subcommand(true);
        all.build();
        if let Some(folder) = self.to {
            let failed = |error| Stop::Failure(Failure::Write(folder.clone(), error));
            std::fs::create_dir_all(&folder).and_then(|()| write(&all, &folder)).map_err(failed)?;
            return Ok(Exit::Good);
        }
        let mut wanted = &all;
        for name in &self.command {
            wanted = wanted.find_subcommand(name).ok_or_else(|| {
                let known: Vec<_> = wanted.get_subcommands().map(Command::get_name).collect();
                Failure::Usage(format!("no command {name:?}{}", did_you_mean(&known, name)))
            })?;
        }
        let mut text = Vec::new();
        page(wanted).render(&mut text).map_err(|error| Stop::Output(None, error))?;
        output::print(&text)?;
        Ok(Exit::Good)
    }
}

fn page(command: &Command) -> Man {
    Man::new(command.clone()).source(concat!("premaster ", env!("CARGO_PKG_VERSION")))
}

/// Writes the pages of a command and of those below it.
fn write(command: &Command, folder: &Path) -> io::Result<()> {
    page(command).generate_to(folder)?;
    command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
        .try_for_each(|below| write(below, folder))
}
