//! Dates of the Gregorian calendar from Unix seconds, and their Arabic names.

/// Months as the eastern papers name them.
const MONTHS: [&str; 12] = [
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
];

/// Day names, Thursday first: the first of January 1970 was one.
const DAYS: [&str; 7] = [
    "الخميس",
    "الجمعة",
    "السبت",
    "الأحد",
    "الاثنين",
    "الثلاثاء",
    "الأربعاء",
];

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
    days: i64,
}

impl Date {
    /// The day (UTC) of a moment in Unix seconds.
    #[must_use]
    pub fn of(unix: i64) -> Self {
        let days = unix.div_euclid(86_400);
        // Howard Hinnant's civil_from_days: years that begin in March, eras of 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * march + 2) / 5 + 1) as u32;
        let month = if march < 10 { march + 3 } else { march - 9 } as u32;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year,
            month,
            day,
            days,
        }
    }

    /// The name of the weekday.
    #[must_use]
    pub fn weekday(self) -> &'static str {
        DAYS[self.days.rem_euclid(7) as usize]
    }

    /// The name of the month.
    #[must_use]
    pub fn month_name(self) -> &'static str {
        MONTHS[self.month as usize - 1]
    }
}

/// `2024-01-31 23:59:59`, in UTC.
#[must_use]
pub fn timestamp(unix: i64) -> String {
    let Date {
        year, month, day, ..
    } = Date::of(unix);
    let second = unix.rem_euclid(86_400);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}",
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(timestamp(0), "1970-01-01 00:00:00");
        assert_eq!(timestamp(1_709_208_000), "2024-02-29 12:00:00");
        assert_eq!(Date::of(1_709_208_000).weekday(), "الخميس");
        assert_eq!(Date::of(1_704_067_200).weekday(), "الاثنين");
        assert_eq!(Date::of(1_704_067_200).month_name(), "يناير");
    }
}
