metadata description = 'All of SafeSend on Azure, in one resource group. Read infra/README.md first; deploy with infra/deploy.sh.'

targetScope = 'resourceGroup'

@allowed(['staging', 'production'])
param environmentName string
param location string = resourceGroup().location

/** Two passes: without apps first, as they read secrets and an image that must be there before them. */
param withApps bool

/** Such as safesend.example: where people and providers reach us. */
param hostName string

/** With its tag, as CI pushed it: <registry>/safesend:<commit>. Empty in the first pass. */
param image string = ''

/** owner/name of the repository whose workflow deploys. */
param githubRepository string

/** Object id of the Entra group of operators. */
param operatorsGroupId string
param alertEmail string

/** AzureFrontDoor.Backend as Azure lists it today; infra/deploy.sh asks each time. */
param frontDoorRanges array

/**
 * The server that SafeSend has its database on. Empty: the one that this template makes the first time. After a restore
 * it is another one, which a deployment must keep: infra/deploy.sh asks the web app.
 */
param databaseServer string

@secure()
param databaseAdminPassword string
@secure()
param databasePassword string

param networkPrefix string
param plan { skuName: string, capacity: int, zoneRedundant: bool }
param database {
  version: string
  sku: { name: string, tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized' }
  storageGb: int
  zoneRedundant: bool
  geoRedundantBackup: bool
  connectionLimit: int
}
param redis { skuName: string, highAvailability: bool }
param storageSku string
param registrySku string
param logRetentionDays int
param firewallMode string
param requestsPerFiveMinutes int

/** A clamd in the network: without, uploads are not scanned. */
param withScanner bool

/** Environment of SafeSend beyond what this template knows: mail, rails, sign-in. No secrets. */
param extraSettings object

/**
 * Variables whose value infra/secrets.sh has written to the vault. Only what is there: of a secret that is missing App
 * Service hands the reference itself to the process.
 */
param secretVariables array

var name = 'safesend-${environmentName}'
// For names that are unique in the world.
var suffix = take(uniqueString(resourceGroup().id), 6)
var webName = '${name}-web-${suffix}'
var vaultName = 'safesend-${take(environmentName, 4)}-${suffix}'
var vaultUri = 'https://${vaultName}${environment().suffixes.keyvaultDns}/'
var databaseServerName = empty(databaseServer) ? '${name}-${suffix}' : databaseServer
var databaseAdminLogin = 'postgresadmin'
var databaseLogin = 'safesend'
var tags = {
  application: 'safesend'
  environment: environmentName
}

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    name: name
    location: location
    tags: tags
    addressPrefix: networkPrefix
  }
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  params: {
    name: name
    location: location
    tags: tags
    githubRepository: githubRepository
    environmentName: environmentName
  }
}

module observability 'modules/observability.bicep' = {
  name: 'observability'
  params: {
    name: name
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  params: {
    name: 'safesend${environmentName}${suffix}'
    location: location
    tags: tags
    sku: registrySku
    appPrincipalId: identities.outputs.appPrincipalId
    deployerPrincipalId: identities.outputs.deployerPrincipalId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    endpointsSubnetId: network.outputs.endpointsSubnetId
    vaultZoneId: network.outputs.vaultZoneId
    workspaceId: observability.outputs.workspaceId
    appPrincipalId: identities.outputs.appPrincipalId
    operatorsGroupId: operatorsGroupId
  }
}

module postgres 'modules/database.bicep' = {
  name: 'database'
  params: {
    name: databaseServerName
    location: location
    tags: tags
    subnetId: network.outputs.databaseSubnetId
    zoneId: network.outputs.postgresZoneId
    workspaceId: observability.outputs.workspaceId
    version: database.version
    sku: database.sku
    storageGb: database.storageGb
    zoneRedundant: database.zoneRedundant
    geoRedundantBackup: database.geoRedundantBackup
    adminLogin: databaseAdminLogin
    adminPassword: databaseAdminPassword
  }
}

module cache 'modules/redis.bicep' = {
  name: 'redis'
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    endpointsSubnetId: network.outputs.endpointsSubnetId
    redisZoneId: network.outputs.redisZoneId
    skuName: redis.skuName
    highAvailability: redis.highAvailability
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'safesend${take(environmentName, 4)}${suffix}'
    location: location
    tags: tags
    endpointsSubnetId: network.outputs.endpointsSubnetId
    blobZoneId: network.outputs.blobZoneId
    workspaceId: observability.outputs.workspaceId
    skuName: storageSku
  }
}

module secrets 'modules/secrets.bicep' = {
  name: 'secrets'
  params: {
    vaultName: vault.outputs.name
    storageName: storage.outputs.name
    redisClusterName: cache.outputs.clusterName
    redisDatabaseName: cache.outputs.databaseName
    insightsName: observability.outputs.insightsName
    databaseServer: databaseServerName
    databaseHost: postgres.outputs.host
    databaseName: postgres.outputs.databaseName
    databaseLogin: databaseLogin
    databasePassword: databasePassword
    adminLogin: databaseAdminLogin
    adminPassword: databaseAdminPassword
  }
}

