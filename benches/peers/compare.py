"""Runs each tool in a process of its own and prints the table. See `run`."""

import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Shown as; what peer.py is told; with a peer's own settings or those of its first example.
PEERS = [
    ("datasketch MinHash LSH, J ≥ .7", "datasketch", "0.7"),
    ("datasketch MinHash LSH, J ≥ .5", "datasketch", "0.5"),
    ("rensa RMinHash LSH, J ≥ .7", "rensa", "0.7"),
    ("rensa RMinHash LSH, J ≥ .5", "rensa", "0.5"),
    ("gaoya MinHash, J ≥ .7", "gaoya-minhash", "0.7"),
    ("gaoya MinHash, J ≥ .5", "gaoya-minhash", "0.5"),
    ("gaoya SimHash, k = 3", "gaoya-simhash", "3"),
    ("gaoya SimHash, k = 10", "gaoya-simhash", "10"),
    ("text-dedup SimHash, k = 3", "text-dedup", "3"),
]


def measured(command):
    """Seconds, seconds of all processors, and peak memory in bytes, of a process; None if it failed."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    complaints = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        lines = complaints.strip().splitlines()
        print(f"left out: {' '.join(command[1:4])}: {lines[-1] if lines else status}", file=sys.stderr)
        return None
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def read_gold(path):
    """Pairs of ids, whether they are duplicates, whether they are templates, and their weight."""
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")]
    names, rows = rows[0], rows[1:]
    pairs = []
    for row in rows:
        row = dict(zip(names, row))
        if "?" in row["label"]:
            continue
        pairs.append((row["a"], row["b"], row["label"] in "DC", row["label"] == "T", float(row.get("weight") or 1)))
    return pairs


def agreement(gold, cluster):
    """Precision, recall and F1, weighted, of calling a pair duplicate that is in one cluster; and how many
    templates are."""
    called = [
        (duplicate, template, weight)
        for a, b, duplicate, template, weight in gold
        if cluster.get(a) is not None and cluster.get(a) == cluster.get(b)
    ]
    hits = sum(weight for duplicate, _, weight in called if duplicate)
    all_called = sum(weight for _, _, weight in called)
    positives = sum(weight for _, _, duplicate, _, weight in gold if duplicate)
    precision = hits / all_called if all_called else 1.0
    recall = hits / positives
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return precision, recall, f1, sum(template for _, template, _ in called)


def row(name, cost, gold, clusters):
    cluster = {article: number for number, members in enumerate(clusters) for article in members}
    precision, recall, f1, templates = agreement(gold, cluster)
    left = sum(len(members) - 1 for members in clusters)
    seconds, processor, peak = cost
    print(f"| {name} | {seconds:.1f} | {processor:.1f} | {peak / 1e6:.0f} | {left:,} | {precision:.2f} | {recall:.2f} | {f1:.2f} | {templates} |", flush=True)


def main(basma, corpus, gold):
    gold = read_gold(gold)
    templates = sum(template for _, _, _, template, _ in gold)
    print(f"| tool | seconds | CPU seconds | peak MB | left out | precision | recall | F1 | templates called duplicates, of {templates} |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "clusters")
        for name, options in [("**basma dedup**", []), ("basma dedup, one thread", ["--threads", "1"]), ("basma dedup --method simhash-only, k = 8", ["--method", "simhash-only"])]:
            command = [basma, "dedup", corpus, "--output", os.path.join(folder, "clean"), "--clusters", output, *options]
            cost = measured(command)
            if cost:
                with open(output, encoding="utf-8") as lines:
                    clusters = [[member["id"] for member in json.loads(line)["members"]] for line in lines]
                row(name, cost, gold, clusters)
        for name, peer, setting in PEERS:
            cost = measured([sys.executable, os.path.join(HERE, "peer.py"), peer, setting, corpus, output])
            if cost:
                with open(output, encoding="utf-8") as found:
                    row(name, cost, gold, json.load(found))


main(*sys.argv[1:])
