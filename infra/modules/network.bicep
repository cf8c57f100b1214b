metadata description = 'The virtual network, and the private names of what is reached through it.'

param name string
param location string
param tags object

/** /16, cut into four subnets. No overlap with networks that are to be peered. */
param addressPrefix string

var zones = {
  vault: 'privatelink.vaultcore.azure.net'
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  redis: 'privatelink.redis.azure.net'
  // Of the server itself, not of a private endpoint: the name is ours to choose.
  postgres: '${name}.private.postgres.database.azure.com'
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: '${name}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        // Outbound traffic of web and worker. One address per instance, twice while it scales or restarts.
        name: 'apps'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [
            { name: 'apps', properties: { serviceName: 'Microsoft.Web/serverFarms' } }
          ]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          delegations: [
            { name: 'database', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 26, 2) }
      }
      {
        // Migrations, operator commands and the scanner.
        name: 'jobs'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 3)
          delegations: [
            { name: 'jobs', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
    ]
  }

  resource apps 'subnets' existing = { name: 'apps' }
  resource database 'subnets' existing = { name: 'database' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
  resource jobs 'subnets' existing = { name: 'jobs' }
}

resource privateZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zones): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in items(zones): {
    parent: privateZones[index]
    name: '${name}-network'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

output networkId string = network.id
output appsSubnetId string = network::apps.id
output databaseSubnetId string = network::database.id
output endpointsSubnetId string = network::endpoints.id
output jobsSubnetId string = network::jobs.id
output vaultZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.vault)
output blobZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.blob)
output redisZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.redis)
output postgresZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.postgres)
