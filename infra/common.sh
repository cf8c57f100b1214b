# What the scripts of this folder share; they read it in. Needs az (signed in), jq and openssl.

group() { echo "safesend-$1"; }

of_environment() {
  case "${1:-}" in
    staging | production) ;;
    *) echo "usage: $0 staging|production$2" >&2 && exit 2 ;;
  esac
}

# The vault of a resource group, or nothing before there is one.
vault_of() { az keyvault list --resource-group "$1" --query '[0].name' --output tsv; }

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
