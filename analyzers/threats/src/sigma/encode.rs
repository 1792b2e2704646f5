//! The forms in which a value may stand encoded in a field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fold::DASHES;
use super::modifier::Encoding;

/// Forms of one value: five kinds of dash at four places.
const FORMS_MAX: usize = 625;

/// All forms of `text` after these encodings, as texts: a byte that is no text is the character of its
/// number.
///
/// # Errors
/// If there are too many.
pub(super) fn encoded(
    text: &str,
    dashes: bool,
    encodings: &[Encoding],
) -> Result<Vec<String>, String> {
    let texts = if dashes {
        dashed(text)?
    } else {
        vec![text.to_owned()]
    };
    let mut forms: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    for encoding in encodings {
        forms = forms
            .iter()
            .flat_map(|form| once(form, *encoding))
            .collect();
    }
    Ok(forms.into_iter().map(text_of).collect())
}

/// Every way to write the dashes of a text.
fn dashed(text: &str) -> Result<Vec<String>, String> {
    let mut forms = vec![String::new()];
    for c in text.chars() {
        if !DASHES.contains(&c) {
            forms.iter_mut().for_each(|form| form.push(c));
            continue;
        }
        if forms.len() * DASHES.len() > FORMS_MAX {
            return Err(
                "`windash` before an encoding takes at most four dashes in a value".to_owned(),
            );
        }
        let longer = |form: &String| DASHES.map(|dash| format!("{form}{dash}"));
        forms = forms.iter().flat_map(longer).collect();
    }
    Ok(forms)
}

fn once(bytes: &[u8], encoding: Encoding) -> Vec<Vec<u8>> {
    let wide = |bytes_of: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = String::from_utf8_lossy(bytes);
        text.encode_utf16().flat_map(bytes_of).collect()
    };
    match encoding {
        Encoding::Base64 => vec![STANDARD.encode(bytes).into_bytes()],
        Encoding::Base64Offset => (0..3).map(|shift| shifted(bytes, shift)).collect(),
        Encoding::Utf16Le => vec![wide(u16::to_le_bytes)],
        Encoding::Utf16Be => vec![wide(u16::to_be_bytes)],
        Encoding::Utf16 => vec![[&[0xFF, 0xFE], wide(u16::to_le_bytes).as_slice()].concat()],
    }
}

/// The characters that do not depend on what stands before and after the bytes, when `shift` bytes stand
/// before them in their group of three.
fn shifted(bytes: &[u8], shift: usize) -> Vec<u8> {
    let padded = [&[b' '; 2][..shift], bytes].concat();
    let text = STANDARD.encode(&padded).into_bytes();
    // One foreign byte spoils two characters, two spoil three.
    let start = [0, 2, 3][shift];
    // Likewise at the end, where the padding counts too.
    let end = text.len() - [0, 3, 2][padded.len() % 3];
    text[start.min(end)..end].to_vec()
}

fn text_of(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str, encodings: &[Encoding]) -> Vec<String> {
        encoded(text, false, encodings).expect("few forms")
    }

    #[test]
    fn a_value_is_found_wherever_it_stands_in_an_encoded_text() {
        let forms = forms("http://", &[Encoding::Base64Offset]);
        assert_eq!(forms, ["aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"]);
        for before in ["", "x", "xy", "xyz"] {
            for after in ["", "a", "ab", "abc"] {
                let text = STANDARD.encode(format!("{before}http://{after}"));
                let found = forms.iter().any(|form| text.contains(form.as_str()));
                assert!(found, "{text}");
            }
        }
    }

    #[test]
    fn encodings_are_applied_in_their_order() {
        assert_eq!(forms("cmd", &[Encoding::Base64]), ["Y21k"]);
        assert_eq!(
            forms("cmd", &[Encoding::Utf16Le, Encoding::Base64]),
            ["YwBtAGQA"]
        );
        assert_eq!(
            forms("cmd", &[Encoding::Utf16Be, Encoding::Base64]),
            ["AGMAbQBk"]
        );
        assert_eq!(
            forms("cmd", &[Encoding::Utf16, Encoding::Base64]),
            ["//5jAG0AZAA="]
        );
        assert_eq!(forms("cmd", &[Encoding::Utf16Le]), ["c\0m\0d\0"]);
    }

    #[test]
    fn dashes_before_an_encoding_are_written_out_within_bounds() {
        let forms = encoded("-a", true, &[Encoding::Base64]).expect("few");
        assert_eq!(forms.len(), 5);
        assert!(forms.contains(&STANDARD.encode("/a")));
        assert!(encoded("-a-b-c-d-e", true, &[Encoding::Base64]).is_err());
    }
}
