using '../main.bicep'

param environmentName = 'staging'
param networkPrefix = '10.30.0.0/16'

param plan = { skuName: 'P0v3', capacity: 1, zoneRedundant: false }
param database = {
  version: '17'
  sku: { name: 'Standard_B2s', tier: 'Burstable' }
  storageGb: 32
  zoneRedundant: false
  geoRedundantBackup: false
  connectionLimit: 300
}
param redis = { skuName: 'Balanced_B0', highAvailability: false }
param storageSku = 'Standard_LRS'
param registrySku = 'Basic'
param logRetentionDays = 30
param firewallMode = 'Prevention'
param requestsPerFiveMinutes = 3000
param withScanner = true

// What differs from company to company: yours, before the first deployment. No secrets here. As long as one of them
// is an example, infra/deploy.sh names it and does nothing.
param hostName = 'staging.safesend.example'
param githubRepository = 'your-company/safesend'
param operatorsGroupId = '00000000-0000-0000-0000-000000000000'
param alertEmail = 'on-call@safesend.example'
param extraSettings = {
  // Where people work: pages that are yours, at a host of their own. Mails lead there, and its scripts call hostName.
  FRONTEND_URL: 'https://app.staging.safesend.example'
  CORS_ORIGINS: 'https://app.staging.safesend.example'
  // Who runs this, as the legal pages say it.
  COMPANY_NAME: 'Replace Me Payments Ltd'
  COMPANY_ADDRESS: '1 Example Street, Example City'
  SUPPORT_EMAIL: 'help@staging.safesend.example'
  MAIL_TRANSPORT: 'smtp'
  MAIL_FROM: 'SafeSend <escrow@staging.safesend.example>'
  SMTP_HOST: 'smtp.example.com'
  SMTP_PORT: '587'
  SMTP_USERNAME: 'replace_me'
  STRIPE_PUBLISHABLE_KEY: 'pk_test_replace_me'
  STRIPE_CURRENCIES: 'USD'
  STRIPE_COUNTRY: 'US'
}
param secretVariables = [
  'APP_KEY'
  'JWT_PRIVATE_KEY'
  'SMTP_PASSWORD'
  'STRIPE_SECRET_KEY'
  'STRIPE_WEBHOOK_SECRETS'
  'STRIPE_CONNECT_WEBHOOK_SECRETS'
]

// infra/deploy.sh finds these out and never writes them down.
param withApps = bool(readEnvironmentVariable('WITH_APPS', 'false'))
param image = readEnvironmentVariable('IMAGE', '')
param frontDoorRanges = split(readEnvironmentVariable('FRONT_DOOR_RANGES', ''), ',')
param databaseServer = readEnvironmentVariable('DATABASE_SERVER', '')
param databaseAdminPassword = readEnvironmentVariable('DATABASE_ADMIN_PASSWORD', '')
param databasePassword = readEnvironmentVariable('DATABASE_PASSWORD', '')
