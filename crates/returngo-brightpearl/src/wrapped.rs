use dialoguer::console::measure_text_width;

/// Breaks the lines that are wider than the terminal between their words, and indents the rest of each by two more.
pub(super) fn wrapped(text: &str, width: u16) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| wrapped_line(line, width.into())).collect();
    lines.join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let mut broken = " ".repeat(indent);
    let mut column = indent;
    let mut words = text.split(' ');
    if let Some(first) = words.next() {
        broken.push_str(first);
        column += measure_text_width(first);
    }
    for word in words {
        let word_width = measure_text_width(word);
        if column + 1 + word_width > width {
            broken.push('\n');
            broken.push_str(&" ".repeat(indent + 2));
            column = indent + 2;
        } else {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += word_width;
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn wide_lines_are_broken_between_words_and_the_rest_is_indented() {
        let text = "✓ account: books in GBP\n    → name other methods\nshort";
        assert_eq!(wrapped(text, 18), "✓ account: books\n  in GBP\n    → name other\n      methods\nshort");
    }

    #[test]
    fn a_word_wider_than_the_terminal_stays_whole() {
        assert_eq!(
            wrapped("at https://returns.example.test now", 10),
            "at\n  https://returns.example.test\n  now"
        );
    }

    #[test]
    fn text_that_fits_stays_as_it_is() {
        assert_eq!(wrapped("  1  2\n\n", 10), "  1  2\n\n");
    }
}
