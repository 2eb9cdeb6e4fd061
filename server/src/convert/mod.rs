//! Messages to the engine's types, checked, and back.

pub(crate) mod answer;
pub(crate) mod article;
pub(crate) mod settings;
pub(crate) mod text;
pub(crate) mod time;

use crate::failure::Failure;

/// What a page or a list holds if the caller does not say.
const DEFAULT_MATCHES: u32 = 10;
const DEFAULT_PAGE: i32 = 100;
const MOST: u32 = 1000;

/// The number of matches that a caller wants.
pub(crate) fn max_matches(asked: u32) -> Result<usize, Failure> {
    match asked {
        0 => Ok(DEFAULT_MATCHES as usize),
        1..=MOST => Ok(asked as usize),
        _ => {
            let message = format!("must be at most {MOST}, not {asked}");
            Err(Failure::invalid(
                "MAX_MATCHES_OUT_OF_RANGE",
                "max_matches",
                message,
            ))
        }
    }
}

/// The size of the page that a caller wants (AIP-158: a greater one than there is means the greatest).
pub(crate) fn page_size(asked: i32) -> Result<usize, Failure> {
    match asked {
        0 => Ok(DEFAULT_PAGE as usize),
        1.. => Ok(asked.min(MOST as i32) as usize),
        _ => Err(Failure::invalid(
            "PAGE_SIZE_NEGATIVE",
            "page_size",
            "must not be negative",
        )),
    }
}

/// Where a page begins: tokens are numbers, and an empty one means 0.
pub(crate) fn page_token(token: &str) -> Result<u64, Failure> {
    if token.is_empty() {
        return Ok(0);
    }
    token.parse().map_err(|_| {
        Failure::invalid(
            "PAGE_TOKEN_INVALID",
            "page_token",
            "is not a token that this server gave out",
        )
    })
}

/// A share as a caller reads it: 0.7 and not the 0.699999988 that single precision makes of it.
pub(crate) fn decimal(share: f32) -> f64 {
    (f64::from(share) * 1e6).round() / 1e6
}
