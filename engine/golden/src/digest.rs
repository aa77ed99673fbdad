//! A digest of long text: FNV-1a of 128 bits. It guards against accidents, not against people.

const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The digest of a text.
pub(crate) fn of(text: &str) -> u128 {
    text.bytes()
        .fold(BASIS, |digest, byte| (digest ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_digest_is_the_published_one() {
        // Test vectors of the FNV authors.
        assert_eq!(of(""), super::BASIS);
        assert_eq!(of("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
