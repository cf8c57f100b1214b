metadata description = 'Files of people: never anonymous, kept for 35 days after they are deleted, as backups of the database are.'

/** 3 to 24 letters and digits; unique in the world. */
param name string
param location string
param tags object
param endpointsSubnetId string
param blobZoneId string
param workspaceId string

/** Production: Standard_GZRS, in three zones and the paired region. */
param skuName string

/** As long as a restored database may still name a file. */
var keptDays = 35

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: skuName }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowCrossTenantReplication: false
    // The driver signs URLs with the account's key.
    allowSharedKeyAccess: true
    isLocalUserEnabled: false
    // Both parties fetch files from here by signed URLs that last five minutes, so the name must answer
    // to the internet. Who has no signature gets nothing; web and worker come by the private endpoint.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' }
    // We sign for half an hour at most; who signs longer is seen in the log.
    sasPolicy: { sasExpirationPeriod: '00.01:00:00', expirationAction: 'Log' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: keptDays }
    containerDeleteRetentionPolicy: { enabled: true, days: keptDays }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'safesend'
  properties: { publicAccess: 'None' }
}

// No rule deletes a file that is in use: SafeSend does that, by its own retention (docs/privacy.md).
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'forget-what-was-deleted'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'] }
            // What this deletes is kept as deleted for `keptDays` more, and then gone.
            actions: {
              version: { delete: { daysAfterCreationGreaterThan: 1 } }
              snapshot: { delete: { daysAfterCreationGreaterThan: 1 } }
            }
          }
        }
        {
          name: 'cool-what-is-seldom-read'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['safesend/deliverables/', 'safesend/evidence/', 'safesend/quarantine/']
            }
            actions: {
              baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 90 } }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'logs'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

module endpoint 'private_endpoint.bicep' = {
  name: 'storage-endpoint'
  params: {
    name: '${name}-endpoint'
    location: location
    tags: tags
    subnetId: endpointsSubnetId
    zoneId: blobZoneId
    targetId: account.id
    groupId: 'blob'
  }
}

output name string = account.name
output containerName string = container.name
