//! DOS EPS: the program in it is judged as PostScript, and compared apart from its preview.

use crate::support::{Ran, Scratch, premaster, root};

/// A DOS EPS file of a program and what else lies behind it.
fn wrapped(program: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut file = vec![0xc5, 0xd0, 0xd3, 0xc6];
    let length = u32::try_from(program.len()).expect("short");
    let preview = u32::try_from(behind.len()).expect("short");
    let places = [30, length, 0, 0, if preview > 0 { 30 + length } else { 0 }, preview];
    file.extend(places.iter().flat_map(|number| number.to_le_bytes()));
    [&file, &[0xff, 0xff][..], program, behind].concat()
}

/// Rule, path and offset of every finding.
fn told(ran: &Ran) -> Vec<(String, String, Option<u64>)> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings.map(|f| (word(&f["rule"]), word(&f["path"]), f["offset"].as_u64())).collect()
}

const EPS: &str = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%DocumentData: Clean7Bit\n\
                   %%EndComments\n(a) show\nshowpage\n%%EOF\n";

#[test]
fn the_program_is_judged_as_postscript() {
    let eot = EPS.len() as u64;
    let inside = EPS.find("showpage").expect("there") as u64 + 2;
    let cases = [
        (EPS.to_owned().into_bytes(), vec![]),
        ([EPS.as_bytes(), b"\x04"].concat(), vec![("text/eot-at-end", Some(eot))]),
        (
            EPS.replace("showpage", "sh\u{4}owpage").into_bytes(),
            vec![("text/eot-inside", Some(inside))],
        ),
        (EPS.replace("%%EOF\n", "").into_bytes(), vec![("postscript/end-missing", None)]),
        (EPS.replace("(a)", "(®)").into_bytes(), vec![("postscript/not-clean", None)]),
        ([EPS.as_bytes(), b"@PJL\n"].concat(), vec![("postscript/data-after-end", None)]),
    ];
    for (program, expected) in cases {
        let scratch = Scratch::new();
        scratch.file("tree/a.eps", wrapped(&program, b""));
        let tree = scratch.path("tree");
        let ran = premaster(["check".as_ref(), tree.as_os_str(), "--format=json".as_ref()]);
        let path = "a.eps!/postscript.ps";
        let expected: Vec<_> =
            expected.into_iter().map(|(rule, at)| (rule.to_owned(), path.to_owned(), at)).collect();
        assert_eq!(told(&ran), expected, "{}", program.escape_ascii());
    }
}

#[test]
fn a_part_that_is_not_there_is_a_finding_and_a_gap() {
    let scratch = Scratch::new();
    let mut file = wrapped(EPS.as_bytes(), b"");
    file.truncate(file.len() - 9);
    let cut = scratch.file("a.eps", file);
    let ran = premaster(["check".as_ref(), cut.as_os_str(), "--format=json".as_ref()]).exits(1);
    let rules: Vec<_> = told(&ran).into_iter().map(|(rule, path, _)| rule + " " + &path).collect();
    let expected = [
        "bytes/unread-content .",
        "structure/dos-eps-header .",
        "postscript/end-missing postscript.ps",
    ];
    assert_eq!(rules, expected);
    assert_eq!(ran.json()["gaps"][0]["kind"], "damaged");
}

#[test]
fn an_edit_of_the_program_moves_the_preview_and_nothing_else() {
    let scratch = Scratch::new();
    let old = std::fs::read(root().join("testdata/readers/dos-eps/tiff.eps")).expect("a fixture");
    let (program, preview) = (&old[30..228], &old[228..]);
    let at = program.windows(5).position(|word| word == b"Press").expect("a title");
    let new = [&program[..at], b"the ", &program[at..]].concat();
    let mut other = preview.to_vec();
    *other.last_mut().expect("pixels") ^= 1;
    let approved = scratch.file("old.eps", &old);
    let intent = scratch.file(
        "intent.toml",
        format!("summary = 's'\n[[change]]\npath = 'postscript.ps'\ninsert = 'the '\nat = {at}\n"),
    );
    for (name, bytes, code) in [
        ("good.eps", wrapped(&new, preview), 0),
        ("bad.eps", wrapped(&new, &other), 1),
        ("behind.eps", [wrapped(&new, preview), b"x".to_vec()].concat(), 1),
    ] {
        let file = scratch.file(name, bytes);
        let against = ["--against".as_ref(), approved.as_os_str()];
        let intent = ["--intent".as_ref(), intent.as_os_str()];
        premaster(["check".as_ref(), file.as_os_str()].into_iter().chain(against).chain(intent))
            .exits(code);
    }
}
