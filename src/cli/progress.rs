//! Progress on standard error, for a person at a terminal: bytes, rate and time left.
//!
//! Nothing is shown in the first second, in pipes, or on a terminal that cannot move its cursor, and
//! the line is gone before anything else is written. There are no colors in it.

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::walk::{Options, Progress};

/// What takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at the counters.
const PACE: Duration = Duration::from_millis(100);
/// Columns from which on there is room for all figures.
const WIDE: u16 = 76;

/// Does `work`, which walks with `options`, and shows meanwhile how far it has come.
pub(super) fn during<T>(options: &Options, work: impl FnOnce() -> T) -> T {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_dumb || !std::io::stderr().is_terminal() {
        return work();
    }
    std::thread::scope(|scope| {
        // Dropped when the work ends, also by a panic; the scope waits until the line is gone.
        let (_ends, ended) = mpsc::channel();
        scope.spawn(move || show(&options.progress, &ended));
        work()
    })
}

fn show(progress: &Progress, ended: &Receiver<()>) {
    let mut bar = ProgressBar::hidden();
    let mut step = None;
    let mut waited = Duration::ZERO;
    while ended.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        waited += PACE;
        let seen = progress.seen();
        let now = Some((seen.number, seen.total > 0));
        if step != now {
            step = now;
            bar.finish_and_clear();
            // Rate and time left are known at the second look: until then it stays hidden.
            bar = ProgressBar::with_draw_target(Some(seen.total), ProgressDrawTarget::hidden())
                .with_style(style(seen.total > 0))
                .with_message(seen.step);
        } else if bar.is_hidden() && waited > PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_length(seen.total);
        bar.set_position(seen.done);
        bar.tick();
    }
    bar.finish_and_clear();
}

fn style(is_counted: bool) -> ProgressStyle {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    let is_wide = size.is_none_or(|(width, _)| width.0 >= WIDE);
    // One line at any width: what is being read gives way to the figures.
    let template = match (is_counted, is_wide) {
        (false, _) => "{spinner} {wide_msg}",
        (true, false) => "{percent:>3}% {eta:>4} left  {wide_msg}",
        (true, true) => {
            "[{bar:16}] {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  \
             {eta} left  {wide_msg}"
        }
    };
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .tick_chars("-\\|/ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_it() {
        let ended = std::panic::catch_unwind(|| during(&Options::default(), || panic!("as meant")));
        assert!(ended.is_err());
    }
}
