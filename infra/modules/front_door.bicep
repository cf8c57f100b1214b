metadata description = 'Front Door: our name, its certificate, a firewall, and a cache for what never changes.'

param name string
param tags object

/** Such as safesend.example. Its DNS records are shown by the outputs. */
param hostName string

/** Of the web app, as App Service calls it. */
param originHostName string

/** Detection only writes down what Prevention would refuse. */
@allowed(['Detection', 'Prevention'])
param firewallMode string

/** Requests of one address in five minutes; the finer limits are SafeSend's own (start/limiter.ts). */
param requestsPerFiveMinutes int

param workspaceId string

resource profile 'Microsoft.Cdn/profiles@2025-06-01' = {
  name: name
  location: 'global'
  tags: tags
  // Premium, because Standard has no managed rules.
  sku: { name: 'Premium_AzureFrontDoor' }
  properties: {
    // The most there is. A stream says something every 20 seconds (config/transmit.ts), an upload may be slow.
    originResponseTimeoutSeconds: 240
    logScrubbing: {
      state: 'Enabled'
      // Links of mails and signed URLs are keys.
      scrubbingRules: [
        { matchVariable: 'QueryStringArgNames', selectorMatchOperator: 'EqualsAny', state: 'Enabled' }
      ]
    }
  }
}

resource endpoint 'Microsoft.Cdn/profiles/afdEndpoints@2025-06-01' = {
  parent: profile
  name: name
  location: 'global'
  tags: tags
  properties: { enabledState: 'Enabled' }
}

// Without probes: with a single origin they decide nothing, and they would come from everywhere.
resource originGroup 'Microsoft.Cdn/profiles/originGroups@2025-06-01' = {
  parent: profile
  name: 'web'
  properties: {
    sessionAffinityState: 'Disabled'
    loadBalancingSettings: { sampleSize: 4, successfulSamplesRequired: 3, additionalLatencyInMilliseconds: 50 }
  }
}

resource origin 'Microsoft.Cdn/profiles/originGroups/origins@2025-06-01' = {
  parent: originGroup
  name: 'web'
  properties: {
    hostName: originHostName
    // App Service has a certificate for this name. Ours arrives in X-Forwarded-Host; SafeSend knows itself by APP_URL.
    originHostHeader: originHostName
    httpPort: 80
    httpsPort: 443
    priority: 1
    weight: 1000
    enabledState: 'Enabled'
    enforceCertificateNameCheck: true
  }
}

resource domain 'Microsoft.Cdn/profiles/customDomains@2025-06-01' = {
  parent: profile
  name: replace(hostName, '.', '-')
  properties: {
    hostName: hostName
    tlsSettings: { certificateType: 'ManagedCertificate', minimumTlsVersion: 'TLS12' }
  }
}

// Everything is passed on as it is, and nothing of it kept: API, console, streams, uploads.
resource everything 'Microsoft.Cdn/profiles/afdEndpoints/routes@2025-06-01' = {
  parent: endpoint
  name: 'everything'
  properties: {
    originGroup: { id: originGroup.id }
    customDomains: [{ id: domain.id }]
    patternsToMatch: ['/*']
    supportedProtocols: ['Http', 'Https']
    httpsRedirect: 'Enabled'
    forwardingProtocol: 'HttpsOnly'
    linkToDefaultDomain: 'Disabled'
    enabledState: 'Enabled'
  }
  dependsOn: [origin]
}

// Vite writes a hash of the content into each name here, so what is cached is never old.
resource assets 'Microsoft.Cdn/profiles/afdEndpoints/routes@2025-06-01' = {
  parent: endpoint
  name: 'assets'
  properties: {
    originGroup: { id: originGroup.id }
    customDomains: [{ id: domain.id }]
    patternsToMatch: ['/assets/*']
    supportedProtocols: ['Http', 'Https']
    httpsRedirect: 'Enabled'
    forwardingProtocol: 'HttpsOnly'
    linkToDefaultDomain: 'Disabled'
    enabledState: 'Enabled'
    cacheConfiguration: {
      queryStringCachingBehavior: 'IgnoreQueryString'
      compressionSettings: {
        isCompressionEnabled: true
        contentTypesToCompress: [
          'text/css'
          'text/javascript'
          'application/javascript'
          'application/json'
          'image/svg+xml'
        ]
      }
    }
  }
  dependsOn: [origin, everything]
}

