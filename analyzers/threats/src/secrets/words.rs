//! Whether a text was written by somebody: words of an identifier, letters along the keyboard, a pattern that
//! repeats. What a generator drew is none of these.

/// Share of its letters that must be in words, percent.
const WORDS_PERCENT: usize = 70;
/// Letters of a word at least, and at most.
const WORD_LETTERS: std::ops::RangeInclusive<usize> = 3..=14;
/// Consonants in a row that words hardly exceed.
const CONSONANTS_MAX: usize = 4;
/// Letters or digits in the order of a keyboard or of the alphabet that nobody draws.
const ORDERED_MIN: usize = 7;
/// A pattern this short is looked for.
const PATTERN_BYTES_MAX: usize = 8;

/// Whether a person wrote it.
pub fn is_written(text: &str) -> bool {
    let bytes = text.as_bytes();
    is_ordered(bytes) || repeats(bytes) || !is_hex(bytes) && is_wordy(bytes)
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
}

/// `SECRET_SIZE_MIN`, `myOwnSecretValue`: most of it is words.
fn is_wordy(text: &[u8]) -> bool {
    let (mut begin, mut in_words) = (0, 0);
    let all = text.iter().filter(|b| b.is_ascii_alphanumeric()).count();
    for at in 1..=text.len() {
        let ends = match (text.get(at), text[at - 1]) {
            (None, _) => true,
            (Some(next), last) => {
                !next.is_ascii_alphabetic()
                    || !last.is_ascii_alphabetic()
                    || next.is_ascii_uppercase() && last.is_ascii_lowercase()
            }
        };
        if ends {
            let piece = &text[begin..at];
            in_words += if is_word(piece) { piece.len() } else { 0 };
            begin = at;
        }
    }
    in_words * 100 >= all * WORDS_PERCENT
}

fn is_word(piece: &[u8]) -> bool {
    let letters = piece.iter().all(u8::is_ascii_alphabetic);
    if !letters || !WORD_LETTERS.contains(&piece.len()) {
        return false;
    }
    let vowel = |b: &u8| b"aeiouyAEIOUY".contains(b);
    let vowels = piece.iter().filter(|b| vowel(b)).count();
    let longest = piece.split(vowel).map(<[u8]>::len).max().unwrap_or(0);
    let cased = piece
        .iter()
        .skip(1)
        .filter(|b| b.is_ascii_uppercase())
        .count();
    let one_case = cased == 0 || cased == piece.len() - 1;
    one_case && vowels * 100 >= piece.len() * 20 && longest <= CONSONANTS_MAX
}

/// `abcdefgh`, `1234567`, `qwertyu`.
fn is_ordered(text: &[u8]) -> bool {
    const ROWS: &[&[u8]] = &[b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    let follows = |one: u8, next: u8| {
        let (one, next) = (one.to_ascii_lowercase(), next.to_ascii_lowercase());
        one.is_ascii_alphanumeric() && next.is_ascii_alphanumeric() && next == one + 1
            || ROWS
                .iter()
                .any(|row| row.windows(2).any(|two| two == [one, next]))
    };
    let mut run = 1;
    text.windows(2).any(|two| {
        run = if follows(two[0], two[1]) { run + 1 } else { 1 };
        run >= ORDERED_MIN
    })
}

/// `abababab`, `xxxxxxxx`, `0000`.
fn repeats(text: &[u8]) -> bool {
    (1..=PATTERN_BYTES_MAX.min(text.len() / 2)).any(|length| {
        let same = text[length..]
            .iter()
            .zip(text)
            .filter(|(a, b)| a == b)
            .count();
        same + length >= text.len()
    })
}

#[cfg(test)]
mod tests {
    use super::is_written;

    #[test]
    fn identifiers_and_patterns_are_written_and_drawn_letters_are_not() {
        for text in [
            "XXH3_SECRET_SIZE_MIN",
            "myOwnSecretValue",
            "some-long-name-of-a-thing",
            "abcdefghij0",
            "pass1234567890",
            "qwertyuiop12",
            "xyxyxyxyxyxy",
            "000000000000",
        ] {
            assert!(is_written(text), "{text}");
        }
        for text in [
            "Zx81kQpv73mNtY2e",
            "q8Zt2LmX4vBn7RyK1wEsD9cUgH5jPaTf3oNi",
            "7cb8e4fe07b64ae9b1f2",
            "hT7x9qLm2",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzKEYK",
        ] {
            assert!(!is_written(text), "{text}");
        }
    }
}
