#!/bin/sh
# Makes SafeSend's resources on Azure what infra/ says, again and again the same way.
#   infra/deploy.sh staging westeurope          shared parts: network, database, vault, registry, Front Door
#   infra/deploy.sh staging westeurope apps     and what runs the image, once secrets and image are there
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " LOCATION [apps]"
environment=$1 location=${2:?a location such as westeurope} group=$(group "$1")

az group create --name "$group" --location "$location" --output none

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
  web=$(az webapp list --resource-group "$group" --query "[?contains(name, '-web-')].name | [0]" --output tsv)
  if [ -n "$web" ]; then
    running=$(az webapp config show --name "$web" --resource-group "$group" --query linuxFxVersion --output tsv)
    IMAGE=${running#DOCKER|}
  fi
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
