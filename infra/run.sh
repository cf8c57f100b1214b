#!/bin/sh
# Runs one command of SafeSend inside the network, waits for its end and says how it went:
#   infra/run.sh production migrate                          the migrations
#   infra/run.sh production role                             the database role, as deploy.md says when
#   infra/run.sh production ace reconcile:ledger             any `node ace` command
# On a restored server, once infra/restored.sh has prepared it (docs/runbook.md, Disasters):
#   infra/run.sh production --backup SERVER ace backup:verify     BACKUP_DATABASE_URL is there
#   infra/run.sh production --database SERVER ace recovery:begin  DATABASE_URL is there; also of migrate and role
# It is the image that the web app runs; IMAGE=<registry>/safesend:<commit> takes another.
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " [--backup SERVER|--database SERVER] migrate|role|ace [COMMAND ARGUMENT…]"
environment=$1 group=$(group "$1")
shift
variable='' secret=''
case "${1:-}" in
  --backup | --database)
    server=${2:?the name of a restored server}
    case "$1 ${3:-}" in
      '--database role') variable=ADMIN_URL secret=database-admin-url-$server ;;
      '--backup ace') variable=BACKUP_DATABASE_URL secret=database-url-$server ;;
      '--database ace' | '--database migrate') variable=DATABASE_URL secret=database-url-$server ;;
      *) echo "$1 does not go with ${3:-nothing}: --backup is for ace, --database for role, migrate and ace" >&2 && exit 2 ;;
    esac
    shift 2
    ;;
esac
what=${1:?migrate, role or ace}
job=safesend-$environment-$what
shift
[ "$what" = role ] || image=${IMAGE:-$(running_image "$group")}

job_id=$(az containerapp job show --name "$job" --resource-group "$group" --query id --output tsv)
if [ -n "$secret" ]; then
  # A reference and not the secret: the job reads it from the vault by the app's identity, as it reads the others.
  vault_uri=$(az keyvault list --resource-group "$group" --query '[0].properties.vaultUri' --output tsv)
  identity=$(az containerapp job show --name "$job" --resource-group "$group" \
    --query 'keys(identity.userAssignedIdentities) | [0]' --output tsv)
  az containerapp job secret set --name "$job" --resource-group "$group" --output none \
    --secrets "other-database=keyvaultref:${vault_uri}secrets/$secret,identityref:$identity"
fi
# As JSON, whatever is in them.
arguments=$(for argument in "$@"; do printf '%s' "$argument" | jq -Rs .; done | jq -sc .)
# One execution with another image or other arguments; the job itself stays as it is.
request=$(az containerapp job show --name "$job" --resource-group "$group" --query properties.template --output json |
  jq -c --arg image "${image:-}" --arg what "$what" --arg variable "$variable" --argjson arguments "$arguments" '{
    containers: [.containers[] | {name, image, command, args, env, resources}
      | if $image != "" then .image = $image else . end
      | if $what == "ace" then .args = ["ace"] + $arguments else . end
      | if $variable != "" then .env = [.env[] | select(.name != $variable)] + [{name: $variable, secretRef: "other-database"}] else . end
      | .resources |= {cpu, memory}
      | with_entries(select(.value != null))]
  }')
execution=$(az rest --method post --url "$job_id/start?api-version=2026-01-01" --body "$request" --query name --output tsv)
echo "$job: $execution started"

status=Running
while :; do
  status=$(az containerapp job execution show --name "$job" --resource-group "$group" \
    --job-execution-name "$execution" --query properties.status --output tsv)
  case "$status" in Running | Processing | Unknown) sleep 5 ;; *) break ;; esac
done
echo "$job: $execution $status"

# Its output reaches Log Analytics a few minutes later. A deployer may not read logs, and needs none.
workspace=$(az monitor log-analytics workspace list --resource-group "$group" --query '[0].customerId' --output tsv 2>/dev/null || true)
if [ -n "$workspace" ] && [ -z "${CI:-}" ]; then
  query="ContainerAppConsoleLogs_CL | where ContainerGroupName_s startswith '$execution' | order by TimeGenerated asc | project Log_s"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
    lines=$(az monitor log-analytics query --workspace "$workspace" --analytics-query "$query" --query '[].Log_s' --output tsv)
    [ -z "$lines" ] || break
    sleep 20
  done
  printf '%s\n' "$lines"
fi
[ "$status" = Succeeded ]
