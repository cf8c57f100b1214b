import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { sealAudit } from '#audit/seal'
import { inTransaction } from '#database/transaction'
import { changeSetting, type SettingName } from '#escrow/settings'
import { seeded } from '#sandbox/common/random'
import { decideSome } from './decisions.js'
import { People } from './people.js'
import { play, settle, type Thread } from './play.js'
import { Scene } from './scene.js'
import { DEMO_STAFF } from './sign_in.js'
import { hireStaff } from './staff.js'
import { STORIES, type Story } from './stories.js'
import { Timeline } from './timeline.js'
import { fundRails, TREASURY } from './treasury.js'
import { acknowledgeOne, failEvents, reconcileAll, TROUBLE } from './trouble.js'

/** So that the same demo comes out every time. */
const SEED = 20_260_105

/** What was decided about the settings, so many days ago; the last of it must leave them as they were. */
const SETTINGS: { on: number; name: SettingName; value: number }[] = [
  { on: 70, name: 'platform_fee_bps', value: 1200 },
  { on: 40, name: 'platform_fee_bps', value: 1000 },
  { on: 2, name: 'payout_hold_days', value: 3 },
  { on: 0.12, name: 'payout_hold_days', value: 0 },
]

const BEGAN_DAYS_AGO = 91

/**
 * Fills an installation with three months of business to look at. All of it is done by the product's own
 * operations and with the providers' stand-ins, so that every number can be traced as in production. What was
 * there before stays as it is. Nothing else may be at work meanwhile.
 *
 * @param projects about how many
 * @returns false if it is filled already
 * @throws Error in production, and where an earlier try did not come to its end
 */
export async function fillDemo({ projects = 300 } = {}): Promise<boolean> {
  if (app.inProduction) throw new Error('There is no demo in production.')
  if (await isFilled()) return false
  const timeline = new Timeline()
  const random = seeded(SEED)
  await timeline.moveTo(timeline.daysAgo(BEGAN_DAYS_AGO))
  const staff = await hireStaff()
  await fundRails()
  const people = await People.signUp(projects)
  const threads = choose(projects, random).map((story, index) => {
    const [from, to] = story.began
    const next = timeline.daysAgo(from + (to - from) * random())
    const clientIndex = Math.floor(random() * people.clients.length)
    const freelancerIndex = Math.floor(random() * people.freelancers.length)
    // Each has numbers of their own, because they meet in another order each time.
    const own = seeded(SEED + index)
    const thread: Thread = { name: story.name, next, steps: tell() }
    return thread

    async function* tell() {
      const freelancer = story.alone
        ? await people.stranger(story.alone, people.freelancers.length + index)
        : people.freelancers[freelancerIndex]
      const client = people.clients[clientIndex]
      yield* story.plot(new Scene(client, freelancer, own, () => thread.next ?? next))
    }
  })
  const events = [
    ...TREASURY,
    ...TROUBLE,
    ...SETTINGS.map((change) => ({ on: change.on, happens: () => decide(change) })),
  ].toSorted((one, other) => other.on - one.on)
  await play(timeline, threads, async (days) => {
    while (events.length > 0 && events[0].on >= days) await events.shift()!.happens()
  })
  await people.leaveUnverified(3)
  await decideSome(staff)
  await settle(timeline.daysAgo(1), new Date())
  await failEvents(staff.support)
  await timeline.stretch()
  await reconcileAll(BEGAN_DAYS_AGO + 1)
  await acknowledgeOne(staff.finance)
  // After everything is dated: the chain is over the times, too.
  await sealAudit()
  return true
}

/** The first thing that it does is dated back by the last. */
async function isFilled(): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `SELECT created_at < now() - interval '30 days' AS done FROM staff WHERE email = ?`,
    [DEMO_STAFF[0].email]
  )
  if (rows.length === 0) return false
  if (rows[0].done) return true
  throw new Error('The demo was filled by half. Delete its folder in tmp, and start it again.')
}

/** Each story as often as it must be, and then by weight. */
function choose(count: number, random: () => number): Story[] {
  const told = STORIES.flatMap((story) => Array.from({ length: story.least ?? 1 }, () => story))
  const total = STORIES.reduce((sum, { weight }) => sum + weight, 0)
  while (told.length < count) {
    let left = random() * total
    told.push(STORIES.find(({ weight }) => (left -= weight) < 0)!)
  }
  return told
}

async function decide({ name, value }: (typeof SETTINGS)[number]): Promise<void> {
  await inTransaction((trx) => changeSetting(trx, name, value, 'operator'))
}
