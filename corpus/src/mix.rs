//! The shares of a stream.

use std::str::FromStr;

/// How much of a stream is planted, and what. The shares are of all articles; what they leave over
/// are originals. They are probabilities, and their sum is at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Copies that fold to the same.
    pub exact: f64,
    /// Copies edited with a strength from .02 to `strength`.
    pub near: f64,
    /// Half briefs of an earlier article, half long reports around one.
    pub contained: f64,
    /// Pages that hold two earlier articles.
    pub glued: f64,
    /// Instances of a formula.
    pub template: f64,
    /// Of all articles save glued pages, those inside the wrapper of their source's site.
    pub wrapped: f64,
    /// The greatest strength of a near copy's edit.
    pub strength: f64,
    /// How many positions back a copy's original lies at most (further, where there is none).
    pub window: u64,
}

impl Mix {
    /// Originals only.
    pub const ORIGINALS: Self = Self {
        exact: 0.0,
        near: 0.0,
        contained: 0.0,
        glued: 0.0,
        template: 0.0,
        wrapped: 0.0,
        strength: 0.2,
        window: 3000,
    };

    /// Roughly the mixture of a country's papers, copies within two days of their original.
    pub const NEWS: Self = Self {
        exact: 0.08,
        near: 0.15,
        contained: 0.06,
        glued: 0.01,
        template: 0.05,
        wrapped: 0.3,
        ..Self::ORIGINALS
    };
}

impl Default for Mix {
    fn default() -> Self {
        Self::NEWS
    }
}

/// `exact=0.1,near=0.2`: what is not named is 0 (`strength` and `window` keep their defaults);
/// `news` and `originals` are the two constants.
impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut mix = Self::ORIGINALS;
        match text {
            "news" => return Ok(Self::NEWS),
            "originals" => return Ok(mix),
            _ => {}
        }
        for setting in text.split(',') {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| format!("`{setting}` is not NAME=VALUE"))?;
            let value: f64 = value
                .parse()
                .map_err(|_| format!("`{value}` is not a number"))?;
            let greatest = if name == "window" { 1e12 } else { 1.0 };
            if !(0.0..=greatest).contains(&value) {
                return Err(format!("{name}={value} is not between 0 and {greatest}"));
            }
            match name {
                "exact" => mix.exact = value,
                "near" => mix.near = value,
                "contained" => mix.contained = value,
                "glued" => mix.glued = value,
                "template" => mix.template = value,
                "wrapped" => mix.wrapped = value,
                "strength" => mix.strength = value,
                "window" => mix.window = value as u64,
                _ => return Err(format!("no share is called `{name}`")),
            }
        }
        let sum = mix.exact + mix.near + mix.contained + mix.glued + mix.template;
        if sum > 1.0 + 1e-9 {
            return Err(format!("the shares sum to {sum}, more than 1"));
        }
        Ok(mix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing() {
        assert_eq!("news".parse(), Ok(Mix::NEWS));
        assert_eq!(
            "near=0.5,window=10".parse(),
            Ok(Mix {
                near: 0.5,
                window: 10,
                ..Mix::ORIGINALS
            })
        );
        for wrong in [
            "",
            "near",
            "near=x",
            "near=2",
            "far=.1",
            "near=.6,exact=.6",
            "near=NaN",
        ] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong}");
        }
    }
}
