//! What a processor has that the build does not ask for, as a value that whoever has it knows of.

/// Makes a type that says that the processor has these features: who has a value of it got it where that is known. It is
/// `Wide` by `any_near`, `near_of_48` and `near_of_64` of the module where it is made, none of which may ask for
/// more features.
macro_rules! wide_by {
    ($name:ident, $features:literal) => {
        /// Says that the processor has what is used here: who has one got it where that is known.
        #[derive(Clone, Copy)]
        pub(super) struct $name(());

        impl $name {
            /// To be called by processors that have it.
            #[target_feature(enable = $features)]
            pub(super) fn new() -> Self {
                Self(())
            }
        }

        #[expect(
            unsafe_code,
            reason = "a function for other processors than the build's cannot be called without"
        )]
        impl $crate::wide::Wide for $name {
            #[inline(always)]
            fn any_near(self, all: &[u32; 16], one: u32, most: u32) -> bool {
                // SAFETY: the processor has what `self` says, and that is all that the function asks for.
                unsafe { any_near(all, one, most) }
            }

            #[inline(always)]
            fn near_of_48(self, parts: (&[u32; 16], &[u16; 16]), one: u64, most: u32) -> u32 {
                // SAFETY: as above.
                unsafe { near_of_48(parts, one, most) }
            }

            #[inline(always)]
            fn near_of_64(self, parts: (&[u32; 16], &[u32; 15]), one: u64, most: u32) -> u32 {
                // SAFETY: as above.
                unsafe { near_of_64(parts, one, most) }
            }
        }
    };
}
pub(super) use wide_by;
