//! Numbers of bytes as people write them.

/// A number of bytes: digits, and K, M, G or T with or without iB; at least 1 MiB. The error says
/// what was expected.
///
/// ```
/// use premaster::config::parse_size;
/// assert_eq!(parse_size("48MiB"), Ok(48 << 20));
/// assert!(parse_size("48 parsecs").is_err());
/// ```
pub fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase();
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err(format!("unknown unit {unit:?}: expected KiB, MiB, GiB or TiB")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no size, as 48MiB"))?;
    number
        .checked_mul(1 << shift)
        .filter(|&bytes| bytes >= 1 << 20)
        .ok_or_else(|| format!("{text:?}: expected at least 1MiB"))
}
