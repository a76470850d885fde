#!/usr/bin/env bash
# Makes docs/img/dashboard.png: a map under some load for SECONDS (240), as headless Chromium shows it.
# Needs chromium and redis-tools: apt-get install chromium redis-tools
set -euo pipefail
seconds=${1:-240}
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d /dev/shm/shmap-dashboard.XXXXXX)
port=17171
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT

go build -C "$root" -o "$dir/shmap" ./cmd/shmap
cd "$dir"
./shmap create sessions.shmap --capacity 30000 --enable-ttl
./shmap serve sessions.shmap --http $port &
./shmap serve sessions.shmap --resp unix:"$dir/a" --allow-write &
./shmap serve sessions.shmap --resp unix:"$dir/b" --allow-write &
until redis-cli -s "$dir/a" ping && redis-cli -s "$dir/b" ping; do sleep 0.1; done >/dev/null 2>&1

bench() { nice redis-benchmark -q -c 2 "$@" >/dev/null 2>&1; }
for i in $(seq 1 1000); do # the load goes up and down, and what it stores lasts five seconds or for ever
	((SECONDS < seconds)) || break
	n=$((200 + i % 40 * 12))
	bench -s "$dir/a" -n $n -r 100000 -d $((30 + i % 50)) -t set &
	bench -s "$dir/b" -n $((n / 2)) -r 20000 setex session:__rand_int__ $((3 + i % 5)) "a session" &
	wait $! || true
	sleep 0.4
done

nice chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$dir/chromium" --window-size=1120,1150 \
	--timeout=5000 --screenshot="$dir/dashboard.png" "http://127.0.0.1:$port/maps/0" 2>/dev/null
cp "$dir/dashboard.png" "$root/docs/img/dashboard.png"
stat -c '%n: %s bytes' "$root/docs/img/dashboard.png"
