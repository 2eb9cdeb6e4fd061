//! The same text under the same id is told the same again, whatever has come since.

use super::*;

#[test]
fn the_first_answer_comes_again_word_for_word() {
    for method in METHODS {
        let collection = collection(method);
        let text = story(1, 60);
        submit(&collection, "first", &text);
        submit(&collection, "beside", &story(2, 60));
        let told = submit(&collection, "second", &edited(&text, 2, 7));
        assert_eq!(told.matches.len(), 1, "{:?}", told.verdict);
        // They share the passage of many stories, which is a formula from then on.
        for n in 0..50 {
            submit(
                &collection,
                &n.to_string(),
                &format!("{text} {}", story(100 + n, 90)),
            );
        }
        let again = submit(&collection, "second", &edited(&text, 2, 7));
        assert!(again.resubmission && !told.resubmission);
        assert_eq!(
            (again.verdict, again.revision),
            (told.verdict, told.revision)
        );
        assert_eq!(again.canonical_id, told.canonical_id);
        assert_eq!(ids(&again), ids(&told));
        assert_eq!(again.matches[0].evidence, told.matches[0].evidence);
    }
}