module machines 'modules/plan.bicep' = {
  name: 'plan'
  params: {
    name: '${name}-plan'
    location: location
    tags: tags
    skuName: plan.skuName
    capacity: plan.capacity
    zoneRedundant: plan.zoneRedundant
  }
}

module frontDoor 'modules/front_door.bicep' = {
  name: 'front-door'
  params: {
    name: '${name}-${suffix}'
    tags: tags
    hostName: hostName
    originHostName: '${webName}.azurewebsites.net'
    firewallMode: firewallMode
    requestsPerFiveMinutes: requestsPerFiveMinutes
    workspaceId: observability.outputs.workspaceId
  }
}

// Written by this template itself (modules/secrets.bicep), so they are always there.
var ownSecretVariables = [
  'DATABASE_URL'
  'REDIS_URL'
  'AZURE_STORAGE_CONNECTION_STRING'
  'APPLICATIONINSIGHTS_CONNECTION_STRING'
]

var vaultVariables = concat(ownSecretVariables, secretVariables)

// What every process of SafeSend is told in the clear. tests/unit/infra.spec.ts holds this to start/env.ts.
var variables = union(
  {
    NODE_ENV: 'production'
    HOST: '0.0.0.0'
    PORT: '3333'
    LOG_LEVEL: 'info'
    APP_URL: 'https://${hostName}'
    TRUSTED_PROXIES: 'linklocal,${join(frontDoorRanges, ',')}'
    DATABASE_POOL_MAX: '10'
    DRIVE_DISK: 'azure'
    AZURE_STORAGE_CONTAINER: storage.outputs.containerName
  },
  withApps && withScanner ? { CLAMAV_HOST: containers!.outputs.scannerHost, CLAMAV_PORT: '3310' } : {},
  extraSettings
)

// What each is called in the vault. The database's has the server in its name: after a switch to another server it is
// another reference, so that no value that App Service or Container Apps remembers leads to the old one.
var secretNames = toObject(
  vaultVariables,
  variable => variable,
  variable => variable == 'DATABASE_URL' ? 'database-url-${databaseServerName}' : toLower(replace(variable, '_', '-'))
)

var references = toObject(
  items(secretNames),
  secret => secret.key,
  secret => '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${secret.value})'
)

module containers 'modules/containers.bicep' = if (withApps) {
  name: 'containers'
  params: {
    name: name
    location: location
    tags: tags
    subnetId: network.outputs.jobsSubnetId
    networkId: network.outputs.networkId
    workspaceName: observability.outputs.workspaceName
    identityId: identities.outputs.appId
    registryServer: registry.outputs.loginServer
    withScanner: withScanner
  }
}

module jobs 'modules/jobs.bicep' = if (withApps) {
  name: 'jobs'
  params: {
    name: name
    location: location
    tags: tags
    environmentId: containers!.outputs.environmentId
    identityId: identities.outputs.appId
    deployerPrincipalId: identities.outputs.deployerPrincipalId
    registryServer: registry.outputs.loginServer
    vaultUri: vaultUri
    image: image
    variables: variables
    secretNames: secretNames
    databaseServer: databaseServerName
    databaseLogin: databaseLogin
    databaseName: postgres.outputs.databaseName
  }
  dependsOn: [secrets]
}

module web 'modules/web.bicep' = if (withApps) {
  name: 'web'
  params: {
    name: webName
    location: location
    tags: tags
    planId: machines.outputs.id
    subnetId: network.outputs.appsSubnetId
    workspaceId: observability.outputs.workspaceId
    identityId: identities.outputs.appId
    deployerPrincipalId: identities.outputs.deployerPrincipalId
    image: image
    settings: union(variables, references)
    frontDoorId: frontDoor.outputs.frontDoorId
  }
  dependsOn: [secrets]
}

module worker 'modules/worker.bicep' = if (withApps) {
  name: 'worker'
  params: {
    name: '${name}-worker-${suffix}'
    location: location
    tags: tags
    planId: machines.outputs.id
    subnetId: network.outputs.appsSubnetId
    workspaceId: observability.outputs.workspaceId
    identityId: identities.outputs.appId
    deployerPrincipalId: identities.outputs.deployerPrincipalId
    image: image
    settings: union(variables, references)
  }
  dependsOn: [secrets]
}

module alerts 'modules/alerts.bicep' = if (withApps) {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: observability.outputs.workspaceId
    insightsId: observability.outputs.insightsId
    planId: machines.outputs.id
    databaseId: postgres.outputs.id
    alertEmail: alertEmail
    siteUrl: 'https://${hostName}'
    connectionLimit: database.connectionLimit
  }
}

output registryServer string = registry.outputs.loginServer
output vaultName string = vault.outputs.name
output deployerClientId string = identities.outputs.deployerClientId
output databaseServer string = databaseServerName
output frontDoorHostName string = frontDoor.outputs.endpointHostName
output frontDoorValidationToken string = frontDoor.outputs.validationToken
output webName string = webName
output workerName string = '${name}-worker-${suffix}'
output jobsName string = name
