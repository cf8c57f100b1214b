metadata description = 'Secrets that Azure itself knows or is told of here: they go from their source to the vault, and are shown nowhere.'

param vaultName string
param storageName string
param redisClusterName string
param redisDatabaseName string
param insightsName string
/** Its name; the addresses of another server, as after a restore, are secrets of their own. */
param databaseServer string
param databaseHost string
param databaseName string

/** The role of SafeSend, which owns the database and nothing else. */
param databaseLogin string
@secure()
param databasePassword string
param adminLogin string
@secure()
param adminPassword string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: vaultName }
resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: storageName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }
resource redis 'Microsoft.Cache/redisEnterprise@2025-07-01' existing = {
  name: redisClusterName
  resource database 'databases' existing = { name: redisDatabaseName }
}

resource databaseUrl 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'database-url-${databaseServer}'
  properties: {
    // verify-full: encrypted, and by a certificate that Node trusts for this very name.
    value: 'postgres://${databaseLogin}:${uriComponent(databasePassword)}@${databaseHost}:5432/${databaseName}?sslmode=verify-full'
  }
}

resource appPassword 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'database-password'
  properties: { value: databasePassword }
}

resource postgresAdminUrl 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'database-admin-url-${databaseServer}'
  properties: {
    // Of psql, which trusts no certificate by itself: encrypted, inside our own network.
    value: 'postgres://${adminLogin}:${uriComponent(adminPassword)}@${databaseHost}:5432/${databaseName}?sslmode=require'
  }
}

resource postgresAdminPassword 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'database-admin-password'
  properties: { value: adminPassword }
}

resource redisUrl 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'redis-url'
  properties: {
    value: 'rediss://:${uriComponent(redis::database.listKeys().primaryKey)}@${redis.properties.hostName}:${redis::database.properties.port}/0'
  }
}

resource storageConnection 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'azure-storage-connection-string'
  properties: {
    value: 'DefaultEndpointsProtocol=https;AccountName=${storage.name};AccountKey=${storage.listKeys().keys[0].value};EndpointSuffix=${environment().suffixes.storage}'
  }
}

resource insightsConnection 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'applicationinsights-connection-string'
  properties: { value: insights.properties.ConnectionString }
}
