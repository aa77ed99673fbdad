//! Draws (design 4.17): counter-based, so that the same group, activity and index give the same bits on every machine, in
//! every order, native and wasm. There is no generator with a state anywhere in the engine.

/// `mix(group seed, activity number, index)`: 64 bits that look random (SplitMix64's finish over the three).
pub const fn mix(seed: u64, number: u64, index: u64) -> u64 {
    let z = seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03);
    let z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_do_not_change_from_version_to_version() {
        let known = [0xE220_A839_7B1D_CDAF, 0x1BBE_41E1_FB4E_9643, 0xAF13_646B_BC27_F92E];
        assert_eq!([mix(0, 0, 0), mix(7, 1, 2), mix(7, 2, 1)], known);
    }
}
