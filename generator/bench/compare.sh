#!/usr/bin/env bash
# Measures playbook beside Hugo and beside a bare program, on a generated site.
#
#   generator/bench/compare.sh [-n PAGES] [-r RUNS] [-o plan] [-k] [-f]
#
#   -n  pages to generate (1000)          -r  turns that count, after one to warm up (5)
#   -o  kinds of page: "plan" alone       -k  keep the site and the results
#   -f  "full" only: leave out Hugo with its extras and the bare program
#
# Everything is built from nothing in every run: destinations and caches are
# removed before, and lie in memory where /dev/shm is (BENCH_DIR names another
# place). Hugo is installed into the user's cache folder if its version is not
# on the PATH. Nothing else is needed but Go.
set -euo pipefail
cd "$(dirname "$0")/../.."

hugo_version=0.165.0
pages=1000 runs=5 only='' keep='' few=''
while getopts n:r:o:kf flag; do
	case $flag in
	n) pages=$OPTARG ;;
	r) runs=$OPTARG ;;
	o) only=$OPTARG ;;
	k) keep=1 ;;
	f) few=1 ;;
	*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done

say() { printf '%s\n' "$*" >&2; }

# Hugo, of the one version that the figures in the documents are about.
find_hugo() {
	local own="${XDG_CACHE_HOME:-$HOME/.cache}/playbook-bench/hugo-$hugo_version" h
	for h in hugo "$own/hugo"; do
		if command -v "$h" >/dev/null 2>&1 && "$h" version | grep -q "v$hugo_version\b"; then
			command -v "$h"
			return
		fi
	done
	say "installing Hugo $hugo_version into $own (this takes minutes)"
	mkdir -p "$own"
	GOBIN="$own" CGO_ENABLED=0 GOFLAGS= go install "github.com/gohugoio/hugo@v$hugo_version" >&2
	echo "$own/hugo"
}
hugo=$(find_hugo)

base=${BENCH_DIR:-}
if [ -z "$base" ]; then
	base=${TMPDIR:-/tmp}
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then base=/dev/shm; fi
fi
work=$(mktemp -d "$base/playbook-bench.XXXXXX")
if [ -n "$keep" ]; then
	say "everything stays in $work"
else
	trap 'rm -rf "$work"' EXIT
fi

say "building"
mkdir -p "$work/bin"
CGO_ENABLED=0 go build -trimpath -o "$work/bin/" . ./generator/bench/corpus ./generator/bench/floor ./generator/bench/timing
cp -R generator/bench/hugo "$work/theme" # Hugo locks the folder it builds in

site=$work/site
corpus=$("$work/bin/corpus" -pages "$pages" -out "$site" ${only:+-only "$only"})
files=$(find "$site/content" -name '*.md' | wc -l | tr -d ' ')

# The theme must do what it is measured for.
"$hugo" --source "$work/theme" --contentDir "$site/content" --destination "$work/hugo" --cacheDir "$work/hugo-cache" --ignoreCache --quiet >"$work/hugo.log" 2>&1 || { cat "$work/hugo.log" >&2; exit 1; }
if [ -s "$work/hugo.log" ]; then
	say "Hugo complains:"
	head -5 "$work/hugo.log" >&2
	exit 1
fi
wanted=$({ grep -rhoE '\]\([^)]*\.md(#[^)]*)?\)' "$site/content" || true; } | wc -l)
for part in TableOfContents 'class="crumbs"' 'class="side"'; do
	have=$({ grep -rl --include=index.html "$part" "$work/hugo" || true; } | wc -l)
	if [ "$have" -lt "$pages" ]; then say "only $have of Hugo's pages have $part"; exit 1; fi
done
unresolved=$({ grep -rhoE --include=index.html 'href="[^"]*\.md["#]' "$work/hugo" || true; } | wc -l)
if [ "$unresolved" -gt 0 ]; then say "Hugo left $unresolved of $wanted links unresolved"; exit 1; fi

# What Hugo makes without extras: pages and feeds. Ours keep glossary, relations,
# checks and search, but no Markdown, data, calendars and templates beside them.
{ cat "$site/playbook.toml"; printf '\n[outputs]\nmarkdown = false\njson = false\ncalendar = false\ntemplates = false\nllms = false\n'; } >"$work/lean.toml"

set -- \
	+++ name='playbook, pages and search' wipe="$work/lean" wipe="$site/.playbook" out="$work/lean" \
	"$work/bin/playbook" build --source "$site" --config "$work/lean.toml" --destination "$work/lean" --no-cache --as-of 2026-11-23 --quiet \
	+++ name='playbook, everything' wipe="$work/ours" wipe="$site/.playbook" out="$work/ours" \
	"$work/bin/playbook" build --source "$site" --destination "$work/ours" --no-cache --as-of 2026-11-23 --quiet \
	+++ name="Hugo $hugo_version, plain" wipe="$work/hugo" wipe="$work/hugo-cache" wipe="$work/theme/resources" out="$work/hugo" \
	"$hugo" --source "$work/theme" --contentDir "$site/content" --destination "$work/hugo" --cacheDir "$work/hugo-cache" --ignoreCache --noBuildLock --quiet
if [ -z "$few" ]; then
	set -- "$@" \
		+++ name='Hugo, minified, with search words' wipe="$work/hugo2" wipe="$work/hugo-cache" wipe="$work/theme/resources" out="$work/hugo2" \
		"$hugo" --source "$work/theme" --config hugo.toml,search.toml --contentDir "$site/content" --destination "$work/hugo2" --cacheDir "$work/hugo-cache" --ignoreCache --noBuildLock --quiet --minify \
		+++ name='bare program' wipe="$work/floor" out="$work/floor" "$work/bin/floor" "$site/content" "$work/floor" \
		+++ name='bare program, minified' wipe="$work/floor2" out="$work/floor2" "$work/bin/floor" -minify "$site/content" "$work/floor2"
fi
table=$("$work/bin/timing" -runs "$runs" -pages "$files" "$@")

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1 || true)
if [ -z "$cpu" ]; then cpu=$(sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -m); fi
load=$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime | sed 's/.*average[s]*: //')
cat <<REPORT

$table

- Site: $corpus.
- Playbook is measured with all that its build does; Hugo and the bare program with what their names say.
- Machine: $cpu, $(getconf _NPROCESSORS_ONLN) processors, $(uname -sm), $(go env GOVERSION); load $load at the end.
- Destination: $(df -P "$work" | awk 'NR==2 {print $1}'); from nothing each time; medians of $runs turns after one to warm up.
REPORT
