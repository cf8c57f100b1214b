#!/bin/sh
# Makes SafeSend's resources on Azure what infra/ says, again and again the same way.
#   infra/deploy.sh staging westeurope          shared parts: network, database, vault, registry, Front Door
#   infra/deploy.sh staging westeurope apps     and what runs the image, once secrets and image are there
# DATABASE_SERVER=<name> switches to another server, as after a restore (docs/runbook.md, Disasters). Without, the one that
# is used stays.
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " LOCATION [apps]"
environment=$1 location=${2:?a location such as westeurope} group=$(group "$1")

value_of() { sed -nE "s/^(param)? *$1( =|:) '([^']*)'.*/\\3/p" "parameters/$environment.bicepparam"; }
examples=$(examples_in "parameters/$environment.bicepparam")
if [ -n "$examples" ]; then
  echo "infra/parameters/$environment.bicepparam still has examples where yours belong:" >&2
  echo "$examples" | sed 's/^/  /' >&2
  exit 1
fi

if [ "$(value_of FRONTEND_URL)" = "https://$(value_of hostName)" ]; then
  echo "FRONTEND_URL is hostName, where SafeSend itself answers: mails would lead to pages that are not there." >&2
  exit 1
fi

az group create --name "$group" --location "$location" --output none

# An empty server in the place of one that is lost would look like a success.
in_use=$(server_in_use "$group")
export DATABASE_SERVER="${DATABASE_SERVER:-$in_use}"
if [ -n "$DATABASE_SERVER" ]; then
  found=$(az postgres flexible-server list --resource-group "$group" --query "[?name=='$DATABASE_SERVER'].name | [0]" --output tsv)
  if [ -z "$found" ]; then
    echo "There is no database server $DATABASE_SERVER in $group: restore it first (docs/runbook.md, Disasters)." >&2
    exit 1
  fi
fi
if [ -n "$in_use" ] && [ "$DATABASE_SERVER" != "$in_use" ]; then
  if [ "${3:-}" != apps ]; then
    echo "A switch from $in_use to $DATABASE_SERVER needs \"apps\": web, worker and jobs change together." >&2
    exit 1
  fi
  states=$(states_of "$group" | paste -sd' ' -)
  if [ "$states" != 'Stopped Stopped Stopped' ]; then
    echo "A switch from $in_use to $DATABASE_SERVER while something runs would leave payments in both: stop web, its slot and worker ($states)." >&2
    exit 1
  fi
  echo "from $in_use to $DATABASE_SERVER"
fi

# The passwords are made once and live in the vault; they pass through the environment of this process only.
vault=$(vault_of "$group")
if [ -n "$vault" ]; then
  open_vault "$vault"
  DATABASE_ADMIN_PASSWORD=$(secret_of "$vault" database-admin-password)
  DATABASE_PASSWORD=$(secret_of "$vault" database-password)
  server=$(az postgres flexible-server list --resource-group "$group" --query '[0].name' --output tsv)
  if [ -n "$server" ] && { [ -z "$DATABASE_ADMIN_PASSWORD" ] || [ -z "$DATABASE_PASSWORD" ]; }; then
    echo "There is a database, and its passwords are not both in $vault: nothing was changed." >&2
    exit 1
  fi
fi
export DATABASE_ADMIN_PASSWORD="${DATABASE_ADMIN_PASSWORD:-$(openssl rand -hex 24)Aa1}"
export DATABASE_PASSWORD="${DATABASE_PASSWORD:-$(openssl rand -hex 24)Aa1}"
FRONT_DOOR_RANGES=$(front_door_ranges "$location")
export FRONT_DOOR_RANGES
[ -n "$FRONT_DOOR_RANGES" ] || { echo 'Azure names no addresses of Front Door.' >&2; exit 1; }

export WITH_APPS=false IMAGE=
if [ "${3:-}" = apps ]; then
  registry=$(az acr list --resource-group "$group" --query '[0].name' --output tsv)
  # What runs now goes on running; the first time, what was pushed last.
  IMAGE=$(running_image "$group")
  if [ -z "$IMAGE" ]; then
    tag=$(az acr repository show-tags --name "$registry" --repository safesend --orderby time_desc --top 1 --output tsv)
    IMAGE=$registry.azurecr.io/safesend:${tag:?no image in the registry yet}
  fi
  WITH_APPS=true
  # Images that are not ours, from our own registry: no deployment waits for somebody else's.
  for image in library/postgres:17-alpine clamav/clamav:stable; do
    az acr import --name "$registry" --source "docker.io/$image" --image "${image#*/}" --force --output none
  done
  echo "with $IMAGE"
fi

outputs=$(az deployment group create --resource-group "$group" --name "safesend-$environment" \
  --parameters "parameters/$environment.bicepparam" --query properties.outputs --output json)
printf '%s' "$outputs" | jq -r 'to_entries[] | "\(.key): \(.value.value)"'
