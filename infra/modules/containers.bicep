metadata description = 'Where containers run that are no web app: the jobs, and the scanner of uploads, which stays.'

param name string
param location string
param tags object
param subnetId string
param networkId string
param workspaceName string
param identityId string
param registryServer string

/** A clamd for uploads. Its image is imported once: infra/deploy.sh. */
param withScanner bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = { name: workspaceName }

resource containers 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: '${name}-jobs'
  location: location
  tags: tags
  properties: {
    vnetConfiguration: { internal: true, infrastructureSubnetId: subnetId }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: workspace.properties.customerId
        sharedKey: workspace.listKeys().primarySharedKey
      }
    }
  }
}

resource scanner 'Microsoft.App/containerApps@2026-01-01' = if (withScanner) {
  name: '${name}-clamd'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: containers.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [{ server: registryServer, identity: identityId }]
      // "External" of the environment, which is internal to our network.
      ingress: { external: true, transport: 'tcp', targetPort: 3310, exposedPort: 3310 }
    }
    template: {
      containers: [
        {
          name: 'clamd'
          image: '${registryServer}/clamav:stable'
          env: [
            // Above `deliverable_max_mb` of 100: see docs/files.md.
            { name: 'CLAMD_CONF_StreamMaxLength', value: '120M' }
            { name: 'CLAMD_CONF_MaxFileSize', value: '120M' }
            { name: 'CLAMD_CONF_MaxScanSize', value: '400M' }
            { name: 'CLAMD_CONF_AlertExceedsMax', value: 'yes' }
          ]
          resources: { cpu: json('2.0'), memory: '4Gi' }
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

// An internal environment has a domain of its own, which only a zone in our network knows.
module zone 'private_zone.bicep' = if (withScanner) {
  name: 'jobs-zone'
  params: {
    domain: containers.properties.defaultDomain
    address: containers.properties.staticIp
    tags: tags
    networkId: networkId
  }
}

output environmentId string = containers.id

/** Empty without a scanner. */
output scannerHost string = withScanner ? '${name}-clamd.${containers.properties.defaultDomain}' : ''
