"""From an answer to what is written into the item: the names are those of `basma check --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from basma.answer import Answer, Match
    from basma.errors import BasmaError


def answered(answer: Answer, duplicate_of: Match | None, canonical_url: str) -> dict[str, Any]:
    """Say what is known of the article, with the evidence."""
    return {
        "verdict": answer.verdict.value,
        "duplicate": duplicate_of is not None,
        "canonical_id": answer.canonical_id,
        "canonical_url": canonical_url,
        "resubmission": answer.resubmission,
        "matches": [_match(match) for match in answer.matches],
    }


def unanswered(error: BasmaError) -> dict[str, Any]:
    """Say why nothing is known of it."""
    return {"verdict": None, "duplicate": False, "error": str(error)}


def _match(match: Match) -> dict[str, Any]:
    evidence = match.evidence
    passages = [[passage.query.start, passage.query.end] for passage in evidence.passages]
    return {
        "id": match.id,
        "relation": match.relation.value,
        "url": match.url,
        "source": match.source,
        "title": match.title,
        "first_seen": match.first_seen_time.isoformat(),
        "hamming": evidence.hamming_distance,
        "jaccard": evidence.jaccard,
        "containment": evidence.containment,
        "contained": evidence.contained,
        "score": evidence.score,
        "passages": passages,
    }
