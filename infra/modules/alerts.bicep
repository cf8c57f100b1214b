metadata description = 'Who is told when what is wrong. Each alert has its paragraph in docs/runbook.md, by the same name.'

param name string
param location string
param tags object
param workspaceId string
param insightsId string
param planId string
param databaseId string

/** Who is woken. */
param alertEmail string

/** Such as https://safesend.example. */
param siteUrl string

/** Connections beyond which the pools of the processes no longer fit; see infra/README.md. */
param connectionLimit int

// Severity 0 and 1 wake somebody; 2 waits for the morning. `per` names the dimension that makes an alert of its own.
var metricQueries = [
  { name: 'outcomes-unknown', metric: 'safesend.outcomes.oldest_unknown_age', above: 3600, severity: 1 }
  { name: 'events-unhandled', metric: 'safesend.events.oldest_unhandled_age', above: 900, severity: 1 }
  { name: 'events-failed', metric: 'safesend.events.failed', above: 0, severity: 1 }
  { name: 'breaks-open', metric: 'safesend.breaks.open', above: 0, severity: 1, per: 'rail' }
  { name: 'reconciliation-late', metric: 'safesend.reconciliation.age', above: 93600, severity: 1, per: 'rail' }
  { name: 'queue-lag', metric: 'safesend.queue.lag', above: 300, severity: 1 }
  { name: 'dead-letters', metric: 'safesend.queue.dead_letters', above: 0, severity: 2 }
  { name: 'payouts-failed', metric: 'safesend.payouts.failed', above: 0, severity: 2 }
  { name: 'payouts-returned', metric: 'safesend.payouts.returned', above: 0, severity: 2 }
  { name: 'refunds-owed', metric: 'safesend.refunds.owed', above: 0, severity: 2, per: 'currency' }
  { name: 'suspense', metric: 'safesend.suspense', above: 0, severity: 1, per: 'currency' }
]

var otherQueries = [
  {
    name: 'worker-silent'
    query: 'AppMetrics | where Name == "safesend.queue.lag"'
    operator: 'LessThan'
    threshold: 1
    severity: 0
  }
  {
    name: 'server-errors'
    query: 'AppRequests | where toint(ResultCode) >= 500'
    operator: 'GreaterThan'
    threshold: 10
    severity: 1
  }
  {
    name: 'fatal-log'
    query: 'AppServiceConsoleLogs | where ResultDescription contains \'"level":60\''
    operator: 'GreaterThan'
    threshold: 0
    severity: 0
  }
]

var resourceMetrics = [
  { name: 'database-cpu', target: databaseId, metric: 'cpu_percent', above: 80, aggregation: 'Average', severity: 2 }
  { name: 'database-storage', target: databaseId, metric: 'storage_percent', above: 80, aggregation: 'Maximum', severity: 1 }
  { name: 'database-connections', target: databaseId, metric: 'active_connections', above: connectionLimit, aggregation: 'Maximum', severity: 1 }
  { name: 'machines-cpu', target: planId, metric: 'CpuPercentage', above: 85, aggregation: 'Average', severity: 2 }
  { name: 'machines-memory', target: planId, metric: 'MemoryPercentage', above: 90, aggregation: 'Average', severity: 2 }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'safesend'
    enabled: true
    emailReceivers: [
      { name: 'people', emailAddress: alertEmail, useCommonAlertSchema: true }
    ]
  }
}

resource metricAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in metricQueries: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: 'docs/runbook.md, Alerts, ${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        allOf: [
          {
            query: 'AppMetrics | where Name == "${alert.metric}" | extend value = Sum / ItemCount, per = tostring(Properties.${alert.?per ?? 'none'})'
            metricMeasureColumn: 'value'
            timeAggregation: 'Maximum'
            dimensions: contains(alert, 'per') ? [{ name: 'per', operator: 'Include', values: ['*'] }] : []
            operator: 'GreaterThan'
            threshold: alert.above
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: [people.id] }
    }
  }
]

resource countAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in otherQueries: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.name
      description: 'docs/runbook.md, Alerts, ${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT10M'
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: alert.operator
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: [people.id] }
    }
  }
]

resource resourceAlerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in resourceMetrics: {
    name: '${name}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: 'docs/runbook.md, Alerts, ${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [alert.target]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThan'
            threshold: alert.above
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]

// From five places, as anybody would ask: through Front Door, by our own name and certificate.
resource ready 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-ready'
  location: location
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-ready'
    Name: '${name}-ready'
    Enabled: true
    Frequency: 300
    Timeout: 30
    Kind: 'standard'
    RetryEnabled: true
    Locations: [
      { Id: 'emea-nl-ams-azr' }
      { Id: 'emea-gb-db3-azr' }
      { Id: 'us-va-ash-azr' }
      { Id: 'us-ca-sjc-azr' }
      { Id: 'apac-sg-sin-azr' }
    ]
    Request: {
      RequestUrl: '${siteUrl}/health/ready'
      HttpVerb: 'GET'
      FollowRedirects: false
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource unavailable 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-unavailable'
  location: 'global'
  tags: tags
  properties: {
    description: 'docs/runbook.md, Alerts, unavailable'
    severity: 0
    enabled: true
    scopes: [ready.id, insightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: ready.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: people.id }]
  }
}
