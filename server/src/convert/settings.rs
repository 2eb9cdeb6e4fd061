//! A collection's settings: absent fields keep what was there before.

use basma_engine::{Age, Clock, Detector, Method, Shingling};
use basma_proto::v1::{self, detector_settings as message};

use super::{decimal, time};
use crate::{failure::Failure, index::Index, settings::Settings};

/// The settings of a new collection.
pub(crate) fn create(collection: &v1::Collection) -> Result<Settings, Failure> {
    let detector = collection.detector.unwrap_or_default();
    let method = method(&detector)?.unwrap_or(Method::Full);
    change(
        Settings {
            detector: Detector::new(method),
            ..Settings::default()
        },
        collection,
        &[],
    )
}

/// `settings` with what `collection` sets, or with what `paths` name of it if there are any.
pub(crate) fn change(
    settings: Settings,
    collection: &v1::Collection,
    paths: &[String],
) -> Result<Settings, Failure> {
    let retention = span(collection.retention.as_ref(), "collection.retention")?;
    let window = span(collection.window.as_ref(), "collection.window")?;
    let asked = collection.detector.unwrap_or_default();
    if paths.is_empty() {
        return Ok(Settings {
            detector: change_detector(settings.detector, &asked)?,
            retention: retention.or(settings.retention),
            window: window.or(settings.window),
            keep_texts: collection.keep_texts || settings.keep_texts,
        });
    }
    let mut changed = settings;
    let mut of_detector = Vec::new();
    for path in paths {
        match path.as_str() {
            "retention" => changed.retention = retention,
            "window" => changed.window = window,
            "keep_texts" => changed.keep_texts = collection.keep_texts,
            "*" => {
                changed = Settings {
                    retention,
                    window,
                    keep_texts: collection.keep_texts,
                    ..changed
                };
                of_detector.push(path.clone());
            }
            _ => of_detector.push(path.clone()),
        }
    }
    let defaults = message_of(&Detector::new(settings.detector.method));
    let asked = masked(&asked, &defaults, &of_detector)?;
    changed.detector = change_detector(settings.detector, &asked)?;
    Ok(changed)
}

/// A span of time that a caller gave.
pub(crate) fn span(span: Option<&v1::TimeSpan>, field: &str) -> Result<Option<Age>, Failure> {
    let Some(v1::TimeSpan { span, clock }) = span else {
        return Ok(None);
    };
    let duration = span.unwrap_or_default();
    let most = (duration.seconds.checked_mul(1000))
        .map(|seconds| seconds.saturating_add(i64::from(duration.nanos / 1_000_000)))
        .filter(|most| *most > 0);
    let most = most.ok_or_else(|| {
        let message = "must be at least a millisecond, and less than 290 million years";
        Failure::invalid("SPAN_OUT_OF_RANGE", &format!("{field}.span"), message)
    })?;
    let clock = match v1::time_span::Clock::try_from(*clock) {
        Ok(v1::time_span::Clock::Published) => Clock::Published,
        Ok(_) => Clock::FirstSeen,
        Err(_) => {
            let message = format!("{clock} is not a known value");
            let field = format!("{field}.clock");
            return Err(Failure::invalid("SETTING_OUT_OF_RANGE", &field, message));
        }
    };
    Ok(Some(Age { clock, most }))
}

fn span_message(age: Age) -> v1::TimeSpan {
    let clock = match age.clock {
        Clock::FirstSeen => v1::time_span::Clock::FirstSeen,
        Clock::Published => v1::time_span::Clock::Published,
    };
    v1::TimeSpan {
        span: Some(prost_types::Duration {
            seconds: age.most / 1000,
            nanos: (age.most % 1000) as i32 * 1_000_000,
        }),
        clock: clock.into(),
    }
}

