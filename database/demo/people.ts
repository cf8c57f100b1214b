import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { hashPassword } from '#identity/passwords'
import { addPayoutAccount, onboardingLinkOf } from '#payments/payout_accounts'
import type { PaymentProvider } from '#models/transaction'
import User, { type UserType } from '#models/user'
import { submitPage } from './stand_ins.js'

/** Of everybody in the demo, clients and freelancers. It protects nothing: production never has them. */
export const DEMO_PASSWORD = 'demo-demo-demo'

const FIRST =
  'Amara Bruno Chiara Dmitri Elena Farah Goran Hana Ines Jonas Keiko Lars Mira Nuno Olga Pavel Quinn Rosa Samir Tara Ugo Vera Wanda Xenia Yusuf Zoe'
const LAST =
  'Abel Brandt Costa Dupont Eriksen Fischer Garcia Haddad Ivanova Jensen Keller Lindqvist Moreau Novak Okafor Petrov Quispe Rossi Silva Tanaka Ueda Varga Weber Xu Yilmaz Zhang'

/** What freelancers are paid by, in this order over and over: cards are the rule. */
const PAID_BY: PaymentProvider[] = ['stripe', 'paypal', 'stripe', 'venmo', 'stripe', 'paypal']

export interface Freelancer {
  user: User
  provider: PaymentProvider
}

/** Who is in the demo. */
export class People {
  clients: User[] = []
  freelancers: Freelancer[] = []

  private constructor(private password: string) {}

  /** Signs up as many as a demo of that size wants. */
  static async signUp(projects: number): Promise<People> {
    const people = new People(await hashPassword(DEMO_PASSWORD, 'demo'))
    const count = Math.max(6, Math.ceil(projects / 8))
    for (let index = 0; index < count; index++) {
      people.clients.push(await people.#add('client', index))
      const provider = PAID_BY[index % PAID_BY.length]
      people.freelancers.push(await people.stranger(provider, index))
    }
    return people
  }

  /** A freelancer whom nobody else works with. @param index another one for each */
  async stranger(provider: PaymentProvider, index: number): Promise<Freelancer> {
    return { user: await this.#add('freelancer', index), provider }
  }

  /** Some who never opened the link in their mail. */
  async leaveUnverified(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const { id } = await this.#add('client', this.clients.length + index)
      await db.from('users').where('id', id).update({ is_verified: false })
    }
  }

  #add(type: UserType, index: number): Promise<User> {
    const [first, last] = [FIRST.split(' '), LAST.split(' ')]
    const shift = type === 'client' ? 0 : 11
    const firstName = first[(index + shift) % first.length]
    const lastName = last[(index * 7 + Math.floor(index / first.length) + shift) % last.length]
    const email = `${firstName}.${lastName}.${index + 1}@${type}s.example`.toLowerCase()
    return insert({ email, password: this.password, type, firstName, lastName })
  }
}

/** Somebody with an account, as `register` and the mailed link leave it, but for a hash of its own. */
function insert(person: {
  email: string
  password: string
  type: UserType
  firstName: string
  lastName: string
}): Promise<User> {
  return inTransaction(async (trx) => {
    const [{ id }] = await trx
      .insertQuery()
      .table('users')
      .insert({
        email: person.email,
        password: person.password,
        user_type: person.type,
        first_name: person.firstName,
        last_name: person.lastName,
        is_verified: true,
      })
      .returning('id')
    await trx.table('profiles').insert({ user_id: id })
    return User.findOrFail(id, { client: trx })
  })
}

/**
 * Adds the account that a freelancer is paid at, and goes through its set-up.
 *
 * @param destination at PayPal and Venmo, default their address here
 */
export async function openPayoutAccount(
  { user, provider }: Freelancer,
  { destination = user.email, finish = true } = {}
): Promise<void> {
  const account = await addPayoutAccount(user, {
    paymentProvider: provider,
    country: 'US',
    ...(provider !== 'stripe' && { destination }),
  })
  if (provider !== 'stripe' || !finish) return
  const here = 'http://127.0.0.1/payouts'
  await submitPage(await onboardingLinkOf(user, account.id, { refresh: here, return: here }))
}
