//! Bars of block characters.

/// Eighths of a column, from none to seven.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// What the parts of a divided bar are drawn with, in order.
pub(super) const PARTS: [char; 5] = ['█', '▓', '▒', '░', '·'];

/// A bar for `value` of a `whole` that has `columns`. What is more than nothing is seen.
pub(super) fn bar(value: f64, whole: f64, columns: usize) -> String {
    if !(value > 0.0 && whole > 0.0) {
        return String::new();
    }
    let most = columns * 8;
    let eighths = (value / whole * most as f64).round().clamp(1.0, most as f64) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// A bar of several parts. Each begins where the sum of those before it ends, so that the whole has the
/// right length; what is negative, by noise, is nothing.
pub(super) fn divided(parts: &[f64], whole: f64, columns: usize) -> String {
    let mut text = String::new();
    let (mut sum, mut drawn) = (0.0, 0);
    for (part, sign) in parts.iter().zip(PARTS) {
        sum += part.max(0.0);
        let end = (sum / whole * columns as f64).round().min(columns as f64) as usize;
        text.extend(std::iter::repeat_n(sign, end.saturating_sub(drawn)));
        drawn = drawn.max(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(10.0, 10.0, 4), "████");
        assert_eq!(bar(5.0, 10.0, 4), "██");
        assert_eq!(bar(5.3, 10.0, 4), "██▏");
        assert_eq!(bar(0.001, 10.0, 4), "▏");
        assert_eq!(bar(99.0, 10.0, 4), "████");
        assert_eq!([bar(0.0, 10.0, 4), bar(f64::NAN, 1.0, 4), bar(1.0, 0.0, 4)], ["", "", ""]);
    }

    #[test]
    fn parts_add_up() {
        assert_eq!(divided(&[1.0, 2.0, 1.0], 4.0, 8), "██▓▓▓▓▒▒");
        // A third of a column each: two are drawn, since together they are two thirds.
        assert_eq!(divided(&[1.0, 1.0, 1.0], 9.0, 3), "▓");
        assert_eq!(divided(&[-1.0, 4.0], 4.0, 2), "▓▓");
    }
}
