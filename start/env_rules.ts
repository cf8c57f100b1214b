import { createPrivateKey } from 'node:crypto'
import { isIP } from 'node:net'
import { Secret } from '@adonisjs/core/helpers'
import { readOrigins } from '#start/cors_origins'
import { readRedisUrl } from '#start/redis_url'
import { trustedProxies } from '#start/trusted_proxies'

/**
 * How one variable is read. What is thrown is shown to who sets it, beside that of all others: it names the
 * variable and what is expected of it, and does not repeat the value, which may be a secret.
 */
export type Rule<T> = (name: string, value?: string) => T

const isSet = (value?: string) => value !== undefined && value.trim() !== ''

const is = (name: string, value: string) => process.env[name]?.trim() === value

export const inProduction = () => is('NODE_ENV', 'production')

/**
 * @param expected goes on after "NAME must be"
 * @param read answers undefined, or throws, for what is none
 */
export function must<T>(expected: string, read: (value: string) => T | undefined): Rule<T> {
  return (name, value) => {
    if (!isSet(value)) throw new Error(`${name} is not set. It must be ${expected}.`)
    const found = attempt(() => read(value!.trim()))
    if (found === undefined) throw new Error(`${name} must be ${expected}.`)
    return found
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

export function optional<T>(rule: Rule<T>): Rule<T | undefined> {
  return (name, value) => (isSet(value) ? rule(name, value) : undefined)
}

/** Optional, but for what another variable says. */
export function neededIf<T>(condition: () => boolean, rule: Rule<T>): Rule<T | undefined> {
  return (name, value) => (condition() ? rule : optional(rule))(name, value)
}

/** A client's id and its secret: both, or neither. */
export function togetherWith<T>(other: string, rule: Rule<T>): Rule<T | undefined> {
  return (name, value) => {
    if (isSet(value) || !isSet(process.env[other])) return optional(rule)(name, value)
    throw new Error(`${name} is not set. It belongs to ${other}: set both, or neither.`)
  }
}

/** The same value where no log writes it by accident. */
export function secret(rule: Rule<string>): Rule<Secret<string>> {
  return (name, value) => new Secret(rule(name, value))
}

/** Any text. @param expected goes on after "It must be" */
export const text = (expected: string): Rule<string> => must(expected, (value) => value)

const fits = (expected: string, pattern: RegExp): Rule<string> =>
  must(expected, (value) => (pattern.test(value) ? value : undefined))

export function oneOf<const T extends string>(...names: T[]): Rule<T> {
  return must(`one of ${names.join(', ')}`, (value) => names.find((name) => name === value))
}

export function wholeNumber(from: number, to: number): Rule<number> {
  return must(`a whole number from ${from} to ${to}`, (value) =>
    /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to ? Number(value) : undefined
  )
}

export const port = wholeNumber(1, 65535)

/** Of one call to somebody else: milliseconds. */
export const timeout = wholeNumber(1, 600_000)

export const factor = must('a number above 0', (value) =>
  Number(value) > 0 && Number.isFinite(Number(value)) ? Number(value) : undefined
)

export const ratio = must('a number from 0 to 1', (value) =>
  /^[\d.]+$/.test(value) && Number(value) <= 1 ? Number(value) : undefined
)

function readUrl(value: string): URL | undefined {
  const url = URL.parse(value)
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined
}

/** The address of somebody else's API. */
export const url = must('an http or https address, without a password in it', (value) =>
  readUrl(value) ? value : undefined
)

/** Names that belong to nobody (RFC 2606), as `.env.example` has them. */
const isExample = (host: string) => /(^|\.)(example|example\.(com|net|org))$/.test(host)

const isLocal = (host: string) => host === 'localhost' || /^(127\.|\[::1\]$)/.test(host)

function isFitForProduction(address: URL): boolean {
  if (!inProduction()) return true
  return (
    !isExample(address.hostname) && (address.protocol === 'https:' || isLocal(address.hostname))
  )
}

const IN_PRODUCTION = 'in production https, unless it is of this machine, and not the example'

/** Where we are: an origin, for links are made by putting paths behind it. */
export const origin = must(
  `an address such as https://api.your-domain, without a path; ${IN_PRODUCTION}`,
  (value) => {
    const address = readUrl(value)
    if (!address || value.replace(/\/$/, '').toLowerCase() !== address.origin) return undefined
    return isFitForProduction(address) ? value : undefined
  }
)

/** Where pages are that links lead to. It may have a path. */
export const pages = must(`an http or https address without a query; ${IN_PRODUCTION}`, (value) => {
  const address = readUrl(value)
  if (!address || address.search || address.hash) return undefined
  return isFitForProduction(address) ? value : undefined
})

export const host = must(
  'the host name or address to listen at, such as 0.0.0.0 or localhost',
  (value) => (isIP(value) || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(value) ? value : undefined)
)

export const mailHost = must('the host name of a mail server, and not the example', (value) =>
  /^[\w.:-]+$/.test(value) && !(inProduction() && isExample(value)) ? value : undefined
)

export const mailAddress = fits(
  'an e-mail address, such as help@safesend.com',
  /^[^\s<>@"]+@[^\s<>@"]+\.[^\s<>@"]+$/
)

export const sender = must(
  'an address such as escrow@your-domain, or "SafeSend <escrow@your-domain>", and not the example',
  (value) => {
    const [, domain] = /^(?:[^<>\r\n]*<)?[^\s<>@]+@([^\s<>@]+)>?$/.exec(value) ?? []
    return domain && !(inProduction() && isExample(domain.toLowerCase())) ? value : undefined
  }
)

export const appKey = secret(
  must('a secret of 16 characters or more; node ace generate:key makes one', (value) =>
    value.length >= 16 ? value : undefined
  )
)

export const postgres = secret(
  must(
    'an address such as postgres://user:password@host:5432/database, its password percent-encoded and not the example',
    (value) => {
      const address = URL.parse(value)
      if (!address || !/^postgres(ql)?:$/.test(address.protocol)) return undefined
      const [, database] = /^\/([^/]+)$/.exec(address.pathname) ?? []
      if (!database || (!address.hostname && !address.searchParams.has('host'))) return undefined
      decodeURIComponent(address.password)
      const example = address.username === 'safesend' && address.password === 'secret'
      return inProduction() && example ? undefined : value
    }
  )
)

export const redis = secret(
  must('an address such as redis://localhost:6379/0, or rediss://… for TLS', (value) =>
    readRedisUrl(value) ? value : undefined
  )
)

export const proxies: Rule<string> = (_, value) => {
  trustedProxies(value!)
  return value!
}

export const origins: Rule<string> = (_, value) => {
  readOrigins(value!)
  return value!
}

/** PKCS#8 PEM, line breaks may be written as `\n`. */
export const signingKey = must(
  'an Ed25519 private key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` makes it; line breaks may be written as \\n',
  (value) =>
    createPrivateKey(value.replaceAll('\\n', '\n')).asymmetricKeyType === 'ed25519'
      ? value
      : undefined
)

/** What comes after the prefix is left out in `.env.example`. */
export const stripeKey = secret(
  fits("Stripe's secret key, sk_… or rk_…, to its end", /^(sk|rk)_(test|live)_\w+$/)
)

export const stripePublishableKey = fits(
  "Stripe's publishable key, pk_…, to its end",
  /^pk_(test|live)_\w+$/
)

export const webhookSecrets = secret(
  fits(
    'the signing secret of the webhook endpoint, whsec_…, to its end; or several with commas between',
    /^whsec_[^\s,]+(\s*,\s*whsec_[^\s,]+)*,?$/
  )
)

export const currencies = fits(
  'currency codes with commas between, such as USD,EUR',
  /^[A-Za-z]{3}(\s*,\s*[A-Za-z]{3})*$/
)

export const country = fits('the two letters of a country, such as US', /^[A-Za-z]{2}$/)

export const azureConnection = secret(
  must(
    "the storage account's connection string, with AccountName and AccountKey or UseDevelopmentStorage=true",
    (value) => {
      if (/^UseDevelopmentStorage=true;?$/i.test(value)) return value
      const part = (name: string) => new RegExp(`(?:^|;)${name}=([^;]+)`, 'i').exec(value)?.[1]
      const key = part('AccountKey')
      return part('AccountName') && key && /^[A-Za-z\d+/]{16,}={0,2}$/.test(key) ? value : undefined
    }
  )
)

export const insightsConnection = secret(
  fits(
    "Application Insights' connection string, InstrumentationKey=…;IngestionEndpoint=…",
    /(^|;)InstrumentationKey=[^;]+/i
  )
)

export const azureContainer = fits(
  'the name of a container: 3 to 63 small letters, digits and single hyphens',
  /^(?=.{3,63}$)[a-z\d]+(-[a-z\d]+)*$/
)

export const saysSmtp = () => is('MAIL_TRANSPORT', 'smtp')
export const saysAzure = () => is('DRIVE_DISK', 'azure')
