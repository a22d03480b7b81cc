//! What a person at a terminal sees: progress, and lines as wide as the terminal.

use std::process::Command;

use super::support::{Scratch, binary, root, run, story, words};

/// Runs the binary on a terminal of its own and prints all that came out of it as it came, then the
/// exit code. `0` and `1` for which of standard output and standard error are that terminal.
const ON_A_TERMINAL: &str = r"
import fcntl, os, pty, struct, subprocess, sys, termios
columns, out, err, *command = sys.argv[1:]
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(columns), 0, 0))
child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
    stdout=theirs if out == '1' else subprocess.DEVNULL,
    stderr=theirs if err == '1' else subprocess.DEVNULL)
os.close(theirs)
seen = b''
while True:
    try:
        more = os.read(ours, 65536)
    except OSError:
        break
    if not more:
        break
    seen += more
sys.stdout.buffer.write(seen.replace(b'\r\n', b'\n'))
print('exit', child.wait())
";

/// Runs it with `args`; what the terminal received, and the exit code.
#[track_caller]
fn on_terminal(
    columns: u16,
    (out, err): (bool, bool),
    variables: &[(&str, &str)],
    args: &[&str],
) -> (String, i32) {
    let plain = binary();
    let mut command = Command::new("python3");
    command.current_dir(root()).args(["-c", ON_A_TERMINAL, &columns.to_string()]);
    command.args([u8::from(out).to_string(), u8::from(err).to_string()]);
    command.arg(plain.get_program()).args(args);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TERM", "xterm").envs(variables.iter().copied());
    let ran = run(command).exits(0);
    let (seen, code) = ran.out.rsplit_once("exit ").expect("an exit code");
    (seen.to_owned(), code.trim().parse().expect("a number"))
}

const CHECK: &[&str] = &[
    "check",
    "testdata/story/candidate.iso",
    "--against",
    "testdata/story/approved.iso",
    "--intent",
    "testdata/story/intent.toml",
];

#[test]
fn lines_are_as_wide_as_the_terminal() {
    let width = |text: &str| {
        // The verdict, the totals and a row of bytes are one line; locators and ids are never broken.
        let whole = [" BLOCKED ", " · ", "   | ", "!hfs/", "warning["];
        let broken = text.lines().filter(|line| !whole.iter().any(|part| line.contains(part)));
        broken.map(|line| line.chars().count()).max().unwrap_or_default()
    };
    for (terminal, least, most) in [(20, 30, 40), (40, 30, 40), (80, 70, 80), (120, 81, 100)] {
        let args: Vec<&str> = CHECK.iter().copied().chain(["--color", "never"]).collect();
        let (text, code) = on_terminal(terminal, (true, false), &[], &args);
        assert_eq!(code, 1);
        let width = width(&text);
        assert!((least..=most).contains(&width), "{width} at {terminal}:\n{text}");
        // The same words at any width, and as in a pipe.
        let plain = words(&CHECK.join(" ")).out;
        assert!(text.split_whitespace().eq(plain.split_whitespace()), "{text}");
    }
    // A file is the same bytes wherever premaster runs.
    let scratch = Scratch::new();
    let file = scratch.path("report.txt");
    let format = format!("human={}", file.display());
    let args: Vec<&str> = CHECK.iter().copied().chain(["--format", &format]).collect();
    on_terminal(120, (true, true), &[], &args);
    let written = std::fs::read_to_string(file).expect("written");
    assert_eq!(written, words(&CHECK.join(" ")).out);
}

#[test]
fn colors_follow_the_terminal_and_who_forbids_them() {
    let escape = |variables: &[(&str, &str)], more: &[&str]| {
        let args: Vec<&str> = CHECK.iter().copied().chain(more.iter().copied()).collect();
        on_terminal(80, (true, false), variables, &args).0.contains('\x1b')
    };
    assert!(escape(&[], &[]));
    assert!(escape(&[("NO_COLOR", "")], &[]), "an empty NO_COLOR is none");
    assert!(escape(&[("NO_COLOR", "1")], &["--color", "always"]), "an argument outranks it");
    assert!(!escape(&[("NO_COLOR", "1")], &[]));
    assert!(!escape(&[("TERM", "dumb")], &[]));
    assert!(!escape(&[], &["--color", "never"]));
}

#[test]
fn progress_is_shown_to_a_person_and_is_gone_before_the_report() {
    let scratch = Scratch::new();
    let slow = scratch.path("slow.bin");
    let file = std::fs::File::create(&slow).expect("created");
    let args = ["check", slow.to_str().expect("UTF-8"), "--threads", "1", "--color", "never"];
    // A sparse file that takes longer than a second to read, whatever the machine.
    let seen = (0..5).map(|power| 1 << (2 * power)).find_map(|gib: u64| {
        file.set_len(gib << 30).expect("a sparse file");
        let (seen, code) = on_terminal(100, (true, true), &[], &args);
        assert_eq!(code, 0, "{seen}");
        seen.contains(" left").then_some((gib, seen))
    });
    let (gib, wide) = seen.expect("progress");
    for part in [&format!(" of {gib}.00 GiB"), "B/s", "reading slow.bin", "[="] {
        assert!(wide.contains(part), "no {part:?} in {wide:?}");
    }
    // What is behind the last line that was wiped is the report, and nothing but the report.
    let report = wide.rsplit("\x1b[2K").next().unwrap_or_default().trim_start_matches('\r');
    assert!(report.starts_with(" SHIP "), "{wide:?}");
    assert!(!wide.contains("\x1b[3") && !wide.contains("\x1b[?"), "no colors: {wide:?}");
    let (narrow, _) = on_terminal(40, (false, true), &[("NO_COLOR", "1")], &args);
    assert!(narrow.contains('%') && narrow.contains("left  reading slow.bin"), "{narrow:?}");
    let (dumb, _) = on_terminal(100, (false, true), &[("TERM", "dumb")], &args);
    assert_eq!(dumb, "");
}

#[test]
fn what_is_done_at_once_needs_no_progress() {
    let disc = story("approved.iso");
    let disc = disc.to_str().expect("UTF-8");
    assert_eq!(on_terminal(100, (false, true), &[], &["diff", disc, disc]), (String::new(), 0));
}
