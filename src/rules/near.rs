//! What a misspelt name may mean.

/// What to add to the parser's word of an unknown field or value: `; did you mean severity?`.
pub fn hint(message: &str) -> String {
    if !message.starts_with("unknown ") {
        return String::new();
    }
    // It quotes what it found first, then what it knows.
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next().unwrap_or_default();
    did_you_mean(&quoted.collect::<Vec<_>>(), found)
}

/// `; did you mean text/bell?`, or nothing if no name is near.
pub fn did_you_mean(names: &[&str], wanted: &str) -> String {
    match near(names, wanted).as_slice() {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(" or ")),
    }
}

/// Up to three names that a misspelt or shortened one may mean.
fn near<'a>(names: &[&'a str], wanted: &str) -> Vec<&'a str> {
    if wanted.len() > 2 {
        let longer: Vec<&str> =
            names.iter().copied().filter(|name| name.contains(wanted)).take(3).collect();
        if !longer.is_empty() {
            return longer;
        }
    }
    let likely = names.iter().map(|name| (likeness(name, wanted), *name));
    let best = likely.max_by_key(|(likeness, _)| *likeness);
    best.filter(|(likeness, _)| *likeness >= 600).map(|(_, name)| name).into_iter().collect()
}

/// How much two names share, in thousandths.
fn likeness(a: &str, b: &str) -> u32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().take(200).collect());
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &a, &b);
    let equal: usize = ops
        .iter()
        .filter(|op| op.tag() == similar::DiffTag::Equal)
        .map(|op| op.old_range().len())
        .sum();
    (2000 * equal / (a.len() + b.len()).max(1)) as u32
}
