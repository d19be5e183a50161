#!/bin/sh
# Installs Waggle under systemd, on Debian and Ubuntu. Running it again brings an installation up to date.
set -eu

usage() {
  cat << 'END'
Usage: sudo deploy/install.sh [OPTIONS]

Installs the collector as a service that watches the Bitcoin node of this machine, and a part of
its own, root's, that runs bpftrace. What was configured before stays as it is.

Options:
  --datadir DIR    Data directory of the node (default: that of a node that runs)
  --bitcoind PATH  The node's binary, for tracing (default: that of a node that runs)
  --with NAME      Also start this service: hub or uplink; may be given twice
  --only NAME      Start hub or uplink, and no collector
  --deno PATH      Use this deno (default: the one on the PATH, else npm installs one)
  --cache DIR      Take packages from this Deno cache, and download nothing
  --root DIR       Install into this folder, and start nothing
  --dry-run        Say what would be done, and do nothing
  --remove         Stop and remove everything but configuration and recordings
  --purge          With --remove: these, too
  --help           This text
END
}

fail() {
  echo "$1" >&2
  exit "${2:-1}"
}

here=$(cd "$(dirname "$0")/.." && pwd)
deno_version=2.9.6
root='' datadir='' bitcoind='' deno='' cache='' services='' dry='' remove='' purge='' collector=yes

service() {
  case $1 in hub | uplink) services="$services waggle-$1.service" ;; *) fail "Unknown service \"$1\": there are hub and uplink" 2 ;; esac
}
while [ $# -gt 0 ]; do
  case $1 in
    --datadir | --bitcoind | --with | --only | --deno | --cache | --root)
      [ $# -ge 2 ] || fail "$1: needs a value" 2
      case $1 in
        --datadir) datadir=$2 ;;
        --bitcoind) bitcoind=$2 ;;
        --with) service "$2" ;;
        --only) service "$2" && collector='' ;;
        --deno) deno=$2 ;;
        --cache) cache=$2 ;;
        --root) root=${2%/} ;;
      esac
      shift
      ;;
    --dry-run) dry=yes ;;
    --remove) remove=yes ;;
    --purge) purge=yes ;;
    --help | -h) usage && exit 0 ;;
    *) fail "Unknown option $1: see deploy/install.sh --help" 2 ;;
  esac
  shift
done
[ -z "$purge" ] || [ -n "$remove" ] || fail "--purge: only together with --remove" 2

app=$root/opt/waggle
etc=$root/etc/waggle
units=$root/etc/systemd/system

# Does it, or says that it would.
run() {
  if [ -n "$dry" ]; then echo "  $*"; else "$@"; fi
}
# Writes its input into a file, unless the file is there and belongs to the operator.
write() {
  mode=$1 file=$2
  if [ -n "$dry" ]; then
    cat > /dev/null
    echo "  write $file"
    return
  fi
  mkdir -p "$(dirname "$file")"
  (umask 077 && cat > "$file.new") && chmod "$mode" "$file.new" && mv "$file.new" "$file"
}
keep() {
  # Nothing found the last time is nothing to keep.
  if [ -e "$2" ] && [ "$(cat "$2")" != '{}' ]; then
    cat > /dev/null
    echo "Kept $2"
  else
    write "$1" "$2"
  fi
}
# Only a system that runs has services.
system() {
  if [ -z "$root" ]; then run "$@"; fi
}

if [ -z "$root" ] && [ -z "$dry" ] && [ "$(id -u)" != 0 ]; then
  fail "This needs root: sudo $0, or try it with --dry-run or --root DIR"
fi

if [ -n "$remove" ]; then
  system systemctl disable --now waggle-collector.service waggle-hub.service waggle-uplink.service \
    waggle-prune.timer waggle-bpftrace.socket 2> /dev/null || true
  for unit in "$here"/deploy/systemd/waggle-*.*; do run rm -f "$units/$(basename "$unit")"; done
  run rm -rf "$units/waggle-collector.service.d" "$app"
  run rm -f "$root/etc/sysusers.d/waggle.conf"
  if [ -n "$purge" ]; then
    for name in collector uplink hub; do run rm -rf "$root/var/lib/waggle-$name" "$root/var/lib/private/waggle-$name"; done
    run rm -rf "$etc"
    system groupdel waggle 2> /dev/null || true
  else
    echo "Kept $etc and $root/var/lib/waggle-*; --remove --purge removes them"
  fi
  # Folders that the installation may have made; those of others are not empty.
  for folder in etc/systemd/system etc/systemd etc/sysusers.d opt etc var/lib/private var/lib var; do
    if [ -n "$root" ] && [ -d "$root/$folder" ]; then run rmdir --ignore-fail-on-non-empty "$root/$folder"; fi
  done
  system systemctl daemon-reload
  exit 0
fi

# The program that runs everything. npm is asked for it like for any other package.
is_new_enough() {
  [ "$("$1" eval 'console.log(Deno.version.deno.split(".").slice(0, 2).map(Number).join(" "))' 2> /dev/null |
    awk '{ print ($1 > 2 || $1 == 2 && $2 >= 9) }')" = 1 ]
}
find_deno() {
  [ -n "$deno" ] || deno=$(command -v deno || true)
  if [ -n "$deno" ]; then
    is_new_enough "$deno" || fail "Cannot use \"$deno\": Deno 2.9 or newer is needed; name another with --deno"
    return
  fi
  command -v npm > /dev/null || fail "There is neither deno nor npm: sudo apt-get install npm, or name a deno with --deno PATH"
  echo "Installing Deno $deno_version with npm"
  fetched=$(mktemp -d)
  trap 'rm -rf "$fetched"' EXIT
  run npm install --silent --no-audit --no-fund --prefix "$fetched" "deno@$deno_version"
  deno=$(find "$fetched" -type f -path '*/@deno/*/deno' 2> /dev/null | head -n 1)
  [ -n "$deno" ] || [ -n "$dry" ] || fail "Cannot install Deno: npm brought none for this machine; name one with --deno PATH"
}

