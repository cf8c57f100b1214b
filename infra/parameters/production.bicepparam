using '../main.bicep'

param environmentName = 'production'
param networkPrefix = '10.20.0.0/16'

param plan = { skuName: 'P1v3', capacity: 3, zoneRedundant: true }
param database = {
  version: '17'
  sku: { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose' }
  storageGb: 128
  zoneRedundant: true
  geoRedundantBackup: true
  connectionLimit: 600
}
param redis = { skuName: 'Balanced_B0', highAvailability: true }
param storageSku = 'Standard_GZRS'
param registrySku = 'Standard'
param logRetentionDays = 90
param firewallMode = 'Prevention'
param requestsPerFiveMinutes = 3000
param withScanner = true

// What differs from company to company: yours, before the first deployment. No secrets here. As long as one of them
// is an example, infra/deploy.sh names it and does nothing.
param hostName = 'safesend.example'
param githubRepository = 'your-company/safesend'
param operatorsGroupId = '00000000-0000-0000-0000-000000000000'
param alertEmail = 'on-call@safesend.example'
param extraSettings = {
  // Where people work: pages that are yours, at a host of their own. Mails lead there, and its scripts call hostName.
  FRONTEND_URL: 'https://app.safesend.example'
  CORS_ORIGINS: 'https://app.safesend.example'
  // Who runs this, as the legal pages say it.
  COMPANY_NAME: 'Replace Me Payments Ltd'
  COMPANY_ADDRESS: '1 Example Street, Example City'
  SUPPORT_EMAIL: 'help@safesend.example'
  MAIL_TRANSPORT: 'smtp'
  MAIL_FROM: 'SafeSend <escrow@safesend.example>'
  SMTP_HOST: 'smtp.example.com'
  SMTP_PORT: '587'
  SMTP_USERNAME: 'replace_me'
  STRIPE_PUBLISHABLE_KEY: 'pk_live_replace_me'
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
