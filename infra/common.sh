# What the scripts of this folder share; they read it in. Needs az (signed in), jq and openssl.

# Of an environment. SAFESEND_GROUP is for a second one beside it, in another region (docs/runbook.md, Disasters).
group() { echo "${SAFESEND_GROUP:-safesend-$1}"; }

of_environment() {
  case "${1:-}" in
    staging | production) ;;
    *) echo "usage: $0 staging|production$2" >&2 && exit 2 ;;
  esac
}

# The vault of a resource group, or nothing before there is one.
vault_of() { az keyvault list --resource-group "$1" --query '[0].name' --output tsv; }

# The web app or the worker of a resource group, or nothing before there is one.
app_of() { az webapp list --resource-group "$1" --query "[?contains(name, '-$2-')].name | [0]" --output tsv; }

# The server that the web app has its database on, by the name of its secret; or nothing before there is a web app.
server_in_use() {
  app=$(app_of "$1" web)
  [ -n "$app" ] || return 0
  reference=$(az webapp config appsettings list --resource-group "$1" --name "$app" \
    --query "[?name=='DATABASE_URL'].value | [0]" --output tsv)
  case "$reference" in
    */secrets/database-url-*) reference=${reference##*/database-url-} && echo "${reference%%[/)]*}" ;;
    *) echo "DATABASE_URL of $app names no secret of the vault: which server it has is not known." >&2 && return 1 ;;
  esac
}

# The image that the web app of a resource group runs, or nothing before there is one. A release changes it there only.
running_image() {
  app=$(app_of "$1" web)
  [ -n "$app" ] || return 0
  image=$(az webapp config show --name "$app" --resource-group "$1" --query linuxFxVersion --output tsv)
  echo "${image#DOCKER|}"
}

# Lets this machine into the vault until the script ends. It is closed to the internet otherwise.
open_vault() {
  opened_vault=$1 opened_address=$(curl -fsS https://api.ipify.org)
  trap 'az keyvault network-rule remove --name "$opened_vault" --ip-address "$opened_address/32" --output none' EXIT
  az keyvault network-rule add --name "$1" --ip-address "$opened_address/32" --output none
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    az keyvault secret list --vault-name "$1" --maxresults 1 --output none 2>/dev/null && return
    sleep 5
  done
  echo "The vault $1 does not let us in: are you in the group of operators, and is $opened_address the address it sees?" >&2
  exit 1
}

secret_of() { az keyvault secret show --vault-name "$1" --name "$2" --query value --output tsv 2>/dev/null || true; }

# AzureFrontDoor.Backend as Azure lists it now, with commas: what TRUSTED_PROXIES must name, and nothing else.
front_door_ranges() {
  az network list-service-tags --location "$1" \
    --query "values[?name=='AzureFrontDoor.Backend'].properties.addressPrefixes[]" --output tsv | paste -sd, -
}

# Names of parameters and settings in a file of parameters whose value is still an example.
examples_in() {
  awk -F '[ :=]+' '
    /^ *\/\// { next }
    tolower($0) ~ /(^|[^a-z])example([^a-z]|$)|replace[_ ]me|your-company|00000000-0000/ {
      print ($1 == "param" || $1 == "") ? $2 : $1
    }' "$1"
}

# Whether web, its slot and worker run or are stopped: a word each.
states_of() {
  web=$(app_of "$1" web) worker=$(app_of "$1" worker)
  az webapp show --resource-group "$1" --name "$web" --query state --output tsv
  az webapp show --resource-group "$1" --name "$web" --slot staging --query state --output tsv
  az webapp show --resource-group "$1" --name "$worker" --query state --output tsv
}
