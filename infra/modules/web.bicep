metadata description = 'The web servers: an App Service with a slot in which each release is tried before it is swapped in.'

param name string
param location string
param tags object
param planId string
param subnetId string
param workspaceId string
param identityId string
param deployerPrincipalId string

/** With its tag. */
param image string

/** Environment of the process. */
param settings object

/** The id of our Front Door: what another customer's sends is refused. */
param frontDoorId string

var port = '3333'

var siteConfig = {
  linuxFxVersion: 'DOCKER|${image}'
  appCommandLine: 'web'
  acrUseManagedIdentityCreds: true
  acrUserManagedIdentityID: identity.properties.clientId
  alwaysOn: true
  http20Enabled: true
  webSocketsEnabled: false
  minTlsVersion: '1.2'
  scmMinTlsVersion: '1.2'
  ftpsState: 'Disabled'
  remoteDebuggingEnabled: false
  // Alive, not ready: who fails here for long is replaced, which mends no database. See infra/README.md.
  healthCheckPath: '/health/live'
  ipSecurityRestrictionsDefaultAction: 'Deny'
  ipSecurityRestrictions: [
    {
      name: 'front-door'
      description: 'Our own Front Door and nobody else.'
      priority: 100
      action: 'Allow'
      tag: 'ServiceTag'
      ipAddress: 'AzureFrontDoor.Backend'
      headers: { 'x-azure-fdid': [frontDoorId] }
    }
  ]
  scmIpSecurityRestrictionsDefaultAction: 'Deny'
  scmIpSecurityRestrictionsUseMain: false
  appSettings: map(items(allSettings), setting => { name: setting.key, value: setting.value })
}

var allSettings = union(settings, {
  PORT: port
  WEBSITES_PORT: port
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
  // A stream or an upload may take this long to end when its process is told to stop.
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: '60'
  // The swap waits for this, and does not happen without it.
  WEBSITE_SWAP_WARMUP_PING_PATH: '/health/ready'
  WEBSITE_SWAP_WARMUP_PING_STATUSES: '200'
})

var siteProperties = {
  serverFarmId: planId
  reserved: true
  httpsOnly: true
  clientAffinityEnabled: false
  publicNetworkAccess: 'Enabled'
  virtualNetworkSubnetId: subnetId
  // Whatever the process calls goes by the network, where private names are known.
  outboundVnetRouting: { applicationTraffic: true }
  keyVaultReferenceIdentity: identityId
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: last(split(identityId, '/'))
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'app,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: union(siteProperties, { siteConfig: siteConfig })

  // Nobody publishes by a password.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource staging 'Microsoft.Web/sites/slots@2025-03-01' = {
  parent: site
  name: 'staging'
  location: location
  tags: tags
  kind: 'app,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  // The restrictions stay with the slot when it is swapped: here, too, nobody but Front Door comes in, which
  // has no way here. A deployment lets itself in for as long as its smoke test takes.
  properties: union(siteProperties, { siteConfig: siteConfig })

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'logs'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'AppServiceConsoleLogs', enabled: true }
      { category: 'AppServicePlatformLogs', enabled: true }
    ]
  }
}

// Website Contributor: images, restarts, swaps and the door of the slot, of this app alone.
resource deployerDeploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: site
  name: guid(site.id, deployerPrincipalId, 'Website Contributor')
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'de139f84-1756-47ae-9be6-808fbbe84772'
    )
    principalId: deployerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output name string = site.name
output hostName string = site.properties.defaultHostName
