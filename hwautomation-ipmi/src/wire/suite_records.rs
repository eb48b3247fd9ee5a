//! Cipher suite records, as Get Channel Cipher Suites returns them (IPMI 2.0, section 22.15.1).

/// Begins the record of a standard suite.
const STANDARD: u8 = 0xC0;
/// Begins the record of a vendor's own suite.
const VENDOR: u8 = 0xC1;
/// Marks the first byte of a record; bytes of algorithms have other high bits.
const TAG_BITS: u8 = 0xC0;

/// Lists the ids of the standard suites. What cannot be read is left out.
pub(crate) fn suite_ids(records: &[u8]) -> Vec<u8> {
    let mut ids = Vec::new();
    let mut bytes = records.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            STANDARD => ids.extend(bytes.next()),
            // Its id and the three bytes of the vendor's number may look like a tag.
            VENDOR => drop(bytes.nth(3)),
            _ => {}
        }
        while bytes.next_if(|byte| byte & TAG_BITS != TAG_BITS).is_some() {}
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::suite_ids;

    #[test]
    fn standard_suites_are_listed_and_vendors_own_are_passed_over() {
        let records = [
            0xC0, 0, 0, 0x40, 0x80, 0xC1, 0xC0, 0xC0, 0x01, 0x02, 1, 0x41, 0x81, 0xC0, 17, 3, 0x44, 0x81,
            0xC0, 3,
        ];
        assert_eq!(suite_ids(&records), [0, 17, 3]);
        assert_eq!(suite_ids(&[0xC0]), [0u8; 0]);
        assert_eq!(suite_ids(&[0xC1, 0xC0]), [0u8; 0]);
    }
}
