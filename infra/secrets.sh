#!/bin/sh
# Writes to the vault what only people know, asking for each on the terminal; Enter leaves what is there.
#   infra/secrets.sh production STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRETS SMTP_PASSWORD
# APP_KEY and JWT_PRIVATE_KEY are made here when they are named and not there yet. After --ask they are asked for, too:
# in a new vault they must be those of the old one (docs/runbook.md, Disasters).
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " VARIABLE…"
group=$(group "$1")
shift
vault=$(vault_of "$group")
open_vault "${vault:?there is no vault yet: infra/deploy.sh first}"

file=$(mktemp)
trap 'rm -f "$file"; az keyvault network-rule remove --name "$opened_vault" --ip-address "$opened_address/32" --output none' EXIT

# From a file, because arguments are seen by who looks at the list of processes.
write() {
  az keyvault secret set --vault-name "$vault" --name "$1" --file "$file" --encoding utf-8 --output none
  : >"$file"
  echo "$1: written"
}

# Into the file; no, if nothing was typed.
ask_for() {
  printf '%s: ' "$1"
  [ ! -t 0 ] || stty -echo
  IFS= read -r value || true
  [ ! -t 0 ] || stty echo
  echo
  [ -n "$value" ] || return 1
  printf '%s' "$value" >"$file"
  value=
}

ask=
for variable in "$@"; do
  [ "$variable" != --ask ] || { ask=yes && continue; }
  name=$(echo "$variable" | tr '[:upper:]_' '[:lower:]-')
  case "$variable" in
    APP_KEY | JWT_PRIVATE_KEY)
      # A new APP_KEY makes unreadable what the old one encrypted: never in passing.
      if [ -n "$(secret_of "$vault" "$name")" ]; then
        echo "$name: is there, and stays"
        continue
      fi
      if [ -n "$ask" ]; then
        ask_for "$variable" || continue
      elif [ "$variable" = APP_KEY ]; then
        openssl rand -hex 16 | tr -d '\n' >"$file"
      else
        # In one line: not every way into a container's environment keeps line breaks.
        openssl genpkey -algorithm ed25519 | awk '{ printf "%s\\n", $0 }' >"$file"
      fi
      ;;
    *)
      ask_for "$variable" || continue
      ;;
  esac
  write "$name"
done
