//! What may be done in which collections.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::registry::is_name;

/// What a call does to a collection; each role includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Asks.
    Read,
    /// Submits and deletes articles.
    Write,
    /// Creates, changes and deletes the collection itself.
    Admin,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        })
    }
}

/// Names of collections, which need not exist; `*` stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

const ALL: &str = "*";

impl Names {
    /// The collections of these names.
    ///
    /// # Errors
    ///
    /// If one cannot be a collection's name.
    pub fn new(names: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let names: BTreeSet<_> = names.into_iter().collect();
        match names.iter().find(|name| *name != ALL && !is_name(name)) {
            Some(wrong) => Err(format!(
                "{wrong:?} is no collection's name (a-z, 0-9, \"-\" and \"_\"), and not \"*\" for all"
            )),
            None => Ok(Self(names)),
        }
    }

    /// All collections.
    pub fn all() -> Self {
        Self(BTreeSet::from([ALL.to_owned()]))
    }

    fn are_all(&self) -> bool {
        self.0.contains(ALL)
    }

    fn have(&self, name: &str) -> bool {
        self.are_all() || self.0.contains(name)
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// In which collections a token has which role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Where it may ask.
    pub read: Names,
    /// Where it may also submit.
    pub write: Names,
    /// Where it may do everything.
    pub admin: Names,
}

impl Rights {
    /// Everything everywhere.
    pub(super) fn all() -> Self {
        Self {
            admin: Names::all(),
            ..Self::default()
        }
    }

    /// Whether they allow what needs a role in this collection.
    pub(crate) fn allow(&self, role: Role, collection: &str) -> bool {
        self.lists(role).any(|names| names.have(collection))
    }

    /// Whether they allow what needs a role in all collections.
    pub(super) fn allow_everywhere(&self, role: Role) -> bool {
        self.lists(role).any(Names::are_all)
    }

    /// The lists of which any is enough for a role.
    fn lists(&self, role: Role) -> impl Iterator<Item = &Names> {
        let lists = [
            (Role::Read, &self.read),
            (Role::Write, &self.write),
            (Role::Admin, &self.admin),
        ];
        lists
            .into_iter()
            .filter(move |(has, _)| *has >= role)
            .map(|(_, names)| names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(read: &[&str], write: &[&str], admin: &[&str]) -> Rights {
        let names = |names: &[&str]| {
            Names::new(names.iter().map(|name| (*name).to_owned())).expect("names")
        };
        Rights {
            read: names(read),
            write: names(write),
            admin: names(admin),
        }
    }

    #[test]
    fn a_role_includes_the_lower_ones_and_no_higher_one() {
        let rights = rights(&["a"], &["b"], &["c"]);
        let allowed = |collection| {
            [Role::Read, Role::Write, Role::Admin].map(|role| rights.allow(role, collection))
        };
        assert_eq!(allowed("a"), [true, false, false]);
        assert_eq!(allowed("b"), [true, true, false]);
        assert_eq!(allowed("c"), [true, true, true]);
        assert_eq!(allowed("d"), [false, false, false]);
        assert_eq!(allowed("*"), [false, false, false]);
        assert_eq!(allowed(""), [false, false, false]);
    }

    #[test]
    fn a_star_is_all_collections() {
        let rights = rights(&["*"], &["news"], &[]);
        assert!(rights.allow(Role::Read, "anything"));
        assert!(!rights.allow(Role::Write, "anything"));
        assert!(rights.allow_everywhere(Role::Read));
        assert!(!rights.allow_everywhere(Role::Write));
        assert!(Rights::all().allow_everywhere(Role::Admin));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for wrong in ["", "News", "a b", "new*", "**", "الأخبار"] {
            assert!(Names::new([wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
