metadata description = 'The machines that web and worker share.'

param name string
param location string
param tags object
param skuName string

/** With zones at least 2; 3 leaves two machines when a zone is lost. */
param capacity int
param zoneRedundant bool

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'linux'
  sku: { name: skuName, capacity: capacity }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

output id string = plan.id