/// `detector` with what `settings` sets.
fn change_detector(
    detector: Detector,
    settings: &v1::DetectorSettings,
) -> Result<Detector, Failure> {
    let (kind, size) = match detector.features {
        Shingling::Words(size) => (message::Features::Words, size),
        Shingling::Characters(size) => (message::Features::Characters, size),
    };
    let kind = match known("simhash_features", settings.simhash_features)? {
        message::Features::Unspecified => kind,
        chosen => chosen,
    };
    // What does not fit into a byte is out of range anyway.
    let size = settings
        .simhash_feature_size
        .map_or(size, |size| u8::try_from(size).unwrap_or(u8::MAX));
    let changed = Detector {
        method: method(settings)?.unwrap_or(detector.method),
        features: match kind {
            message::Features::Words => Shingling::Words(size),
            _ => Shingling::Characters(size),
        },
        distance: settings.simhash_distance.unwrap_or(detector.distance),
        min_score: settings
            .min_score
            .map_or(detector.min_score, |share| share as f32),
        min_size_ratio: settings
            .min_size_ratio
            .map_or(detector.min_size_ratio, |share| share as f32),
        min_partial: settings
            .min_partial
            .map_or(detector.min_partial, |share| share as f32),
    };
    changed.validate().map_err(|(field, message)| {
        Failure::invalid(
            "SETTING_OUT_OF_RANGE",
            &format!("collection.detector.{field}"),
            message,
        )
    })?;
    Ok(changed)
}

/// The fields of `settings` that `paths` name, with `defaults` for those that it leaves out (AIP-134).
fn masked(
    settings: &v1::DetectorSettings,
    defaults: &v1::DetectorSettings,
    paths: &[String],
) -> Result<v1::DetectorSettings, Failure> {
    let mut masked = v1::DetectorSettings::default();
    for path in paths {
        let all = path == "detector" || path == "*";
        let is = |name: &str| all || path.strip_prefix("detector.") == Some(name);
        let mut known = all;
        if is("method") {
            (masked.method, known) = (settings.method, true);
        }
        if is("simhash_features") {
            masked.simhash_features = match settings.simhash_features {
                0 => defaults.simhash_features,
                chosen => chosen,
            };
            known = true;
        }
        if is("simhash_feature_size") {
            masked.simhash_feature_size = settings
                .simhash_feature_size
                .or(defaults.simhash_feature_size);
            known = true;
        }
        if is("simhash_distance") {
            masked.simhash_distance = settings.simhash_distance.or(defaults.simhash_distance);
            known = true;
        }
        if is("min_score") {
            masked.min_score = settings.min_score.or(defaults.min_score);
            known = true;
        }
        if is("min_size_ratio") {
            masked.min_size_ratio = settings.min_size_ratio.or(defaults.min_size_ratio);
            known = true;
        }
        if is("min_partial") {
            masked.min_partial = settings.min_partial.or(defaults.min_partial);
            known = true;
        }
        if !known {
            let message = format!("{path:?} is not a field that can be changed");
            return Err(Failure::invalid(
                "MASK_UNKNOWN_FIELD",
                "update_mask",
                message,
            ));
        }
    }
    Ok(masked)
}

fn method(settings: &v1::DetectorSettings) -> Result<Option<Method>, Failure> {
    Ok(match known("method", settings.method)? {
        message::Method::Unspecified => None,
        message::Method::Full => Some(Method::Full),
        message::Method::SimhashOnly => Some(Method::SimHashOnly),
    })
}

fn known<E: TryFrom<i32>>(field: &str, value: i32) -> Result<E, Failure> {
    E::try_from(value).map_err(|_| {
        let field = format!("collection.detector.{field}");
        Failure::invalid(
            "SETTING_OUT_OF_RANGE",
            &field,
            format!("{value} is not a known value"),
        )
    })
}

/// A collection for a caller, every setting filled in.
pub(crate) fn write(index: &dyn Index) -> v1::Collection {
    let settings = index.settings();
    v1::Collection {
        name: index.name().to_owned(),
        detector: Some(message_of(&settings.detector)),
        create_time: Some(time::write(index.created())),
        retention: settings.retention.map(span_message),
        window: settings.window.map(span_message),
        keep_texts: settings.keep_texts,
    }
}

fn message_of(detector: &Detector) -> v1::DetectorSettings {
    let (features, size) = match detector.features {
        Shingling::Words(size) => (message::Features::Words, size),
        Shingling::Characters(size) => (message::Features::Characters, size),
    };
    let method = match detector.method {
        Method::Full => message::Method::Full,
        Method::SimHashOnly => message::Method::SimhashOnly,
    };
    v1::DetectorSettings {
        method: method.into(),
        simhash_features: features.into(),
        simhash_feature_size: Some(size.into()),
        simhash_distance: Some(detector.distance),
        min_score: Some(decimal(detector.min_score)),
        min_size_ratio: Some(decimal(detector.min_size_ratio)),
        min_partial: Some(decimal(detector.min_partial)),
    }
}
