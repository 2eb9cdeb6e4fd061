//! What a collection tells whoever writes its changes down.

use std::sync::Arc;

use crate::index::articles::Article;

/// Is told of every change of a collection, in the order in which the changes depend on each other: of
/// two admissions of which the later knew of the earlier, the earlier is told first, and a deletion is
/// told before anyone can miss what it deletes.
///
/// It is called under locks that submissions wait for: it must take note and return, and leave writing
/// to another thread. It must not call the collection.
pub trait Journal {
    /// `article` was admitted, in the place of `replaced` if its id had another text before; `usual` is
    /// what became of the collection's mean specificity.
    fn admitted(&self, article: &Arc<Article>, replaced: Option<&Arc<Article>>, usual: f64);

    /// `article` will be gone at once.
    fn deleted(&self, article: &Arc<Article>);
}

/// Takes no note.
impl Journal for () {
    fn admitted(&self, _: &Arc<Article>, _: Option<&Arc<Article>>, _: f64) {}

    fn deleted(&self, _: &Arc<Article>) {}
}
