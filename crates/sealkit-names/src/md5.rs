//! MD5 (RFC 1321), for the name of a missing group and the version of cached results. It protects nothing.

use std::io::{self, Read};

/// Integer parts of `2^32 * |sin(i + 1)|`.
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];
/// Rotations of the four rounds.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The number of bytes that are read at once: whole blocks.
const CHUNK: u64 = 1 << 16;

/// Returns the digest of `bytes` as 32 lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    // Reading memory does not fail.
    hex_of(bytes).unwrap_or_default()
}

/// Returns the digest of everything in `from` as 32 lower-case hexadecimal digits.
///
/// # Errors
///
/// Returns an error if it cannot be read.
pub fn hex_of(mut from: impl Read) -> io::Result<String> {
    let (mut state, mut length) = ([0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476], 0);
    let mut chunk = Vec::new();
    let mut is_last = false;
    while !is_last {
        chunk.clear();
        let count = from.by_ref().take(CHUNK).read_to_end(&mut chunk)? as u64;
        length += count;
        is_last = count < CHUNK;
        if is_last {
            chunk.push(0x80);
            chunk.resize(chunk.len().next_multiple_of(64), 0);
            if count % 64 > 55 {
                chunk.resize(chunk.len() + 64, 0);
            }
            let end = chunk.len() - 8;
            chunk[end..].copy_from_slice(&(length * 8).to_le_bytes());
        }
        chunk.chunks_exact(64).for_each(|block| add(&mut state, block));
    }
    let digest = state.iter().fold(0_u128, |sum, part| sum << 32 | u128::from(part.swap_bytes()));
    Ok(format!("{digest:032x}"))
}

/// Adds a block of 64 bytes to the state.
fn add(state: &mut [u32; 4], block: &[u8]) {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().rfold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    let [mut a, mut b, mut c, mut d] = *state;
    for (i, sine) in SINES.iter().enumerate() {
        let (mixed, word) = match i / 16 {
            0 => (b & c | !b & d, i),
            1 => (d & b | !d & c, 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        let sum = a.wrapping_add(mixed).wrapping_add(*sine).wrapping_add(words[word % 16]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(ROTATIONS[i / 16][i % 4])));
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d]) {
        *sum = sum.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_match_the_rfc_and_flyte() {
        for (text, expected) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
            ("my-key", "515780610702189dabd912e9c9ef6f38"),
        ] {
            assert_eq!(hex(text.as_bytes()), expected, "{text}");
        }
        for (length, expected) in [
            (55, "ef1772b6dff9a122358552954ad0df65"),
            (56, "3b0c8ac703f828b04c6c197006d17218"),
            (64, "014842d480b571495a4a0363793f7367"),
            (65_536, "2d61aa54b58c2e94403fb092c3dbc027"),
            (65_537, "b3c6fc238e908636e53aabd5ad830cf7"),
        ] {
            assert_eq!(hex(&vec![b'a'; length]), expected, "{length}");
        }
    }
}
