metadata description = 'Who runs SafeSend, and who may deploy it. Neither has a password or a key.'

param name string
param location string
param tags object

/** owner/name on GitHub. Only its workflows may deploy, and only from the environment of the same name. */
param githubRepository string
param environmentName string

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-app'
  location: location
  tags: tags
}

resource deployer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-deployer'
  location: location
  tags: tags

  resource github 'federatedIdentityCredentials' = {
    name: 'github'
    properties: {
      issuer: 'https://token.actions.githubusercontent.com'
      subject: 'repo:${githubRepository}:environment:${environmentName}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
}

output appId string = app.id
output appPrincipalId string = app.properties.principalId
output deployerPrincipalId string = deployer.properties.principalId
output deployerClientId string = deployer.properties.clientId
