"""Articles in Arabic, written for the tests."""

from __future__ import annotations

from datetime import datetime, timezone

from basma import Article

FAIR = (
    "افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي في دورته الثلاثين بمشاركة أكثر من ألف دار نشر "
    "من خمسين دولة. وقال الوزير في كلمته إن المعرض صار موعدا ينتظره القراء كل عام، وإن القراءة حق "
    "لكل طفل. ويستمر المعرض عشرة أيام، وتصاحبه ندوات وأمسيات شعرية وورش للأطفال، ويشارك فيه كتاب "
    "ومترجمون من مختلف أنحاء العالم العربي."
)
FAIR_IN_ANOTHER_DRESS = FAIR.replace("افتتح وزير", "اِفتتحَ وزيرُ").replace("المعرض", "المعـــرض")
FAIR_AGAIN = (
    "العاصمة - واس: افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي في دورته الثلاثين بمشاركة أكثر "
    "من ١٠٠٠ دار نشر من خمسين دولة. وقال الوزير في كلمته إن المعرض صار موعداً ينتظره القراء كل "
    "عام، وإن القراءة حق لكل طفل. ويستمر المعرض عشرة أيام، وتصاحبه ندوات وأمسيات شعرية وورش "
    "للأطفال. انتهى."
)
MATCH = (
    "حقق المنتخب فوزا ثمينا على ضيفه بهدفين دون مقابل في المباراة التي جمعتهما على ملعب المدينة "
    "الرياضية ضمن التصفيات المؤهلة لكأس آسيا، وسجل الهدف الأول قائد الفريق من ركلة حرة مباشرة في "
    "الدقيقة العشرين."
)

FAIR_ARTICLE = Article(
    "fair",
    FAIR,
    title="افتتاح معرض الكتاب",
    source="alwatan",
    url="https://alwatan.example/fair",
    publish_time=datetime(2026, 11, 20, 18, 30, tzinfo=timezone.utc),
)


def numbered(number: int) -> Article:
    """Return an article of its own: no two numbers have a run of words in common."""
    words = " ".join(f"كلمة{number}في{place}" for place in range(20))
    return Article(f"n{number}", words)