resource firewall 'Microsoft.Network/FrontDoorWebApplicationFirewallPolicies@2025-03-01' = {
  // Letters and digits only.
  name: replace('${name}firewall', '-', '')
  location: 'global'
  tags: tags
  sku: { name: 'Premium_AzureFrontDoor' }
  properties: {
    policySettings: {
      enabledState: 'Enabled'
      mode: firewallMode
      customBlockResponseStatusCode: 403
      requestBodyCheck: 'Enabled'
      logScrubbing: {
        state: 'Enabled'
        scrubbingRules: [
          { matchVariable: 'QueryStringArgNames', selectorMatchOperator: 'EqualsAny', state: 'Enabled' }
          { matchVariable: 'RequestBodyJsonArgNames', selectorMatchOperator: 'EqualsAny', state: 'Enabled' }
          { matchVariable: 'RequestBodyPostArgNames', selectorMatchOperator: 'EqualsAny', state: 'Enabled' }
          { matchVariable: 'RequestCookieNames', selectorMatchOperator: 'EqualsAny', state: 'Enabled' }
          { matchVariable: 'RequestHeaderNames', selectorMatchOperator: 'Equals', selector: 'authorization', state: 'Enabled' }
        ]
      }
    }
    customRules: {
      rules: [
        {
          // Providers come from few addresses and many at once, and nothing they write may look like an attack
          // by chance. SafeSend believes them by their signature only.
          name: 'LetWebhooksIn'
          priority: 10
          enabledState: 'Enabled'
          ruleType: 'MatchRule'
          matchConditions: [
            {
              // Of the path alone or of the whole address, but from its beginning: no query may look like it.
              matchVariable: 'RequestUri'
              operator: 'RegEx'
              negateCondition: false
              matchValue: ['^(https?://[^/?#]+)?/api/webhooks/(stripe|stripe/connect|paypal|venmo)$']
              transforms: ['Lowercase']
            }
          ]
          action: 'Allow'
        }
        {
          name: 'LimitEachAddress'
          priority: 20
          enabledState: 'Enabled'
          ruleType: 'RateLimitRule'
          rateLimitDurationInMinutes: 5
          rateLimitThreshold: requestsPerFiveMinutes
          groupBy: [{ variableName: 'SocketAddr' }]
          matchConditions: [
            {
              // Everybody: a rule must have a condition.
              matchVariable: 'SocketAddr'
              operator: 'IPMatch'
              negateCondition: false
              matchValue: ['0.0.0.0/0', '::/0']
            }
          ]
          action: 'Block'
        }
      ]
    }
    managedRules: {
      managedRuleSets: [
        { ruleSetType: 'Microsoft_DefaultRuleSet', ruleSetVersion: '2.1', ruleSetAction: 'Block' }
        { ruleSetType: 'Microsoft_BotManagerRuleSet', ruleSetVersion: '1.1' }
      ]
    }
  }
}

resource protection 'Microsoft.Cdn/profiles/securityPolicies@2025-06-01' = {
  parent: profile
  name: 'firewall'
  properties: {
    parameters: {
      type: 'WebApplicationFirewall'
      wafPolicy: { id: firewall.id }
      associations: [
        { domains: [{ id: domain.id }], patternsToMatch: ['/*'] }
      ]
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: profile
  name: 'logs'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FrontDoorWebApplicationFirewallLog', enabled: true }]
  }
}

/** What X-Azure-FDID says of requests that came through here. */
output frontDoorId string = profile.properties.frontDoorId

/** Where the CNAME (or alias) of our name leads. */
output endpointHostName string = endpoint.properties.hostName

/** Value of the TXT record _dnsauth.<our name>, by which Azure knows that it is ours. */
output validationToken string = domain.properties.validationProperties.validationToken
