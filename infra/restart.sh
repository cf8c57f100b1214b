#!/bin/sh
# Has web, its slot and the worker read the vault anew and begin again, as after a secret has changed:
#   infra/restart.sh production
# A restart alone is not enough: App Service remembers what the vault said for up to a day.
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" ""
group=$(group "$1")
web=$(app_of "$group" web)
worker=$(app_of "$group" worker)

anew() {
  id=$(az webapp show --resource-group "$group" "$@" --query id --output tsv)
  az rest --method post --url "$id/config/configreferences/appsettings/refresh?api-version=2025-03-01" --output none
  az webapp restart --resource-group "$group" "$@"
}

# The worker first: it brings the queue's own tables up to date.
anew --name "${worker:?there is no worker yet: infra/deploy.sh first}"
anew --name "${web:?there is no web app yet: infra/deploy.sh first}"
anew --name "$web" --slot staging
