import env from '#start/env'

/** Who runs this installation, and where their pages are. What is not configured is undefined. */
export interface Owner {
  /** The legal person behind it. */
  company: string | undefined
  address: string | undefined
  /** Where people write to. */
  support: string
  /** Where the public pages are, without a slash at the end. */
  url: string
  /** Where people sign in and start projects, if that is a place of its own. */
  app: string | undefined
}

export function siteOwner(): Owner {
  return {
    company: env.get('COMPANY_NAME'),
    address: env.get('COMPANY_ADDRESS'),
    support: env.get('SUPPORT_EMAIL') ?? addressIn(env.get('MAIL_FROM')),
    url: env.get('APP_URL').replace(/\/$/, ''),
    app: env.get('FRONTEND_URL'),
  }
}

/** `SafeSend <help@example.com>` is a name and an address. */
function addressIn(sender: string): string {
  return /<([^>]+)>/.exec(sender)?.[1] ?? sender
}
