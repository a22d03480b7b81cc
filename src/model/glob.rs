//! Globs over locators: `?` is one character, `*` any run without `/` and `!`, `**` any run without
//! `!`, which is the border of a container. Everything else stands for itself.

/// Whether the whole of `text` matches `pattern`.
///
/// ```
/// use premaster::model::glob_matches;
/// assert!(glob_matches("res/*.txt", "res/a.txt"));
/// assert!(!glob_matches("res/*.txt", "res/sub/a.txt"));
/// assert!(glob_matches("res/**.txt", "res/sub/a.txt"));
/// assert!(!glob_matches("**", "a.zip!/b"));
/// assert!(glob_matches("**!/**", "a.zip!/b"));
/// ```
pub fn matches(pattern: &str, text: &str) -> bool {
    let tokens = tokens(pattern);
    // `reached[n]`: the tokens so far match the first n characters.
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        let mut running = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            *slot = match (token, before) {
                (Token::Literal(c), Some(&b)) => reached.get(at - 1) == Some(&true) && b == c,
                (Token::One, Some(&b)) => {
                    reached.get(at - 1) == Some(&true) && !matches!(b, '/' | '!')
                }
                (Token::Literal(_) | Token::One, None) => false,
                (Token::Segment | Token::Deep, before) => {
                    let passes =
                        before.is_none_or(|&b| b != '!' && (token == Token::Deep || b != '/'));
                    running = running && passes || reached.get(at) == Some(&true);
                    running
                }
            };
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    One,
    Segment,
    Deep,
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(match c {
            '?' => Token::One,
            '*' if chars.next_if_eq(&'*').is_some() => Token::Deep,
            '*' => Token::Segment,
            c => Token::Literal(c),
        });
    }
    out
}
