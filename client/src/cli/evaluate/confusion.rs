//! What pairs of each label were reported as.

use basma_engine::Relation;
use serde::Serialize;

use super::{
    gold::{Label, Pair},
    replay::Replay,
};

/// The columns; pairs without a match are in one more.
const RELATIONS: [Relation; 6] = [
    Relation::Exact,
    Relation::NearDuplicate,
    Relation::ContainedIn,
    Relation::Contains,
    Relation::Partial,
    Relation::Template,
];

/// Columns of the table.
pub(super) const COLUMNS: usize = RELATIONS.len() + 1;

/// The pairs of one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) reported: Vec<Cell>,
}

/// Those of them with one relation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Cell {
    /// Its name, or `none`.
    pub(super) relation: &'static str,
    pub(super) pairs: usize,
    pub(super) weight: f64,
}

/// Counts the pairs by label and by relation.
pub(super) fn confusion(pairs: &[Pair], replay: &Replay) -> Vec<Row> {
    Label::ALL
        .into_iter()
        .map(|label| Row {
            label: label.letter(),
            reported: row(pairs.iter().filter(|pair| pair.label == label), replay),
        })
        .collect()
}

fn row<'a>(pairs: impl Iterator<Item = &'a Pair>, replay: &Replay) -> Vec<Cell> {
    let names = RELATIONS.map(Relation::name).into_iter().chain(["none"]);
    let mut cells: Vec<Cell> = names
        .map(|relation| Cell {
            relation,
            pairs: 0,
            weight: 0.0,
        })
        .collect();
    for pair in pairs {
        let relation = replay.relation(pair.later, pair.earlier);
        let name = relation.map_or("none", Relation::name);
        if let Some(cell) = cells.iter_mut().find(|cell| cell.relation == name) {
            cell.pairs += 1;
            cell.weight += pair.weight;
        }
    }
    cells
}
