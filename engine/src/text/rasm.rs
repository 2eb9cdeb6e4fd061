//! The rasm: letters without the dots that tell those of one shape apart.
//!
//! Dots are what is misread in print and mistyped first, and what a name from abroad varies in (بوتين, پوتين).
//! Early Arabic was written without them; a reader knew the word by the others. So texts are compared by words
//! without dots: of a misread text nearly as much is recognised as of the text itself, and hardly any two words
//! that occur in one another's place become one. (`ARCHITECTURE.md` has the measurements, also of joining more
//! letters than these.)

/// The letter that stands for all that differ from this one, which is folded, in their dots only. Units of
/// UTF-16.
pub(crate) const fn rasm(letter: u16) -> u16 {
    // Arabic letters of the basic plane, and nothing else, are below this.
    if letter < 'ا' as u16 || letter > 'گ' as u16 {
        return letter;
    }
    let undotted = match char::from_u32(letter as u32) {
        Some('ت' | 'ث' | 'ن' | 'پ') => 'ب',
        Some('ج' | 'خ' | 'چ') => 'ح',
        Some('ذ') => 'د',
        Some('ز' | 'ژ') => 'ر',
        Some('ش') => 'س',
        Some('ض') => 'ص',
        Some('ظ') => 'ط',
        Some('غ') => 'ع',
        Some('ق' | 'ڤ') => 'ف',
        Some('گ') => 'ك',
        _ => return letter,
    };
    undotted as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_dots_is_one_and_other_letters_are_not() {
        let undotted = |word: &str| word.encode_utf16().map(rasm).collect::<Vec<_>>();
        for (word, misread) in [
            ("پوتن", "بوثت"),
            ("خرج", "جزح"),
            ("قضية", "فصية"),
            ("شغف", "سعڤ"),
        ] {
            assert_eq!(undotted(word), undotted(misread));
        }
        for (word, other) in [
            ("كتاب", "كتب"),
            ("حزب", "حرم"),
            ("بيت", "بنت"),
            ("a1", "a2"),
        ] {
            assert_ne!(undotted(word), undotted(other));
        }
    }

    #[test]
    fn it_is_a_letter_that_has_no_dots_to_lose() {
        for letter in 0..=u16::MAX {
            assert_eq!(rasm(rasm(letter)), rasm(letter));
        }
    }
}
