#!/bin/sh
# Runs one command of SafeSend inside the network, waits for its end and says how it went:
#   infra/run.sh production migrate                          the migrations
#   infra/run.sh production role                             the database role, as deploy.md says when
#   infra/run.sh production ace reconcile:ledger             any `node ace` command
# IMAGE=<registry>/safesend:<commit> takes another image than the one that was deployed by infra/deploy.sh.
set -eu
cd "$(dirname "$0")"
. ./common.sh
of_environment "${1:-}" " migrate|role|ace [COMMAND ARGUMENT…]"
group=$(group "$1")
what=${2:?migrate, role or ace}
job=$(group "$1")-$what
shift 2

job_id=$(az containerapp job show --name "$job" --resource-group "$group" --query id --output tsv)
# As JSON, whatever is in them.
arguments=$(for argument in "$@"; do printf '%s' "$argument" | jq -Rs .; done | jq -sc .)
# One execution with another image or other arguments; the job itself stays as it is.
request=$(az containerapp job show --name "$job" --resource-group "$group" --query properties.template --output json |
  jq -c --arg image "${IMAGE:-}" --arg what "$what" --argjson arguments "$arguments" '{
    containers: [.containers[] | {name, image, command, args, env, resources}
      | if $image != "" and $what != "role" then .image = $image else . end
      | if $what == "ace" then .args = ["ace"] + $arguments else . end
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
