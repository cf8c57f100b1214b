metadata description = 'Azure Managed Redis: what web processes count requests together by. Nothing in it has to be kept.'

param name string
param location string
param tags object
param endpointsSubnetId string
param redisZoneId string
param skuName string

/** Two nodes. Without, web processes count alone while it restarts. */
param highAvailability bool

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: skuName }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: highAvailability ? 'Enabled' : 'Disabled'
    publicNetworkAccess: 'Disabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    // One endpoint that speaks plain Redis: our client knows no cluster.
    clusteringPolicy: 'EnterpriseCluster'
    evictionPolicy: 'VolatileTTL'
    // The address with its key goes to the vault; our client has no Entra tokens.
    accessKeysAuthentication: 'Enabled'
  }
}

module endpoint 'private_endpoint.bicep' = {
  name: 'redis-endpoint'
  params: {
    name: '${name}-endpoint'
    location: location
    tags: tags
    subnetId: endpointsSubnetId
    zoneId: redisZoneId
    targetId: cluster.id
    groupId: 'redisEnterprise'
  }
}

output clusterName string = cluster.name
output databaseName string = database.name