find_deno
echo "Installing into $app"
run mkdir -p "$app/bin" "$app/cache"
copy() {
  # Old files that are no longer part of it go; what was installed beside stays.
  find "$app" -mindepth 1 -maxdepth 1 ! -name bin ! -name cache -exec rm -rf {} +
  tar -C "$here" --exclude ./.git --exclude ./tests --exclude ./node_modules --exclude ./coverage -cf - . |
    tar -C "$app" --no-same-owner -xf -
  chmod -R u+w,go+rX,go-w "$app"
}
[ "$here" = "$app" ] || run copy
copy_deno() {
  cmp -s "$deno" "$app/bin/deno" && return
  # A program that runs cannot be written to, but its name can be given to another.
  cp -L "$deno" "$app/bin/deno.new" && chmod 755 "$app/bin/deno.new" && mv "$app/bin/deno.new" "$app/bin/deno"
}
run copy_deno
if [ -n "$cache" ]; then run cp -Ru "$cache/npm" "$app/cache/"; fi
fetch() {
  (cd "$app" && DENO_DIR=$app/cache DENO_NO_UPDATE_CHECK=1 bin/deno install --quiet --frozen ${cache:+--cached-only} \
    --entrypoint mod.ts worker.ts extractors/ebpf/script_main.ts)
  chmod -R go+rX "$app/cache"
}
run fetch

echo "Looking for the node"
found='{}'
if [ -z "$dry" ] && [ -z "$root" -o -n "$datadir" ]; then
  found=$(cd "$app" && DENO_DIR=$app/cache bin/deno run --no-prompt --cached-only --frozen --quiet --allow-run=ps --allow-read \
    "--allow-env=HOME,WAGGLE_*" --allow-sys=uid,statfs mod.ts doctor --print-config ${datadir:+--datadir "$datadir"}) ||
    echo "None found: run this again with --datadir DIR"
fi
# A value of the configuration that was found: it has one key a line.
value() {
  printf '%s\n' "$found" | sed -n "s/^ *\"$1\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p" | head -n 1
}
[ -n "$datadir" ] || datadir=$(value datadir)
[ -n "$bitcoind" ] || bitcoind=$(value bitcoind)
[ -n "$bitcoind" ] || bitcoind=/usr/local/bin/bitcoind

run mkdir -p "$etc"
printf '%s\n' "${found:-{\}}" | keep 600 "$etc/collector.json"
printf '{}\n' | keep 600 "$etc/uplink.json"
printf '{}\n' | keep 600 "$etc/hub.json"
printf '# The binary of the node, whose tracepoints are listened to\nBITCOIND="%s"\n' "$bitcoind" | keep 644 "$etc/feeder.env"
printf '# How much of the archive is kept\nKEEP_DAYS=30\nKEEP_GIB=50\n' | keep 644 "$etc/archive.env"

for unit in "$here"/deploy/systemd/waggle-*.*; do
  write 644 "$units/$(basename "$unit")" < "$unit"
done
write 644 "$root/etc/sysusers.d/waggle.conf" < "$here/deploy/systemd/waggle.sysusers.conf"

# Whose files the node's are: the collector joins that group, and sees the folder where homes are hidden.
node_conf() {
  echo '# Written by deploy/install.sh, for the node that was found; yours to change.'
  echo '[Service]'
  group=$(stat -c %G "$datadir" 2> /dev/null || true)
  case $group in '' | root | UNKNOWN) ;; *) echo "SupplementaryGroups=$group" ;; esac
  case $datadir in /home/* | ~root/*) printf 'ProtectHome=tmpfs\nBindReadOnlyPaths="%s"\n' "$datadir" ;; esac
}
if [ -n "$datadir" ]; then node_conf | keep 644 "$units/waggle-collector.service.d/node.conf"; fi

# Tracing takes bpftrace and a node that was built for it; everything else works without.
can_trace() {
  if ! [ -x /usr/bin/bpftrace ]; then
    echo "No tracing: sudo apt-get install bpftrace, and run this again"
    return 1
  fi
  why=$(cd "$app" && DENO_DIR=$app/cache bin/deno run --no-prompt --cached-only --frozen --quiet "--allow-read=$bitcoind" \
    extractors/ebpf/script_main.ts --bpftrace "$(/usr/bin/bpftrace --version)" "$bitcoind" 2>&1 > /dev/null) && return
  echo "No tracing: $(printf '%s\n' "$why" | tail -n 1); with another binary, --bitcoind PATH"
  return 1
}
if [ -n "$collector" ]; then
  services="waggle-collector.service waggle-prune.timer$services"
  if [ -n "$root$dry" ] || can_trace; then services="waggle-bpftrace.socket $services"; fi
fi
system systemd-sysusers /etc/sysusers.d/waggle.conf
system systemctl daemon-reload
failed=''
for unit in $services; do
  system systemctl --quiet enable "$unit"
  system systemctl restart "$unit" || failed="$failed $unit"
done

if [ -n "$root$dry" ]; then
  echo "Done; nothing was started"
elif [ -n "$failed" ]; then
  fail "Cannot start$failed: journalctl -xe says why"
else
  echo "Done. Look: systemctl status 'waggle-*'; journalctl -fu 'waggle-*'"
  [ -z "$collector" ] ||
    echo "What is missing: cd $app && sudo env DENO_DIR=$app/cache bin/deno run -P=collector mod.ts doctor"
fi
