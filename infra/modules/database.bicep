metadata description = 'PostgreSQL: private, encrypted, in two zones, and to be restored to any second of 35 days.'

param name string
param location string
param tags object
param subnetId string
param zoneId string
param workspaceId string

/** 15 to 18 are tested. */
@allowed(['15', '16', '17', '18'])
param version string

/** Burstable has no standby. */
param sku { name: string, tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized' }
param storageGb int

/** A standby in another zone, which takes over within a minute or two and has lost nothing. */
param zoneRedundant bool

/** Copies of the backups in the paired region. Can be chosen only when the server is made. */
param geoRedundantBackup bool

param adminLogin string
@secure()
param adminPassword string

var databaseName = 'safesend'

var settings = [
  // Migration 0025 makes it, for the console's search of users.
  { name: 'azure.extensions', value: 'PG_TRGM' }
  { name: 'require_secure_transport', value: 'on' }
  { name: 'ssl_min_protocol_version', value: 'TLSv1.2' }
  // A process that hangs in the middle of a transaction must not hold the locks of a project for ever.
  { name: 'idle_in_transaction_session_timeout', value: '300000' }
]

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: sku
  properties: {
    version: version
    administratorLogin: adminLogin
    administratorLoginPassword: adminPassword
    authConfig: { passwordAuth: 'Enabled', activeDirectoryAuth: 'Disabled' }
    storage: { storageSizeGB: storageGb, autoGrow: 'Enabled' }
    backup: {
      backupRetentionDays: 35
      geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled'
    }
    network: {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: zoneId
      publicNetworkAccess: 'Disabled'
    }
    highAvailability: { mode: zoneRedundant ? 'ZoneRedundant' : 'Disabled' }
    // Sundays at 03:00 UTC, away from the reconciliation at 04:20.
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 0, startHour: 3, startMinute: 0 }
  }
}

// One after the other: the server refuses a change while it makes another.
@batchSize(1)
resource parameters 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = [
  for setting in settings: {
    parent: server
    name: setting.name
    properties: { value: setting.value, source: 'user-override' }
  }
]

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: databaseName
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  dependsOn: [parameters]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: server
  name: 'logs'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'PostgreSQLLogs', enabled: true }]
  }
}

output id string = server.id
output host string = server.properties.fullyQualifiedDomainName
output databaseName string = database.name
