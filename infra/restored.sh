#!/bin/sh
# Makes a restored database server ready to be looked at by infra/run.sh, and to be switched to by infra/deploy.sh, as
# docs/runbook.md says under Disasters. Web, worker and their database stay as they are.
#   infra/restored.sh production safesend-production-restored
# It gets the administrator's password that is in the vault, as it has the one of the time it was restored to; and
# the vault gets its addresses.
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " SERVER"
group=$(group "$1") server=${2:?the name of the restored server}
in_use=$(server_in_use "$group")
if [ "$server" = "${in_use:?there is no web app yet: infra/deploy.sh first}" ]; then
  echo "$server is the server that web and worker have: give the restored one." >&2
  exit 2
fi
show() { az postgres flexible-server show --resource-group "$group" --name "$server" --query "$1" --output tsv; }
id=$(show id)
host=$(show fullyQualifiedDomainName)

vault=$(vault_of "$group")
open_vault "${vault:?there is no vault}"
file=$(mktemp)
trap 'rm -f "$file"; az keyvault network-rule remove --name "$opened_vault" --ip-address "$opened_address/32" --output none' EXIT

ADMIN_PASSWORD=$(secret_of "$vault" database-admin-password)
export ADMIN_PASSWORD
[ -n "$ADMIN_PASSWORD" ] || { echo "$vault has no database-admin-password." >&2; exit 1; }
# From a file, because arguments are seen by who looks at the list of processes.
jq -n '{properties: {administratorLoginPassword: env.ADMIN_PASSWORD}}' >"$file"
az rest --method patch --url "$id?api-version=2025-08-01" --body "@$file" --output none
: >"$file"

for name in database-url database-admin-url; do
  address=$(secret_of "$vault" "$name-$in_use")
  [ -n "$address" ] || { echo "$vault has no $name-$in_use." >&2; exit 1; }
  # The same role, password and database at another host.
  after=${address#*@}
  printf '%s@%s:%s' "${address%%@*}" "$host" "${after#*:}" >"$file"
  az keyvault secret set --vault-name "$vault" --name "$name-$server" --file "$file" --encoding utf-8 --output none
  : >"$file"
  echo "$name-$server: written"
done

state=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sleep 15
  state=$(show state)
  [ "$state" != Ready ] || break
done
echo "$server: $state"
[ "$state" = Ready ]
