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
