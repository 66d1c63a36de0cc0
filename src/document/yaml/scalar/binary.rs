//! `!!binary`: base64, read as leniently as Python's `base64.decodebytes`.

/// The bytes; `None` where Python raises. Characters outside the alphabet are skipped, and nothing
/// after complete padding counts.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut digits, mut pads) = (0u32, 0usize, 0usize);
    for byte in text.bytes() {
        if byte == b'=' {
            pads += usize::from(digits >= 2);
            if digits >= 2 && digits + pads >= 4 {
                return Some(bytes);
            }
            continue;
        }
        let Some(digit) = digit(byte) else { continue };
        pads = 0;
        bits = bits << 6 | digit;
        digits += 1;
        if digits > 1 {
            bytes.push((bits >> (8 - 2 * digits)) as u8);
        }
        digits %= 4;
    }
    (digits == 0).then_some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read_leniently() {
        assert_eq!(decode("aGVs bG8=\n").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode("YQ==YQ==").as_deref(), Some(&b"a"[..]), "padding ends the data");
        assert_eq!(decode("=YWJj*").as_deref(), Some(&b"abc"[..]), "strange characters are skipped");
        assert_eq!(decode(""), Some(Vec::new()));
    }

    #[test]
    fn base64_without_its_padding_is_refused() {
        assert_eq!(decode("YQ"), None);
        assert_eq!(decode("Y"), None);
        assert_eq!(decode("é"), None);
    }
}
