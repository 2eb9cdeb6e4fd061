"""Submit two articles: `BASMA_SERVER=http://127.0.0.1:50051 python ten_lines.py`."""

from basma import Article, Client

first = "افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي بمشاركة أكثر من ألف دار نشر من خمسين دولة"
again = "اِفتتح وزيرُ الثقافة مساء أمس معرضَ الكتاب الدولي بمشاركة أكثر من ألف دار نشر من ٥٠ دولة"

with Client() as client:
    for article in (Article("a1", first), Article("b7", again)):
        answer = client.submit(article)
        print(answer.id, answer.verdict.value, "first:", answer.canonical_id)
