metadata description = 'What runs once and ends, inside the network: migrations, operator commands, the database role.'

param name string
param location string
param tags object
param environmentId string
param identityId string
param deployerPrincipalId string
param registryServer string
param vaultUri string

/** With its tag. */
param image string

/** Plain variables of SafeSend's environment. */
param variables object

/** Of those whose value is in the vault: what each is called there. */
param secretNames object

/** The role of SafeSend in the database, which the job `role` makes. */
param databaseLogin string
param databaseServer string
param databaseName string

var registries = [{ server: registryServer, identity: identityId }]

var jobSecrets = map(items(secretNames), secret => {
  name: toLower(replace(secret.key, '_', '-'))
  keyVaultUrl: '${vaultUri}secrets/${secret.value}'
  identity: identityId
})

var jobEnvironment = concat(
  map(items(variables), variable => { name: variable.key, value: variable.value }),
  map(items(secretNames), secret => { name: secret.key, secretRef: toLower(replace(secret.key, '_', '-')) })
)

// Both are SafeSend itself, with the environment of web and worker.
var jobs = [
  { name: 'migrate', command: 'migrate', seconds: 1800 }
  { name: 'ace', command: 'ace', seconds: 3600 }
]

resource safesend 'Microsoft.App/jobs@2026-01-01' = [
  for job in jobs: {
    name: '${name}-${job.name}'
    location: location
    tags: tags
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: { '${identityId}': {} }
    }
    properties: {
      environmentId: environmentId
      workloadProfileName: 'Consumption'
      configuration: {
        triggerType: 'Manual'
        manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
        replicaTimeout: job.seconds
        // What has failed half-way is looked at before it is tried again.
        replicaRetryLimit: 0
        registries: registries
        secrets: jobSecrets
      }
      template: {
        containers: [
          {
            name: 'safesend'
            image: image
            // `ace` is told its command when it is started: infra/run.sh.
            args: job.command == 'ace' ? ['ace', 'list'] : [job.command]
            env: jobEnvironment
            resources: { cpu: json('1.0'), memory: '2Gi' }
          }
        ]
      }
    }
  }
]

resource databaseRole 'Microsoft.App/jobs@2026-01-01' = {
  // 32 characters at most.
  name: '${name}-role'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 300
      replicaRetryLimit: 0
      registries: registries
      secrets: [
        { name: 'admin-url', keyVaultUrl: '${vaultUri}secrets/database-admin-url-${databaseServer}', identity: identityId }
        { name: 'password', keyVaultUrl: '${vaultUri}secrets/database-password', identity: identityId }
      ]
    }
    template: {
      containers: [
        {
          name: 'psql'
          image: '${registryServer}/postgres:17-alpine'
          command: ['/bin/sh', '-c']
          // Anew as often as one likes: it also sets a new password. The script reads its values from the
          // environment and not from its own text, so that none of them is quoted by hand.
          args: [
            '''
psql "$ADMIN_URL" -v ON_ERROR_STOP=1 <<'SQL'
\getenv login LOGIN
\getenv database DATABASE
\getenv password PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'login')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" PASSWORD :'password';
GRANT :"login" TO CURRENT_USER;
ALTER DATABASE :"database" OWNER TO :"login";
REVOKE CONNECT, TEMPORARY ON DATABASE :"database" FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
SQL
'''
          ]
          env: [
            { name: 'ADMIN_URL', secretRef: 'admin-url' }
            { name: 'PASSWORD', secretRef: 'password' }
            { name: 'LOGIN', value: databaseLogin }
            { name: 'DATABASE', value: databaseName }
          ]
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
        }
      ]
    }
  }
}

// Container Apps Jobs Operator: it starts the migration, with the image of its release, and changes no job.
resource deployerMigrates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: safesend[0]
  name: guid(safesend[0].id, deployerPrincipalId, 'Container Apps Jobs Operator')
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'b9a307c4-5aa3-4b52-ba60-2b17c136cd7b'
    )
    principalId: deployerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output migrateJobName string = safesend[0].name
output aceJobName string = safesend[1].name
output databaseRoleJobName string = databaseRole.name
