//! `init`, `config show` and `man`.

use std::fs;
use std::path::Path;

use crate::support::{Ran, Scratch, binary, premaster, root, run};

fn within(folder: &Path, args: &[&str]) -> Ran {
    let mut command = binary();
    command.current_dir(folder).args(args);
    run(command)
}

#[test]
fn init_writes_what_it_can_find_out_and_never_over_a_file() {
    let scratch = Scratch::new();
    let folder = scratch.path("");
    let story = root().join("testdata/story/approved.iso");
    let story = story.to_str().expect("UTF-8");
    within(&folder, &["init", story]).exits(0).says(&[
        "wrote premaster.toml",
        "release.targets = [\"classic-mac\", \"windows\"]: an HFS volume; a Joliet tree",
    ]);
    let text = fs::read_to_string(folder.join("premaster.toml")).expect("written");
    assert!(text.contains("\ntargets = [\"classic-mac\", \"windows\"]"), "{text}");
    within(&folder, &["init"]).exits(2).complains(&["premaster.toml is there already", "--print"]);
    // What it wrote is in force, and is what a check goes by.
    within(&folder, &["config", "show"]).exits(0).says(&["# premaster.toml:6"]);
    let report = within(&folder, &["check", story, "--format", "json"]).json();
    assert_eq!(report["targets"], serde_json::json!(["classic-mac", "windows"]));
    // A site that lies below the top.
    scratch.file("build/public/index.html", "<p>");
    scratch.file("build/public/sub/index.html", "<p>");
    within(&folder, &["init", "build", "--print"]).exits(0).says(&["\nroot = \"public\""]);
    // One program and two.
    let program = fs::read(root().join("testdata/binary/x86.elf")).expect("readable");
    for (name, said) in [("one", ": 1 ELF file\n"), ("two", ": 2 ELF files\n")] {
        scratch.file("programs/tree/".to_owned() + name, [&program[..], name.as_bytes()].concat());
        within(&scratch.path("programs"), &["init", "tree"]).exits(0).says(&[said]);
        fs::remove_file(scratch.path("programs/premaster.toml")).expect("removed");
    }
    within(&folder, &["init", "nowhere", "--print"]).exits(2).complains(&["nowhere"]);
}

#[test]
fn config_show_tells_each_value_and_where_it_comes_from() {
    let scratch = Scratch::new();
    let text = "[compare]\nhost = true\n\n[rules]\n\"text/bell\" = 'off'\n\n[rules.\"text/escape\"]\n\
                paths = { \"a/**\" = \"off\" }\n\n[[waiver]]\nrule = \"text/bell\"\npath = \"x\"\n\
                reason = \"because\"\nowner = \"ada\"\nexpires = 2027-01-31\n";
    scratch.file("premaster.toml", text);
    fs::create_dir_all(scratch.path("below/this")).expect("folders");
    let shown = within(&scratch.path("below/this"), &["config", "show"]).exits(0);
    let lines: Vec<String> = shown
        .out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for wanted in [
        "targets = [] # default",
        "host = true # premaster.toml:2",
        "\"text/bell\" = 'off' # premaster.toml:5",
        "\"text/escape\" = { paths = { \"a/**\" = \"off\" } } # premaster.toml:7",
        "[[waiver]] # premaster.toml:10",
        "expires = 2027-01-31",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "no {wanted:?} in\n{}", shown.out);
    }
    // It is a settings file itself, which says the same.
    scratch.file("shown.toml", &shown.out);
    let file = scratch.path("shown.toml");
    let again = premaster(["config", "show", "--config", file.to_str().expect("UTF-8")]).exits(0);
    assert!(again.out.contains("host = true"), "{}", again.out);
    scratch.file("premaster.toml", "[rules]\n\"text/bel\" = \"off\"\n");
    let wrong = within(&scratch.path(""), &["config", "show"]).exits(2);
    wrong.complains(&["premaster.toml:2", "did you mean text/bell?"]);
    let nothing = Scratch::new();
    within(&nothing.path(""), &["config", "show"]).exits(0).says(&["all of it is by default"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let scratch = Scratch::new();
    let folder = scratch.path("man");
    premaster(["man".as_ref(), "--to".as_ref(), folder.as_os_str()]).exits(0);
    let help = premaster(["--help"]).exits(0).out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<_> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.contains(&"check") && commands.contains(&"hook"), "{commands:?}");
    for name in commands {
        let page = fs::read_to_string(folder.join(format!("premaster-{name}.1"))).expect(name);
        assert!(
            page.contains(".SH NAME") && page.contains(&format!("premaster\\-{name} ")),
            "{name}"
        );
        assert_eq!(premaster(["man", name]).exits(0).out, page);
    }
    assert!(folder.join("premaster-hook-run.1").is_file());
    premaster(["man", "chek"]).exits(2).complains(&["no command \"chek\"", "did you mean check?"]);
}
