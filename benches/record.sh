#!/bin/sh
# Measures everything that ARCHITECTURE.md and docs/sizing.md have figures of, and draws the plots, into a
# folder of today's date: benches/record/YYYY-MM-DD. Takes more than an hour on two cores, which should have
# nothing else to do; SIZES are millions of fingerprints and articles, as memory allows (50 take 12 GB).
#
#   benches/record.sh            all of it
#   benches/record.sh lookup     one of fingerprint, lookup, memory, adversarial, rpc, plots
#
# With BASMA_CORPUS=FILE fingerprints are also measured of its articles.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/benches/record/$(date +%F)
sizes=${SIZES:-1 10 50}
seconds=${SECONDS_EACH:-20}
target=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p "$folder"

bench() {
    cargo bench -p basma-benches --bench "$@" --record "$folder" | tee -a "$folder/$1.txt"
}

# The real server and the echo in turns of a second, the same client and articles. Checks last: they ask what was submitted.
rpc() {
    cargo build --release -p basma-client -p basma-server
    log=$(mktemp)
    "$target/release/basmad" --in-memory --listen 127.0.0.1:0 > "$log" 2>&1 &
    server=$!
    trap 'kill "$server"; rm -f "$log"' EXIT
    until address=$(grep -o '127\.0\.0\.1:[0-9]*' "$log"); do sleep .1; done
    export BASMA_SERVER="http://$(echo "$address" | head -n 1)"
    basma=$target/release/basma
    "$basma" collections create simhash --method simhash-only > "$folder/settings.txt"
    "$basma" collections get default >> "$folder/settings.txt"
    : > "$folder/rpc.jsonl"
    for collection in default simhash; do
        for load in 'submit unary 1 64' 'submit unary 4 16' 'submit stream 4 64' 'submit batch 4 4' 'check unary 1 64'; do
            set -- $load
            line=$("$basma" --collection "$collection" load --rpc "$1" --mode "$2" --connections "$3" \
                --in-flight "$4" --duration "${seconds}s" --duplicates .2 --floor --json)
            echo "{\"collection\":\"$collection\",\"rpc\":\"$1\",\"mode\":\"$2\",\"connections\":$3,\"in_flight\":$4,\"load\":$line}" |
                tee -a "$folder/rpc.jsonl"
        done
    done
}

for part in ${@:-fingerprint lookup memory adversarial rpc plots}; do
    case $part in
    fingerprint)
        : > "$folder/fingerprint.txt"
        (unset BASMA_CORPUS && bench fingerprint --)
        [ -z "${BASMA_CORPUS:-}" ] || bench fingerprint --
        ;;
    lookup)
        : > "$folder/lookup.txt"
        for size in $sizes; do bench lookup -- --size "$size"; done
        ;;
    memory)
        : > "$folder/memory.txt"
        bench memory -- --size "$(echo "$sizes" | tr ' ' ,)"
        bench memory -- --method full --size .013,.128
        bench memory -- --method full --size .1,1 --resident 100000
        ;;
    adversarial)
        : > "$folder/adversarial.txt"
        bench adversarial --
        ;;
    rpc) rpc ;;
    plots) cargo run --release -p basma-benches --bin basma-plots -- "$folder" ;;
    *) echo "there is no $part" >&2; exit 2 ;;
    esac
done
