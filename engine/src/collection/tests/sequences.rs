//! A collection does what a list would that is searched from end to end.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{
    model::{Expected, Model, TEXTS},
    *,
};

#[derive(Clone, Debug)]
enum Step {
    Submit(usize, usize, usize),
    Check(usize, usize, usize),
    Delete(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (id, text, limit) = (0..12usize, 0..TEXTS.len(), 1..14usize);
    let step = prop_oneof![
        5 => (id.clone(), text.clone(), limit.clone()).prop_map(|(i, t, l)| Step::Submit(i, t, l)),
        2 => (id.clone(), text, limit).prop_map(|(i, t, l)| Step::Check(i, t, l)),
        1 => id.prop_map(Step::Delete),
    ];
    proptest::collection::vec(step, 1..80)
}

fn run(method: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let collection = collection(METHODS[method]);
    let mut model = Model::new(method);
    for (now, step) in steps.iter().enumerate() {
        match *step {
            Step::Submit(id, text, limit) => {
                let (id, now) = (id.to_string(), now as i64);
                let answer = submit_at(&collection, &id, &TEXTS[text], now, limit);
                prop_assert!(
                    Expected::from(answer)
                        .agrees(&model.submit(&id, text, now, limit), METHODS[method])
                );
            }
            Step::Check(id, text, limit) => {
                let id = id.to_string();
                let answer = check_at(&collection, &id, &TEXTS[text], limit);
                prop_assert!(
                    Expected::from(answer).agrees(&model.check(&id, text, limit), METHODS[method])
                );
            }
            Step::Delete(id) => {
                let id = id.to_string();
                prop_assert_eq!(collection.delete(&id, &()), model.delete(&id));
                prop_assert!(collection.get(&id).is_none());
            }
        }
        let stats = collection.stats();
        prop_assert_eq!(stats.articles, model.entries.len() as u64);
        if METHODS[method] == Method::SimHashOnly {
            prop_assert_eq!(stats.clusters, model.stories.len() as u64);
        }
        let simhashes: HashSet<_> = (model.entries.keys())
            .filter_map(|id| collection.get(id))
            .filter(|article| article.fingerprint.tokens >= Detector::MIN_TOKENS)
            .map(|article| article.fingerprint.simhash)
            .collect();
        prop_assert_eq!(stats.simhashes, simhashes.len() as u64);
        for (id, entry) in &model.entries {
            let article = collection.get(id).expect("it is there");
            prop_assert_eq!(article.first_seen, entry.first_seen);
            prop_assert_eq!(article.revision, entry.revision);
            if METHODS[method] == Method::SimHashOnly {
                let canonical = collection.canonical_id(&article);
                prop_assert_eq!(&*canonical, model.canonical(entry.story));
            }
        }
    }
    for id in model.entries.keys() {
        prop_assert!(collection.delete(id, &()));
    }
    assert_empty(&collection);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_sketches_it_does_what_a_list_would(steps in steps()) {
        run(0, &steps)?;
    }

    #[test]
    fn with_simhashes_it_does_what_a_list_would(steps in steps()) {
        run(1, &steps)?;
    }
}
