metadata description = 'The workers: the same image with another command. Without a slot: a worker in a slot would work.'

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

/** App Service asks every container over HTTP, and restarts what does not answer: the worker answers here. */
var port = '3333'

var allSettings = union(settings, {
  PORT: port
  WEBSITES_PORT: port
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
  // Longer than --stop-timeout below: running jobs are finished before the process is killed. 120 is the most.
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: '120'
})

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
  properties: {
    serverFarmId: planId
    reserved: true
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    // Whatever the process calls goes by the network, where private names are known.
    outboundVnetRouting: { applicationTraffic: true }
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      linuxFxVersion: 'DOCKER|${image}'
      appCommandLine: 'worker --health-port=${port} --stop-timeout=90'
      acrUseManagedIdentityCreds: true
      acrUserManagedIdentityID: identity.properties.clientId
      alwaysOn: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
      healthCheckPath: '/health/live'
      // Nobody has business here; the platform's own questions pass.
      ipSecurityRestrictionsDefaultAction: 'Deny'
      scmIpSecurityRestrictionsDefaultAction: 'Deny'
      scmIpSecurityRestrictionsUseMain: false
      appSettings: map(items(allSettings), setting => { name: setting.key, value: setting.value })
    }
  }

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
