metadata description = 'The registry of our image. The app pulls from it and the deployer pushes to it, by their identities.'

/** Letters and digits; unique in the world. */
param name string
param location string
param tags object

/** Premium adds zones and private endpoints; the image holds no secret, and pulls need a login. */
@allowed(['Basic', 'Standard', 'Premium'])
param sku string
param appPrincipalId string
param deployerPrincipalId string

var roles = {
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  AcrPush: '8311e382-0749-4cb8-b61a-304f252e45ec'
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: 'Enabled'
    // Both work for managed identities; this one knows the roles below.
    roleAssignmentMode: 'LegacyRegistryPermissions'
  }
}

resource appPulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, appPrincipalId, roles.AcrPull)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.AcrPull)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource deployerPushes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, deployerPrincipalId, roles.AcrPush)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.AcrPush)
    principalId: deployerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output loginServer string = registry.properties.loginServer
