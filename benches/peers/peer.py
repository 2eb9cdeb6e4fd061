"""One peer over a corpus: reads the articles in their order, asks for each what is near it, adds it, and
writes the clusters of what was near as JSON. Run by compare.py.

Shingles are runs of three words between spaces, of the text as it is: what these libraries do with a text
is what their users get.
"""

import gzip
import json
import os
import sys
import tempfile


def articles(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            yield article["id"], article["text"]


def shingles(text):
    words = text.split()
    return [" ".join(words[n : n + 3]) for n in range(max(1, len(words) - 2))]


class Clusters:
    """Union-find over positions in the corpus."""

    def __init__(self):
        self.parents = []

    def add(self):
        self.parents.append(len(self.parents))
        return len(self.parents) - 1

    def first(self, n):
        while self.parents[n] != n:
            self.parents[n] = self.parents[self.parents[n]]
            n = self.parents[n]
        return n

    def join(self, a, b):
        a, b = self.first(a), self.first(b)
        self.parents[max(a, b)] = min(a, b)

    def of(self, ids):
        members = {}
        for n, article in enumerate(ids):
            members.setdefault(self.first(n), []).append(article)
        return [group for group in members.values() if len(group) > 1]


def datasketch(threshold):
    from datasketch import MinHash, MinHashLSH

    threshold = float(threshold)
    index, sketches = MinHashLSH(threshold=threshold, num_perm=128), []

    def near(n, text):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in set(shingles(text))])
        found = [other for other in index.query(sketch) if sketches[other].jaccard(sketch) >= threshold]
        index.insert(n, sketch)
        sketches.append(sketch)
        return found

    return near


def rensa(threshold):
    from rensa import RMinHash, RMinHashLSH

    threshold = float(threshold)
    # Bands whose S-curve is steepest near the threshold: (1 / bands) ^ (bands / 128).
    bands = min((2**n for n in range(8)), key=lambda bands: abs((1 / bands) ** (bands / 128) - threshold))
    index, sketches = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=bands), []

    def near(n, text):
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(shingles(text))
        found = [other for other in index.query(sketch) if sketches[other].jaccard(sketch) >= threshold]
        index.insert(n, sketch)
        sketches.append(sketch)
        return found

    return near


def gaoya_minhash(threshold):
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(32, float(threshold), None, None, 128, "word", False, (3, 3))
    return asked_and_added(index)


def gaoya_simhash(distance):
    from gaoya.simhash import SimHashStringIndex

    distance = int(distance)
    index = SimHashStringIndex(64, max(6, distance + 2), distance, "word", False, (3, 3))
    return asked_and_added(index)


def asked_and_added(index):
    def near(n, text):
        found = index.query(text)
        index.insert_document(n, text)
        return found

    return near


def text_dedup(distance, corpus):
    """Its own program, with its defaults; the clusters are those that it merges."""
    import pickle

    with tempfile.TemporaryDirectory() as folder:
        plain, out = os.path.join(folder, "in.jsonl"), os.path.join(folder, "out")
        ids = []
        with open(plain, "w", encoding="utf-8") as lines:
            for article, text in articles(corpus):
                # It fails on texts of fewer characters.
                if len(text) < 5:
                    continue
                ids.append(article)
                lines.write(json.dumps({"text": text}) + "\n")
        sys.argv = ["simhash", "--path", "json", "--data_files", plain, "--split", "train", "--cache_dir", folder]
        sys.argv += ["--output", out, "--column", "text", "--bit_diff", distance, "--num_bucket", str(int(distance) + 1)]
        sys.argv += ["--num_proc", str(os.cpu_count()), "--debug"]
        from text_dedup import simhash

        simhash.main(standalone_mode=False)
        with open(os.path.join(out, "uf.pkl"), "rb") as found:
            union = pickle.load(found)
        members = {}
        for n, article in enumerate(ids):
            members.setdefault(union.find(n), []).append(article)
        return [group for group in members.values() if len(group) > 1]


def main(peer, setting, corpus, output):
    if peer == "text-dedup":
        clusters = text_dedup(setting, corpus)
    else:
        near = {"datasketch": datasketch, "rensa": rensa, "gaoya-minhash": gaoya_minhash, "gaoya-simhash": gaoya_simhash}[peer](setting)
        found, ids = Clusters(), []
        for article, text in articles(corpus):
            n = found.add()
            ids.append(article)
            for other in near(n, text):
                found.join(n, other)
        clusters = found.of(ids)
    with open(output, "w", encoding="utf-8") as out:
        json.dump(clusters, out)


main(*sys.argv[1:])
